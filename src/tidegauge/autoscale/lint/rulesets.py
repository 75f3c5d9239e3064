"""The two directions of `spec.behavior`, as written and as they count."""

from collections.abc import Iterator
from typing import Any

from tidegauge.autoscale.engine.spec import Behavior, Policy, Rules
from tidegauge.autoscale.lint.access import objects_at
from tidegauge.autoscale.lint.subject import Subject

SYNC_PERIOD = 15
"""Seconds between two looks of the controller, unless its flag says otherwise."""

_DIRECTIONS = ("scaleUp", "scaleDown")

_DEFAULT_POLICIES = [
    {"type": "Pods", "value": 4, "periodSeconds": 15},
    {"type": "Percent", "value": 100, "periodSeconds": 15},
]


def engine_rules(subject: Subject, direction: str) -> Rules:
    """Those of a direction as they count, defaults included."""
    behavior = subject.spec.behavior or Behavior()
    return behavior.scale_up if direction == "scaleUp" else behavior.scale_down


def written_rules(subject: Subject) -> Iterator[tuple[str, str, dict[str, Any], Rules]]:
    """The directions for which something is written: name, path, as written, with defaults."""
    for direction in _DIRECTIONS:
        if given := subject.rules(direction):
            path = f"spec.behavior.{direction}"
            yield direction, path, given, engine_rules(subject, direction)


def written_policies(given: dict[str, Any], rules: Rules) -> tuple[Policy, ...]:
    """Those that somebody wrote; the API server's own are none of anybody's mistakes."""
    written = objects_at(given, "policies")
    return rules.policies if written and written != _DEFAULT_POLICIES else ()
