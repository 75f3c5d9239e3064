"""A cluster's HPAs and all that rules look at, read with the user's own rights."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from msgspec import Struct

from tidegauge.autoscale.lint.access import Json, text_at
from tidegauge.autoscale.lint.podspecs import room_of
from tidegauge.autoscale.lint.surroundings import AUTOSCALER, Knowledge, target_of
from tidegauge.autoscale.lint.validation import NEWEST
from tidegauge.autoscale.lint.workloads import Key
from tidegauge.autoscale.reading.discovering import Discovery
from tidegauge.autoscale.reading.mapping import ApiResource, version_path
from tidegauge.cluster.access import Access
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, Forbidden, NotFound
from tidegauge.console.hpa.lint.slimming import slimmed
from tidegauge.units.clock import SystemClock
from tidegauge.units.quantities import Quantity

_PAGE = "500"
"""Objects of one answer, as kubectl asks for them."""


class _Kind(Struct, frozen=True):
    """A kind that is listed, and what cannot be judged without it."""

    name: str
    resource: ApiResource
    rules: str


_AUTOSCALERS = _Kind(AUTOSCALER, ApiResource("autoscaling", "v2", "horizontalpodautoscalers"), "")

_NODES = _Kind("Node", ApiResource("", "v1", "nodes", namespaced=False), "whether nodes suffice")

_KINDS = (
    _Kind("Deployment", ApiResource("apps", "v1", "deployments"), "what is scaled"),
    _Kind("StatefulSet", ApiResource("apps", "v1", "statefulsets"), "what is scaled"),
    _Kind("ReplicaSet", ApiResource("apps", "v1", "replicasets"), "whose pods are whose"),
    _Kind(
        "ReplicationController", ApiResource("", "v1", "replicationcontrollers"), "what is scaled"
    ),
    _Kind("Pod", ApiResource("", "v1", "pods"), "what is injected into pods, and pods of others"),
    _Kind("LimitRange", ApiResource("", "v1", "limitranges"), "default requests"),
    _Kind("ResourceQuota", ApiResource("", "v1", "resourcequotas"), "whether quotas suffice"),
)

_IF_SERVED = (
    _Kind(
        "VerticalPodAutoscaler",
        ApiResource("autoscaling.k8s.io", "v1", "verticalpodautoscalers"),
        "whether a VPA sizes the same",
    ),
    _Kind("ScaledObject", ApiResource("keda.sh", "v1alpha1", "scaledobjects"), "what KEDA scales"),
)

_LISTED = frozenset((kind.resource.group, kind.name) for kind in _KINDS)


class Read(Struct, frozen=True):
    """What was read, what is known from that, and what was not to be had."""

    objects: list[Json]
    knowledge: Knowledge
    notes: list[str]


async def read_cluster(
    access: Access, namespace: str, minor: int | None, say: Callable[[str], None]
) -> Read:
    """A namespace's HPAs, or without one the cluster's, with their surroundings.

    Raises ClusterError where not even the HPAs can be read.
    """
    async with Client(access, SystemClock()) as client:
        return await read_with(client, namespace, minor, say)


async def read_with(
    client: Client, namespace: str, minor: int | None, say: Callable[[str], None]
) -> Read:
    """The same with a client that is open."""
    return await _Reading(client, namespace, say).read(minor)


class _Reading:
    def __init__(self, client: Client, namespace: str, say: Callable[[str], None]) -> None:
        self._client = client
        self._namespace = namespace
        self._say = say
        self._discovery = Discovery(client)
        self._objects: list[Json] = []
        self._notes: list[str] = []
        self._whole: set[tuple[str, str]] = set()
        self._scales: dict[Key, Json] = {}
        self._missing: set[Key] = set()
        self._unscalable: set[Key] = set()
        self._unknown: set[tuple[str, str]] = set()

    async def read(self, minor: int | None) -> Read:
        autoscalers = [each async for each in self._list(_AUTOSCALERS)]
        self._objects += autoscalers
        namespaces = {text_at(each, "metadata.namespace") for each in autoscalers}
        groups = await self._groups()
        served = [each for each in _IF_SERVED if groups is None or each.resource.group in groups]
        kinds = (*_KINDS, *served) if autoscalers else ()
        await asyncio.gather(*(self._add(kind, namespaces) for kind in kinds))
        for key in dict.fromkeys(map(target_of, autoscalers)):
            if key.kind and key.name and (key.group, key.kind) not in _LISTED:
                await self._add_target(key)
        knowledge = Knowledge(
            whole=frozenset(self._whole),
            missing=frozenset(self._missing),
            groups=groups,
            room=await self._room() if autoscalers else {},
            scales=self._scales,
            unscalable=frozenset(self._unscalable),
            unknown_kinds=frozenset(self._unknown),
            minor=await self._minor() if minor is None else minor,
        )
        return Read(self._objects, knowledge, self._notes)

    async def _list(self, kind: _Kind) -> AsyncIterator[Json]:
        resource = kind.resource
        everywhere = f"{version_path(resource.group, resource.version)}/{resource.name}"
        within = self._namespace and resource.namespaced
        path = resource.path(self._namespace) if within else everywhere
        self._say(f"reading {resource.name}")
        params = {"limit": _PAGE}
        while True:
            page: dict[str, Any] = await self._client.get(path, type=dict, params=params)
            version = text_at(page, "apiVersion")
            for item in page.get("items") or ():
                yield {"apiVersion": version, "kind": kind.name, **item}
            if not (more := text_at(page, "metadata.continue")):
                return
            params = {"limit": _PAGE, "continue": more}

    async def _add(self, kind: _Kind, namespaces: Iterable[str]) -> None:
        wanted = set(namespaces)
        try:
            found = [
                slimmed(each)
                async for each in self._list(kind)
                if text_at(each, "metadata.namespace") in wanted
            ]
        except NotFound:
            return  # a cluster that does not serve it has none
        except ClusterError as error:
            self._note(kind.rules, f"list {kind.resource.qualified}", error)
            return
        self._objects += found
        self._whole |= {(kind.name, namespace) for namespace in wanted}

    async def _add_target(self, key: Key) -> None:
        """A target of a kind that is not listed: the object, and its scale."""
        try:
            resource = await self._discovery.resource(key.group, key.kind)
            if resource is None:
                self._unknown.add((key.group, key.kind))
                return
            where = key.namespace, key.name
            self._objects.append(await self._client.get(resource.path(*where), type=dict))
            await self._add_scale(key, resource.path(*where, "scale"))
        except NotFound:
            self._missing.add(key)
        except ClusterError as error:
            self._note("a target", f"get {key.kind} {key.namespace}/{key.name}", error)

    async def _add_scale(self, key: Key, path: str) -> None:
        try:
            self._scales[key] = await self._client.get(path, type=dict)
        except NotFound:
            self._unscalable.add(key)

    async def _groups(self) -> frozenset[str] | None:
        try:
            got: dict[str, Any] = await self._client.get("/apis", type=dict)
        except ClusterError as error:
            self._note("which metrics are served", "get /apis", error)
            return None
        return frozenset(text_at(each, "name") for each in got.get("groups") or ())

    async def _room(self) -> dict[str, Quantity]:
        try:
            nodes = [each async for each in self._list(_NODES)]
        except ClusterError as error:
            self._note(_NODES.rules, "list nodes", error)
            return {}
        return room_of(nodes)

    async def _minor(self) -> int:
        try:
            got: dict[str, Any] = await self._client.get("/version", type=dict)
        except ClusterError as error:
            self._note(f"the version, so 1.{NEWEST} is assumed", "get /version", error)
            return NEWEST
        digits = re.match(r"[0-9]+", text_at(got, "minor"))
        return int(digits[0]) if digits else NEWEST

    def _note(self, unknown: str, request: str, error: ClusterError) -> None:
        """A refusal says all by itself; other errors have something to tell."""
        forbidden = isinstance(error, Forbidden)
        why = f"you may not {request}" if forbidden else f"cannot {request}: {error}"
        self._notes.append(f"{unknown}: {why}")
