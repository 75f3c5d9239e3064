"""What the API offers, in the four documents that clients ask for.

`singularName` is empty on purpose: with `node` in it, kubectl would take `kubectl get node` for
ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from tidegauge import __version__
from tidegauge.serving import protobuf
from tidegauge.serving.objects import KINDS, api_version
from tidegauge.serving.routing import GROUP, VERSIONS

VERBS = ("get", "list")


class Resource(NamedTuple):
    name: str
    kind: str
    namespaced: bool


RESOURCES = (
    Resource("nodes", KINDS["nodes"], namespaced=False),
    Resource("pods", KINDS["pods"], namespaced=True),
)


@dataclass(frozen=True, slots=True)
class Document:
    """An object ready for any encoding: `fields` are its JSON after kind and apiVersion."""

    api_version: str
    kind: str
    fields: dict[str, Any]
    message: bytes

    def json(self) -> dict[str, Any]:
        version = {"apiVersion": self.api_version} if self.api_version else {}
        return {"kind": self.kind} | version | self.fields


def group_list(server_address: str) -> Document:
    """All groups there are. This one has no apiVersion, in Kubernetes neither."""
    reachable = {"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}
    fields = _group_fields() | {"serverAddressByClientCIDRs": [reachable]}
    address = protobuf.text(1, "0.0.0.0/0") + protobuf.text(2, server_address)
    message = protobuf.chunk(1, _group_message() + protobuf.chunk(4, address))
    return Document("", "APIGroupList", {"groups": [fields]}, message)


@cache
def group() -> Document:
    return Document("v1", "APIGroup", _group_fields(), _group_message())


def _group_fields() -> dict[str, Any]:
    versions = [{"groupVersion": api_version(version), "version": version} for version in VERSIONS]
    return {"name": GROUP, "versions": versions, "preferredVersion": versions[0]}


def _group_message() -> bytes:
    versions = [
        protobuf.text(1, api_version(version)) + protobuf.text(2, version) for version in VERSIONS
    ]
    listed = b"".join(protobuf.chunk(2, version) for version in versions)
    return protobuf.text(1, GROUP) + listed + protobuf.chunk(3, versions[0])


@cache
def resource_list(version: str) -> Document:
    fields = {
        "groupVersion": api_version(version),
        "resources": [
            {
                "name": resource.name,
                "singularName": "",
                "namespaced": resource.namespaced,
                "kind": resource.kind,
                "verbs": list(VERBS),
            }
            for resource in RESOURCES
        ],
    }
    listed = b"".join(protobuf.chunk(2, _resource_message(resource)) for resource in RESOURCES)
    message = protobuf.text(1, api_version(version)) + listed
    return Document("v1", "APIResourceList", fields, message)


def _resource_message(resource: Resource) -> bytes:
    verbs = b"".join(protobuf.text(1, verb) for verb in VERBS)
    return (
        protobuf.text(1, resource.name)
        + protobuf.integer(2, resource.namespaced)
        + protobuf.text(3, resource.kind)
        + protobuf.chunk(4, verbs)
        + _empty_texts(6, 8, 9, 10)  # singularName, group, version, storageVersionHash
    )


@cache
def group_discovery_list() -> Document:
    """Everything in one document: what kube-apiserver and kubectl ask for first."""
    versions = [
        {
            "version": version,
            "resources": [_discovered(resource) for resource in RESOURCES],
            "freshness": "Current",
        }
        for version in VERSIONS
    ]
    item = {"metadata": {"name": GROUP}, "versions": versions}
    return Document(
        "apidiscovery.k8s.io/v2",
        "APIGroupDiscoveryList",
        {"metadata": {}, "items": [item]},
        protobuf.chunk(1, protobuf.EMPTY_LIST_META) + protobuf.chunk(2, _discovered_message()),
    )


def _discovered(resource: Resource) -> dict[str, Any]:
    return {
        "resource": resource.name,
        "responseKind": {"group": "", "version": "", "kind": resource.kind},
        "scope": _scope(resource),
        "singularResource": "",
        "verbs": list(VERBS),
    }


def _scope(resource: Resource) -> str:
    return "Namespaced" if resource.namespaced else "Cluster"


def _discovered_message() -> bytes:
    resources = b"".join(
        protobuf.chunk(2, _discovered_resource_message(resource)) for resource in RESOURCES
    )
    versions = b"".join(
        protobuf.chunk(2, protobuf.text(1, version) + resources + protobuf.text(3, "Current"))
        for version in VERSIONS
    )
    metadata = protobuf.text(1, GROUP) + _empty_texts(2, 3, 4, 5, 6)
    metadata += protobuf.integer(7, 0) + protobuf.chunk(8, b"")
    return protobuf.chunk(1, metadata) + versions


def _discovered_resource_message(resource: Resource) -> bytes:
    kind = _empty_texts(1, 2) + protobuf.text(3, resource.kind)
    return (
        protobuf.text(1, resource.name)
        + protobuf.chunk(2, kind)
        + protobuf.text(3, _scope(resource))
        + _empty_texts(4)  # singularResource
        + b"".join(protobuf.text(5, verb) for verb in VERBS)
    )


def _empty_texts(*fields: int) -> bytes:
    return b"".join(protobuf.text(field, "") for field in fields)


def version() -> dict[str, str]:
    """Build information, with the keys that clients know; those of Go tools are empty."""
    major, minor, *_ = __version__.split(".")
    numbers = {"major": major, "minor": minor}
    for prefix in ("emulation", "minCompatibility"):
        numbers |= {f"{prefix}Major": major, f"{prefix}Minor": minor}
    return numbers | {
        "gitVersion": f"v{__version__}",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "",
        "goVersion": "",
        "compiler": "CPython",
        "platform": "",
    }


def paths(others: Sequence[str]) -> list[str]:
    """All paths that lead somewhere, for `/` and for those who are lost."""
    own = ["/apis", f"/apis/{GROUP}", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/version"]
    return sorted({*own, *others, *(f"/apis/{api_version(version)}" for version in VERSIONS)})
