"""Labels of the controller's own metrics."""

from enum import StrEnum


class Action(StrEnum):
    """What a reconcile did, or one metric alone would do."""

    UP = "scale_up"
    DOWN = "scale_down"
    NONE = "none"


class Fault(StrEnum):
    """Whose fault an error is."""

    SPEC = "spec"
    INTERNAL = "internal"
    NONE = "none"


def action_of(before: int, after: int) -> Action:
    """From the one size to the other."""
    if after > before:
        return Action.UP
    return Action.DOWN if after < before else Action.NONE
