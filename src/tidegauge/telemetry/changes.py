"""Expected failures, logged when they change and not each time they repeat."""

from dataclasses import dataclass
from typing import Any

from structlog.typing import FilteringBoundLogger

from tidegauge.units.clock import Clock

MAX_FAILING = 20_000
"""Keys remembered at once: four times the nodes of the biggest cluster Kubernetes speaks of."""


@dataclass(slots=True)
class _Outage:
    cause: str
    since: float
    failures: int = 1


class OnChange:
    """Follows many keys (nodes, resources), each of which is fine or failing for one cause.

    A warning is logged when a key begins to fail and when the cause changes, an info line when it
    recovers; the latter two tell the number of failures and the seconds since the first. Only
    failing keys are kept; beyond `limit` the one that has failed longest is forgotten.
    """

    def __init__(
        self, log: FilteringBoundLogger, what: str, clock: Clock, limit: int = MAX_FAILING
    ) -> None:
        """`what` begins the lines ("scrape" gives "scrape failed" and "scrape recovered")."""
        self._log = log
        self._what = what
        self._clock = clock
        self._limit = limit
        self._outages: dict[str, _Outage] = {}

    def failed(self, key: str, cause: str, **details: Any) -> None:
        outage = self._outages.get(key)
        if outage is None:
            self._begin(key, cause, details)
            return
        outage.failures += 1
        if outage.cause != cause:
            outage.cause = cause
            self._log.warning(
                f"{self._what} failed", key=key, cause=cause, **self._figures(outage), **details
            )

    def succeeded(self, key: str, **details: Any) -> None:
        outage = self._outages.pop(key, None)
        if outage is not None:
            figures = self._figures(outage)
            self._log.info(
                f"{self._what} recovered", key=key, cause=outage.cause, **figures, **details
            )

    def failing(self, key: str) -> bool:
        return key in self._outages

    def forget(self, key: str) -> None:
        """Drop a key that is gone, without a word."""
        self._outages.pop(key, None)

    def _begin(self, key: str, cause: str, details: dict[str, Any]) -> None:
        if len(self._outages) >= self._limit:
            del self._outages[next(iter(self._outages))]
        self._outages[key] = _Outage(cause, self._clock.monotonic())
        self._log.warning(f"{self._what} failed", key=key, cause=cause, **details)

    def _figures(self, outage: _Outage) -> dict[str, Any]:
        seconds = round(self._clock.monotonic() - outage.since, 3)
        return {"failures": outage.failures, "seconds": seconds}
