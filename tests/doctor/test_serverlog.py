"""What the server's own log tells of nodes."""

import json

import pytest

from tidegauge.doctor.serverlog import failing_nodes


def line(event: str, key: str = "worker-1", **fields: str) -> str:
    return json.dumps({"event": event, "key": key, **fields})


FAILED = line("scrape failed", cause="dns", problem="no such name")
REFUSED = line("scrape failed", cause="refused", problem="nobody there")
OTHER = line("scrape failed", "worker-2", cause="dns", problem="no such name")

LOGS = {
    "empty": ([], {}),
    "begun": ([FAILED], {"worker-1": ("dns", "no such name")}),
    "changed": ([FAILED, REFUSED], {"worker-1": ("refused", "nobody there")}),
    "over": ([FAILED, OTHER, line("scrape recovered")], {"worker-2": ("dns", "no such name")}),
    "of the process before": ([FAILED, line("serving")], {}),
    "no JSON": (["panic: what?", '{"half', "[]", '"x"', FAILED[:20]], {}),
    "of others": ([line("reload failed", cause="x"), line("scrape failed")], {}),
}


@pytest.mark.parametrize(("lines", "failing"), LOGS.values(), ids=LOGS)
def test_failing_nodes(lines: list[str], failing: dict[str, tuple[str, str]]) -> None:
    """The last word on each node counts, and lines that say nothing are passed over."""
    assert failing_nodes("\n".join(lines)) == failing
