"""Who can't hear or write at present, for as long as any of the reasons lasts."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tidegauge.sandbox.apiserver.requests import Obstacle
from tidegauge.sandbox.simulation.world import World
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.status import Status


class Outages:
    """`calls` counts the requests that the API server was to answer, refused ones too."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._refusals: list[Obstacle] = []
        self._powerless: Counter[str] = Counter()
        self.calls = 0

    def obstacle(self, info: RequestInfo) -> Status | None:
        """What the API server asks before it does what somebody may."""
        self.calls += 1
        return next(filter(None, (refusal(info) for refusal in self._refusals)), None)

    @contextmanager
    def powerless(self, name: str) -> Iterator[None]:
        """A node's kubelet neither hears nor tells anything."""
        self._powerless[name] += 1
        self._see_to(name)
        try:
            yield
        finally:
            self._powerless[name] -= 1
            self._see_to(name)

    def has_power(self, name: str) -> bool:
        return not self._powerless[name]

    @contextmanager
    def unwritable(self, refusal: Obstacle = lambda _info: None) -> Iterator[None]:
        """Nobody who works in the cluster can write; `refusal` says what clients are told."""
        self._refusals.append(refusal)
        self._world.set_api(answers=False)
        try:
            yield
        finally:
            self._refusals.remove(refusal)
            self._world.set_api(answers=not self._refusals)

    def _see_to(self, name: str) -> None:
        if name in self._world.kubelets:
            self._world.set_up(name, up=not self._powerless[name])
