"""How well sizes fit a load: the elasticity metrics of SPEC's research group, and plainer ones.

Definitions after N. Herbst et al., "Quantifying Cloud Performance and Dependability" (ACM TOMPECS
3(4), 2018), and SPEC RG's report "Ready for Rain?" (2016). `d` is the demand: the least pods that
serve the load of the moment as it comes (`Workload.demand`, the same for every HPA compared).
`s` is the supply: the pods that are ready. Over the whole time T, in percent:

- accuracy, theta U: the average of max(d - s, 0) / d; theta O: that of max(s - d, 0) / d. While
  nothing is demanded, d in the denominator counts as 1.
- time share, tau U: of the time with s < d; tau O: with s > d.
- instability, upsilon: of the time in which d and s did not move in the same direction, judged from
  one reconcile to the next.

0 is best in all of them.
"""

import math

from tidegauge.autoscale.replay.fleet import Fleet
from tidegauge.autoscale.replay.result import Scores
from tidegauge.autoscale.replay.traffic import Traffic

_HOUR = 3600.0


class Judge:
    """Sums up while a run goes on."""

    def __init__(self, traffic: Traffic) -> None:
        self._arrived, self._served = traffic.arrived, traffic.served
        self._under = self._over = self._under_time = self._over_time = 0.0
        self._pod_seconds = self._needed_seconds = self._saturated = 0.0
        self._worst, self._worst_at = 0.0, 0.0
        self._peak = 0
        self._before: tuple[int, int] | None = None
        self._steps = self._unlike = 0
        self._rescales = self._reversals = 0
        self._direction = 0

    def lasted(
        self, at: float, seconds: float, demand: int, fleet: Fleet, saturation: float
    ) -> None:
        """All this held for so long, from `at` on."""
        lacking = demand - fleet.ready
        if lacking > 0:
            self._under += lacking / demand * seconds
            self._under_time += seconds
        elif lacking < 0:
            self._over -= lacking / (demand or 1) * seconds
            self._over_time += seconds
        self._pod_seconds += fleet.placed * seconds
        self._needed_seconds += demand * seconds
        if saturation > 1.0:
            self._saturated += seconds
        if saturation > self._worst:
            self._worst, self._worst_at = saturation, at
        self._peak = max(self._peak, fleet.placed)

    def stepped(self, demand: int, supply: int, had: int, size: int) -> None:
        """A reconcile has found these."""
        if self._before:
            self._steps += 1
            moves = _sign(demand - self._before[0]), _sign(supply - self._before[1])
            self._unlike += moves[0] != moves[1]
        self._before = demand, supply
        direction = _sign(size - had)
        if direction:
            self._rescales += 1
            self._reversals += direction == -self._direction
            self._direction = direction

    def scores(self, seconds: float, traffic: Traffic) -> Scores:
        """After `seconds`."""
        percent = 100 / seconds
        return Scores(
            under_provisioning=self._under * percent,
            over_provisioning=self._over * percent,
            under_time=self._under_time * percent,
            over_time=self._over_time * percent,
            instability=100 * self._unlike / max(self._steps, 1),
            pod_hours=self._pod_seconds / _HOUR,
            pod_hours_needed=self._needed_seconds / _HOUR,
            peak_pods=self._peak,
            rescales=self._rescales,
            reversals=self._reversals,
            worst_saturation=self._worst if math.isfinite(self._worst) else None,
            worst_saturation_at=self._worst_at,
            saturated_time=self._saturated * percent,
            requests=traffic.arrived - self._arrived,
            served=traffic.served - self._served,
            dropped=traffic.dropped,
            late=traffic.late,
            waiting=traffic.waiting,
            longest_wait=traffic.longest_wait,
        )


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
