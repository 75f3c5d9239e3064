"""The HPAs and pods of the namespaces that are looked after, as informers keep them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidegauge.autoscale.controller.selectors import Selectors
from tidegauge.autoscale.controller.watched import (
    Hpa,
    Hpas,
    Listener,
    Pods,
    autoscalers_in,
    pods_in,
)
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.situation import Autoscaler
from tidegauge.cluster.client import Client
from tidegauge.cluster.informer import Informer
from tidegauge.cluster.observing import Observer
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector

_USAGE = ("Resource", "ContainerResource")


class Scope:
    """All namespaces, or those that are named: each then has its own lists and watches, which is
    all that a Role there permits.
    """

    def __init__(self, namespaces: Sequence[str], listener: Listener) -> None:
        self._listener = listener
        places = namespaces or ("",)
        self._hpas = {place: Hpas(self._changed) for place in places}
        self._pods = {place: Pods() for place in places}
        self._everywhere = not namespaces
        self._selectors: dict[str, Selectors] = {}
        self._askers: Counter[str] = Counter()
        """By namespace: its HPAs that look at usage."""

    def __len__(self) -> int:
        return sum(map(len, self._hpas.values()))

    @property
    def synced(self) -> bool:
        hpas, pods = self._hpas.values(), self._pods.values()
        return all(store.synced for store in hpas) and all(store.synced for store in pods)

    def informers(self, client: Client, clock: Clock, observer: Observer) -> list[Informer[Any]]:
        """To be run, all of them."""
        found: list[Informer[Any]] = []
        for place in self._hpas:
            hpas, pods = autoscalers_in(place), pods_in(place)
            found += [
                Informer(client, hpas, self._hpas[place], clock=clock, observer=observer),
                Informer(client, pods, self._pods[place], clock=clock, observer=observer),
            ]
        return found

    def get(self, key: str) -> Hpa | None:
        store = self._hpas.get(self._place(key.partition("/")[0]))
        return store.get(key) if store else None

    def __iter__(self) -> Iterator[str]:
        """The keys of all HPAs."""
        for store in self._hpas.values():
            yield from store.keys()

    def pods(self, namespace: str, selector: LabelSelector) -> list[Pod]:
        return self._pods[self._place(namespace)].select(namespace, selector)

    def pod_count(self) -> int:
        return sum(map(len, self._pods.values()))

    def sizes(self, namespace: str) -> tuple[int, int]:
        """How many pods a namespace has, and how many HPAs that look at their usage."""
        return self._pods[self._place(namespace)].count(namespace), self._askers[namespace]

    def others(
        self, autoscaler: Autoscaler, selector: LabelSelector, pods: Sequence[Pod]
    ) -> Mapping[str, LabelSelector]:
        """The selectors of other HPAs that may select one of these pods; ours is noted."""
        selectors = self._selectors.setdefault(autoscaler.namespace, Selectors())
        if self.get(autoscaler.key):
            selectors.put(autoscaler.key, selector)
        return selectors.others(autoscaler.key, pods)

    def forget_selectors(self) -> None:
        """Each reconcile tells its HPA's anew."""
        self._selectors.clear()

    def _place(self, namespace: str) -> str:
        return "" if self._everywhere else namespace

    def _changed(self, before: Hpa | None, after: Hpa | None) -> None:
        for hpa, more in ((before, -1), (after, 1)):
            autoscaler = hpa.autoscaler if hpa else None
            if autoscaler and any(one.type in _USAGE for one in autoscaler.spec.metrics):
                self._askers[autoscaler.namespace] += more
        if before and not after:
            self._removed(before.key)
        self._listener(before, after)

    def _removed(self, key: str) -> None:
        """Of a namespace whose last HPA went, nothing is kept."""
        namespace = key.partition("/")[0]
        if not self._askers[namespace]:
            del self._askers[namespace]
        selectors = self._selectors.get(namespace)
        if selectors is not None:
            selectors.remove(key)
            if not len(selectors):
                del self._selectors[namespace]
