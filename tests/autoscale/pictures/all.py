"""The pictures of docs/hpa.md, by file."""

from collections.abc import Callable
from pathlib import Path

from tests.autoscale.pictures import path, policies, stabilization, starting, timing, tolerance

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"

PICTURES: dict[str, Callable[[], str]] = {
    "hpa-path.svg": path.draw,
    "hpa-tolerance.svg": tolerance.draw,
    "hpa-starting.svg": starting.draw,
    "hpa-stabilization.svg": stabilization.draw,
    "hpa-policies.svg": policies.draw,
    "hpa-timing.svg": timing.draw,
}
