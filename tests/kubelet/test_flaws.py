import pytest

from tidegauge.kubelet.exposition import parse
from tidegauge.kubelet.flaws import flaw_of
from tidegauge.kubelet.target import Target

NODE = b"node_cpu_usage_seconds_total 9 5\nnode_memory_working_set_bytes 8 5\n"
LONG = b"%" * 1000

FLAWS = {
    "one bad line": (b"what?\n" + NODE, "bad_line", "can't read 1 line, the first being 'what?';"),
    "bad lines": (NODE + b"x\ny\n", "bad_line", "can't read 2 lines, the first being 'x';"),
    "not even text": (b"\xff\x00\n" + NODE, "bad_line", r"the first being '\xff\x00';"),
    "a long line": (LONG + b"\n" + NODE, "bad_line", f"'{'%' * 200}';"),
    "cut off": (NODE + b"node_swap", "bad_line", "can't read 1 line, the answer is cut off;"),
    "a page": (b"<html>\n", "bad_line", "can't read 1 line, the first being '<html>';"),
    "empty": (b"", "no_figures", "not one figure"),
    "of other things": (b"up 1\n", "no_figures", "not one figure"),
    "failed": (NODE + b"resource_scrape_error 1\n", "scrape_error", "could not measure all"),
    "failed and bad": (b"resource_scrape_error 1\nx\n", "scrape_error", "could not measure all"),
}


@pytest.mark.parametrize(("body", "cause", "words"), FLAWS.values(), ids=FLAWS)
def test_what_is_not_whole_is_explained(body, cause, words):
    """By its gravest cause, with the node, the path and how to see for oneself."""
    flaw = flaw_of(Target("n1", ("10.0.0.1",), 10250), parse(body, 5, None))

    assert flaw is not None
    assert flaw.cause == cause
    assert words in flaw.problem
    assert flaw.problem.startswith("node n1: /metrics/resource: ")
    assert flaw.problem.endswith("kubectl get --raw /api/v1/nodes/n1/proxy/metrics/resource")


def test_a_whole_answer_has_no_flaw():
    """Nothing is said of it."""
    assert flaw_of(Target("n1", ("10.0.0.1",), 10250), parse(NODE, 5, None)) is None
