"""A story's workloads as the objects that a user would have applied, defaults filled in."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, TypeAlias

import msgspec

from tidegauge.sandbox.apiserver.defaults import fill_in
from tidegauge.sandbox.simulation.story import Autoscale, Container, Resources, Workload

Object: TypeAlias = dict[str, Any]

APP = "app"
"""The label by which a workload's pods are known, and load finds them."""

PORT = 8080


def objects(workload: Workload) -> Iterator[tuple[str, Object]]:
    """Resource and object of a workload, in the order of their making."""
    for resource, obj in _bare_objects(workload):
        fill_in(resource, obj)
        yield resource, obj


def _bare_objects(workload: Workload) -> Iterator[tuple[str, Object]]:
    if workload.kind == "Deployment":
        yield "deployments", _deployment(workload)
        yield "services", _service(workload, headless=False)
    elif workload.kind == "StatefulSet":
        yield "services", _service(workload, headless=True)
        yield "statefulsets", _stateful_set(workload)
    if workload.autoscale:
        yield "horizontalpodautoscalers", autoscaler(workload, workload.autoscale)


def namespace(name: str) -> Object:
    obj: Object = {"metadata": {"name": name}}
    fill_in("namespaces", obj)
    return obj


def pod_of(template: Object, **metadata: Any) -> Object:
    """A pod made from a template, with `metadata` beside the template's own."""
    pod: Object = {
        "metadata": deepcopy(template.get("metadata") or {}) | metadata,
        "spec": deepcopy(template["spec"]),
    }
    fill_in("pods", pod)
    return pod


def pod_template(workload: Workload) -> Object:
    return {"metadata": {"labels": _labels(workload)}, "spec": _pod_spec(workload)}


def _labels(workload: Workload) -> dict[str, str]:
    return {APP: workload.name}


def _metadata(workload: Workload) -> Object:
    return {
        "name": workload.name,
        "namespace": workload.namespace,
        "labels": _labels(workload),
    }


def _deployment(workload: Workload) -> Object:
    rolling = {"maxSurge": workload.max_surge, "maxUnavailable": workload.max_unavailable}
    return {
        "metadata": _metadata(workload),
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": _labels(workload)},
            "template": pod_template(workload),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
        },
        "status": {},
    }


def _stateful_set(workload: Workload) -> Object:
    return {
        "metadata": _metadata(workload),
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": _labels(workload)},
            "serviceName": workload.name,
            "template": pod_template(workload),
        },
        "status": {},
    }


def _service(workload: Workload, *, headless: bool) -> Object:
    spec: Object = {
        "selector": _labels(workload),
        "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": PORT}],
    }
    if headless:
        spec |= {"clusterIP": "None", "clusterIPs": ["None"]}
    return {"metadata": _metadata(workload), "spec": spec, "status": {"loadBalancer": {}}}


def autoscaler(workload: Workload, scale: Autoscale) -> Object:
    """Without defaults."""
    spec: Object = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": workload.kind, "name": workload.name},
        "minReplicas": scale.min,
        "maxReplicas": scale.max,
        "metrics": list(_metrics(scale)),
    }
    if scale.behavior:
        spec["behavior"] = msgspec.to_builtins(scale.behavior)
    status = {"desiredReplicas": 0, "currentMetrics": None}
    return {"metadata": _metadata(workload), "spec": spec, "status": status}


def _metrics(scale: Autoscale) -> Iterator[Object]:
    if scale.cpu is not None and scale.container:
        source = _target("cpu", scale.cpu) | {"container": scale.container}
        yield {"type": "ContainerResource", "containerResource": source}
    elif scale.cpu is not None:
        yield {"type": "Resource", "resource": _target("cpu", scale.cpu)}
    if scale.memory is not None:
        yield {"type": "Resource", "resource": _target("memory", scale.memory)}


def _target(resource: str, percent: int) -> Object:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"name": resource, "target": target}


def _pod_spec(workload: Workload) -> Object:
    spec: Object = {
        "containers": [_container(each) | _probed() for each in workload.containers],
    }
    starting = [_container(container) for container in workload.init]
    starting += [_container(each) | {"restartPolicy": "Always"} for each in workload.sidecars]
    if starting:
        spec["initContainers"] = starting
    if workload.node_selector:
        spec["nodeSelector"] = workload.node_selector
    if workload.tolerates_all:
        spec["tolerations"] = [{"operator": "Exists"}]
    return spec


def _container(container: Container) -> Object:
    resources: dict[str, Mapping[str, str]] = {
        field: amounts
        for field, given in (("limits", container.limits), ("requests", container.requests))
        if (amounts := _amounts(given))
    }
    return {
        "name": container.name,
        "image": container.image,
        "resources": resources,
    }


def _probed() -> Object:
    """Nobody probes, but a pod is ready when its image says, as if somebody did."""
    return {"readinessProbe": {"httpGet": {"path": "/readyz", "port": PORT}}}


def _amounts(resources: Resources) -> dict[str, str]:
    both = {"cpu": resources.cpu, "memory": resources.memory}
    return {name: str(amount) for name, amount in both.items() if amount is not None}
