"""Events are refused for what recorders get wrong; tests/realcluster asks the real server too."""

import pytest

from tests.sandbox.apiserver.events import EVENTS
from tests.sandbox.apiserver.rig import Rig

REFUSED = {
    "core": [],
    "core of a node": [],
    "core elsewhere": ["involvedObject.namespace"],
    "core with a time": [
        *["reportingComponent"] * 3,
        "reportingInstance",
        "action",
    ],
    "core with all": [],
    "newer": [],
    "newer without a time": ["eventTime"],
    "newer without most": [*["reportingController"] * 3, "action", "reason"],
    "newer of no type": ["type"],
    "newer with a long note": ["message"],
    "newer with old fields": ["count", "source"],
}


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig()


@pytest.mark.parametrize("name", EVENTS)
async def test_events_are_looked_at(rig: Rig, name: str) -> None:
    """By old rules, by those of events with a time, and by the newer group's."""
    path, event = EVENTS[name]

    answer = await rig.ask("POST", path, event)

    causes = answer.json().get("details", {}).get("causes", [])
    assert [cause["field"] for cause in causes] == REFUSED[name]
    assert answer.status == (422 if REFUSED[name] else 201)
