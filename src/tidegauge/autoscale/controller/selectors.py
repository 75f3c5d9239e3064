"""Which HPA selects whose pods, so that no workload is scaled by two."""

from collections.abc import Iterable, Mapping

from tidegauge.autoscale.controller.labelled import exact
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.units.selectors import LabelSelector


class Selectors:
    """The selectors of one namespace's HPAs, each as its last reconcile found it."""

    def __init__(self) -> None:
        self._known: dict[str, LabelSelector] = {}
        self._by_pair: dict[tuple[str, str] | None, dict[str, LabelSelector]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def put(self, key: str, selector: LabelSelector) -> None:
        if self._known.get(key) != selector:
            self.remove(key)
            self._known[key] = selector
            self._by_pair.setdefault(exact(selector), {})[key] = selector

    def remove(self, key: str) -> None:
        selector = self._known.pop(key, None)
        if selector is not None:
            pair = exact(selector)
            del self._by_pair[pair][key]
            if not self._by_pair[pair]:
                del self._by_pair[pair]

    def others(self, key: str, pods: Iterable[Pod]) -> Mapping[str, LabelSelector]:
        """Those of other HPAs that may select one of the pods; all that do are among them."""
        pairs = {None, *(pair for pod in pods for pair in pod.labels.items())}
        found = {
            other: selector
            for pair in pairs
            for other, selector in self._by_pair.get(pair, {}).items()
            if other != key
        }
        return dict(sorted(found.items()))
