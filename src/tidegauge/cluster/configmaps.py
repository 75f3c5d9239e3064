"""ConfigMaps, for the one that says whose client certificates count."""

from collections.abc import Mapping

import msgspec

from tidegauge.cluster.events import Resource
from tidegauge.cluster.jsonform import JsonForm, JsonObject


class ConfigMap(msgspec.Struct, frozen=True):
    namespace: str
    name: str
    data: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name


class _ConfigMapObject(JsonObject):
    data: dict[str, str] | None = None


def _keep(config_map: _ConfigMapObject) -> ConfigMap:
    meta = config_map.metadata
    return ConfigMap(meta.namespace, meta.name, config_map.data or {})


def config_map(namespace: str, name: str) -> Resource[ConfigMap]:
    """One ConfigMap by its name, which is all that a Role on that name permits to watch."""
    return Resource(
        "configmaps",
        f"/api/v1/namespaces/{namespace}/configmaps",
        JsonForm(_ConfigMapObject, _keep),
        {"fieldSelector": f"metadata.name={name}"},
    )
