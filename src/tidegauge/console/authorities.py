"""The ConfigMap of client authorities as an informer's store: what is put is believed."""

from collections.abc import Coroutine, Hashable, Iterable
from typing import Any

from tidegauge.cluster.client import Client
from tidegauge.cluster.configmaps import ConfigMap, config_map
from tidegauge.cluster.informer import Informer
from tidegauge.cluster.observing import Telemetry
from tidegauge.serving.trust import CONFIG_MAP_NAME, CONFIG_MAP_NAMESPACE, LiveTrust
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.clock import Clock


class PublishedAuthorities:
    """Implements `cluster.reflection.Store`."""

    def __init__(self, trust: LiveTrust) -> None:
        self.synced = False
        self._trust = trust
        self._known: set[Hashable] = set()

    def __len__(self) -> int:
        return len(self._known)

    def keys(self) -> Iterable[Hashable]:
        return tuple(self._known)

    def put(self, config_map: ConfigMap) -> None:
        self._known.add(config_map.key)
        self._trust.update(config_map.data)

    def remove(self, key: Hashable) -> None:
        """What was believed stays: an outage of the ConfigMap must not lock everybody out."""
        self._known.discard(key)


def watch_authorities(
    trust: LiveTrust, client: Client, metrics: Metrics, clock: Clock
) -> Coroutine[Any, Any, None]:
    """Keep `trust` as the ConfigMap is, from its first appearance on; run it until cancelled."""
    store, observer = PublishedAuthorities(trust), Telemetry(metrics, clock)
    resource = config_map(CONFIG_MAP_NAMESPACE, CONFIG_MAP_NAME)
    observer.track(resource.name, store)
    return Informer(client, resource, store, clock=clock, observer=observer).run()
