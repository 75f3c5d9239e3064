"""The health checks, under the incumbent's names and in its order, and what they ask."""

from collections.abc import Callable, Mapping, Sequence

from tidegauge.serving.health import Check, Problem
from tidegauge.units.clock import Clock

_PROCESS = (
    Check("ping"),
    Check("log"),
    Check("poststarthook/max-in-flight-filter"),
    Check("poststarthook/storage-object-count-tracker-hook"),
)
"""To have answered is all that these can show here."""


class FirstData:
    """Red until there is data, at the longest for `patience` seconds after `synced`; then green.

    Data alone is not enough for the first `settling` seconds: in a roll-out the replica before goes
    when this one is ready, so this one waits until it has most of what the other has.

    It never turns red again: when kubelets fail, the API and with it the deletion of namespaces
    must not go down too.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        has_data: Callable[[], bool],
        has_most: Callable[[], bool],
        synced: Callable[[], bool],
        trouble: Callable[[], str],
        patience: float,
        settling: float,
    ) -> None:
        self._clock = clock
        self._has_data = has_data
        self._has_most = has_most
        self._synced = synced
        self._trouble = trouble
        self._patience = patience
        self._settling = settling
        self._synced_at: float | None = None
        self._data_at: float | None = None
        self._green = False

    def problem(self) -> str | None:
        self._green = self._green or self._settled() or self._waited_enough()
        if self._green:
            return None
        if self._data_at is not None:
            return "some containers were measured only once so far"
        trouble = self._trouble()
        return f"no metrics to serve; {trouble}" if trouble else "no metrics to serve"

    def _settled(self) -> bool:
        if self._data_at is None and self._has_data():
            self._data_at = self._clock.monotonic()
        since = self._data_at
        return since is not None and (
            self._has_most() or self._clock.monotonic() - since >= self._settling
        )

    def _waited_enough(self) -> bool:
        if self._synced_at is None and self._synced():
            self._synced_at = self._clock.monotonic()
        since = self._synced_at
        return since is not None and self._clock.monotonic() - since >= self._patience


def endpoints(
    *,
    first_data: Problem,
    informers: Problem,
    collecting: Problem,
    authorities: Problem,
    certificate: Problem,
    shutdown: Problem,
) -> Mapping[str, Sequence[Check]]:
    """The checks of each health path. Liveness and `/healthz` ask nothing outside this process."""
    return {
        "livez": (
            *_PROCESS,
            Check("metric-collection-timely", collecting),
            Check("metadata-informer-sync"),
        ),
        "readyz": (
            *_PROCESS,
            Check("metric-storage-ready", first_data),
            Check("metric-informer-sync", informers),
            Check("metadata-informer-sync", informers),
            Check("client-authorities", authorities, listed_when_fine=False),
            Check("serving-certificate", certificate, listed_when_fine=False),
            Check("shutdown", shutdown),
        ),
        "healthz": (*_PROCESS, Check("metadata-informer-sync")),
    }
