"""The sandbox refuses the Events that the real API server refuses, in the same words."""

from typing import Any

import pytest

from tests.realcluster.controlplane import ControlPlane
from tests.sandbox.apiserver.events import EVENTS
from tests.sandbox.apiserver.rig import Rig


@pytest.mark.parametrize(("path", "event"), EVENTS.values(), ids=EVENTS)
async def test_events_are_refused_alike(control_plane: ControlPlane, path: str, event: Any) -> None:
    """Status, and the causes with their fields."""
    real = control_plane.admin.send("POST", path, event)

    ours = await Rig().ask("POST", path, event)

    assert ours.status == real.status, (ours.text, real.body)
    if ours.status != 201:
        assert causes(ours.json()) == causes(real.json())


def causes(status: Any) -> list[tuple[str, str]]:
    return [(cause["field"], cause["message"]) for cause in status["details"]["causes"]]
