"""Faults of what scales: each is one that real clusters have, and that HPAs are silent about."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from tidegauge.sandbox import registration
from tidegauge.sandbox.apiserver.storage import key_of
from tidegauge.sandbox.cluster import EmbeddedCluster

Object: TypeAlias = dict[str, Any]

SECOND = "second"
"""The name of the autoscaler that is one too many."""

SIDECAR = "logger"
"""The name of the container that requests nothing; its image is one that nobody knows, so it is a
process that needs next to nothing.
"""

_RESOURCES = {"Deployment": "deployments", "StatefulSet": "statefulsets"}


@asynccontextmanager
async def metrics_away(cluster: EmbeddedCluster, _: str) -> AsyncIterator[None]:
    """The metrics server runs, but the API server can't reach it."""
    with cluster.api.endpoints.withdrawn(registration.NAMESPACE, registration.SERVICE):
        yield


@asynccontextmanager
async def controller_restarted(cluster: EmbeddedCluster, _: str) -> AsyncIterator[None]:
    await cluster.restart_controller()
    yield


def nothing(_: EmbeddedCluster) -> str:
    """Every cluster has what it takes."""
    return ""


def lacks_autoscaler(cluster: EmbeddedCluster) -> str:
    if cluster.api.storage.list("horizontalpodautoscalers"):
        return ""
    return "there is no HPA here; the stories shop-day and flash-sale have some"


@asynccontextmanager
async def second_autoscaler(cluster: EmbeddedCluster, _: str) -> AsyncIterator[None]:
    """Of the first target that has one."""
    storage = cluster.api.storage
    first = storage.list("horizontalpodautoscalers")[0]
    namespace = first["metadata"]["namespace"]
    metadata = {"name": SECOND, "namespace": namespace}
    made = {"metadata": metadata, "spec": first["spec"], "status": {"desiredReplicas": 0}}
    storage.create("horizontalpodautoscalers", made)
    try:
        yield
    finally:
        if storage.get("horizontalpodautoscalers", namespace, SECOND):
            storage.delete("horizontalpodautoscalers", namespace, SECOND)


def lacks_requests(cluster: EmbeddedCluster) -> str:
    if any(_scaled_by_pods(cluster)):
        return ""
    return "nothing is scaled by resources of whole pods; the stories shop-day and flash-sale do so"


@asynccontextmanager
async def missing_request(cluster: EmbeddedCluster, _: str) -> AsyncIterator[None]:
    """In the first target that is scaled by a resource of whole pods."""
    resource, workload = next(_scaled_by_pods(cluster))
    _set_containers(cluster, resource, workload, [*_containers(workload), _sidecar()])
    try:
        yield
    finally:
        now = cluster.api.storage.get(resource, *key_of(workload))
        if now:
            kept = [each for each in _containers(now) if each["name"] != SIDECAR]
            _set_containers(cluster, resource, now, kept)


def _scaled_by_pods(cluster: EmbeddedCluster) -> Iterator[tuple[str, Object]]:
    """Resource and object of each such workload."""
    storage = cluster.api.storage
    for autoscaler in storage.list("horizontalpodautoscalers"):
        spec, namespace = autoscaler["spec"], autoscaler["metadata"]["namespace"]
        resource = _RESOURCES.get(spec["scaleTargetRef"]["kind"], "")
        of_pods = any(metric["type"] == "Resource" for metric in spec["metrics"])
        if resource and of_pods:
            workload = storage.get(resource, namespace, spec["scaleTargetRef"]["name"])
            if workload:
                yield resource, workload


def _containers(workload: Object) -> list[Object]:
    return list(workload["spec"]["template"]["spec"]["containers"])


def _sidecar() -> Object:
    return {
        "name": SIDECAR,
        "image": "sandbox/logger:1",
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
    }


def _set_containers(
    cluster: EmbeddedCluster, resource: str, workload: Object, containers: list[Object]
) -> None:
    """What `kubectl apply` of a changed manifest does: a rollout."""
    spec = workload["spec"]
    pod_spec = spec["template"]["spec"] | {"containers": containers}
    template = spec["template"] | {"spec": pod_spec}
    changed = workload | {"spec": spec | {"template": template}}
    cluster.api.storage.update(resource, changed)
