"""Nodes with their pods, and what their kubelets say of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tidegauge.sandbox.resourcetext import Key, PodKey, go_float, template

MAIN, SIDECAR = "main", "sidecar"

_SIZES = [go_float(4096.0 * pages).encode() for pages in range(1_000, 200_000, 2_000)]
_NOTHING = b"0"


@dataclass(slots=True)
class Pod:
    namespace: str
    name: str
    labels: dict[str, str]
    born: float
    share: float
    """Of a core, that each of its containers uses."""

    exited: bool = False
    """Its sidecar has, until the pod starts anew."""

    @property
    def key(self) -> PodKey:
        return self.namespace, self.name

    def start(self, now: float) -> None:
        self.born, self.exited = now, False

    def runs(self, container: str) -> bool:
        return not (self.exited and container == SIDECAR)

    def cpu(self, stamp: int) -> bytes:
        """Of each container, `stamp` in milliseconds."""
        return go_float(round(max(0.0, stamp / 1000 - self.born) * self.share, 6)).encode()


@dataclass(slots=True)
class Node:
    name: str
    annotations: dict[str, str]
    labels: dict[str, str]
    pods: list[Pod] = field(default_factory=list)
    ills: str = ""
    ill_periods: int = 0
    _series: list[tuple[Key, Pod]] = field(default_factory=list)
    _gaps: bytes = b""
    """Its body without figures, made anew once its pods have changed."""

    def add(self, pod: Pod) -> None:
        self.pods.append(pod)
        self._gaps = b""

    def remove(self, pod: Pod) -> None:
        self.pods.remove(pod)
        self._gaps = b""

    def body(self, now: float, chance: Random) -> bytes:
        """What its kubelet says; each look sees new figures and stamps."""
        if not self._gaps:
            self._series = sorted(
                ((container, *pod.key), pod) for pod in self.pods for container in (MAIN, SIDECAR)
            )
            pods = sorted(pod.key for pod in self.pods)
            self._gaps = template([key for key, _ in self._series], (), pods, swap=False)
        return self._gaps % tuple(self._figures(int(now * 1000), chance))

    def _figures(self, last: int, chance: Random) -> Iterator[bytes | int]:
        """In the order of the gaps: of containers CPU, memory and start, then node and pods."""
        series = [(pod, pod.runs(container)) for (container, _, _), pod in self._series]
        stamps = [last - chance.randrange(2_000) for _ in series]
        for (pod, runs), stamp in zip(series, stamps, strict=True):
            yield from (pod.cpu(stamp) if runs else _NOTHING, stamp)
        for (_, runs), stamp in zip(series, stamps, strict=True):
            yield from (chance.choice(_SIZES) if runs else _NOTHING, stamp)
        for pod, _ in series:
            yield go_float(pod.born).encode()
        yield from (go_float(last % 10**9 / 1000).encode(), last, _SIZES[-1], last)
        pods = sorted(self.pods, key=lambda pod: pod.key)
        for pod in pods:
            yield from (pod.cpu(last), last)
        for _ in pods:
            yield from (_SIZES[0], last)
        yield _NOTHING  # no scrape error
