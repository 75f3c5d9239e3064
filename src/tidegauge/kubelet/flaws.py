"""What is wrong with an answer that came and could be used in part: pure."""

from typing import NamedTuple

from tidegauge.kubelet.samples import Answer
from tidegauge.kubelet.target import Target


class Flaw(NamedTuple):
    """`cause` is one word, `problem` names the node, what is wrong, and what to do about it."""

    cause: str
    problem: str


def flaw_of(target: Target, answer: Answer) -> Flaw | None:
    """Why an answer is not whole; None when it is."""
    if answer.whole:
        return None
    cause, what = _cause(answer)
    see = f"kubectl get --raw /api/v1/nodes/{target.name}/proxy{target.path}"
    return Flaw(
        cause,
        f"node {target.name}: {target.path}: {what}; what is missing keeps its last usage until "
        f"that is too old; see what the node says with {see}",
    )


def _cause(answer: Answer) -> tuple[str, str]:
    if answer.scrape_error:
        return "scrape_error", (
            "the kubelet could not measure all containers (resource_scrape_error 1), its log and "
            "that of the container runtime tell why"
        )
    if answer.bad_lines:
        lines = "1 line" if answer.bad_lines == 1 else f"{answer.bad_lines} lines"
        first = repr(answer.first_bad_line)[1:]  # whatever its bytes are
        which = f"the first being {first}" if answer.first_bad_line else "the answer is cut off"
        return "bad_line", f"can't read {lines}, {which}"
    return "no_figures", "not one figure of the node or of a container is in it"
