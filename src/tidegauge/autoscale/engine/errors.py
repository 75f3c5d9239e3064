"""Why a metric gives no figure."""

from collections.abc import Sequence

from tidegauge.autoscale.engine.grouping import GroupedPod


class MetricError(Exception):
    """In upstream's words; with the pods as far as they had been grouped."""

    def __init__(self, message: str, pods: Sequence[GroupedPod] = ()) -> None:
        super().__init__(message)
        self.pods = tuple(pods)

    def within(self, action: str) -> "MetricError":
        """The same, as part of what was being done."""
        return MetricError(f"{action}: {self}", self.pods)
