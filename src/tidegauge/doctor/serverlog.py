"""What Tidegauge's own log says of nodes: pure."""

import json


def failing_nodes(text: str) -> dict[str, tuple[str, str]]:
    """By node, cause and problem of those that had not recovered when the log ended.

    Lines that are no JSON, or of other things, say nothing.
    """
    failing: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        match said:
            case {"event": "scrape failed", "key": str(node), "cause": str(cause), **rest}:
                failing[node] = cause, str(rest.get("problem", ""))
            case {"event": "scrape recovered", "key": str(node)}:
                failing.pop(node, None)
            case {"event": "serving"}:  # a new process: what the last one knew is past
                failing.clear()
    return failing
