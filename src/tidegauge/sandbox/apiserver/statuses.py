"""What stands in a status from the start, and what Go writes there though nobody set it."""

from collections.abc import Mapping
from typing import Any

from tidegauge.sandbox.apiserver.poddefaults import defaults

Object = dict[str, Any]

_FIRST: Mapping[str, Object] = {
    "deployments": {},
    "horizontalpodautoscalers": {"desiredReplicas": 0, "currentMetrics": None},
    "replicasets": {"replicas": 0},
    "services": {"loadBalancer": {}},
    "statefulsets": {"replicas": 0, "availableReplicas": 0},
}


def fill_in_node(obj: Object) -> None:
    spec, status = obj.setdefault("spec", {}), obj.setdefault("status", {})
    if "podCIDR" in spec:
        defaults(spec, podCIDRs=[spec["podCIDR"]])
    if "capacity" in status:
        defaults(status, allocatable=dict(status["capacity"]))
    defaults(status, daemonEndpoints={"kubeletEndpoint": {"Port": 0}}, nodeInfo={})
    defaults(status["nodeInfo"], **dict.fromkeys(_NODE_INFO, ""))


_NODE_INFO = (
    "architecture",
    "bootID",
    "containerRuntimeVersion",
    "kernelVersion",
    "kubeProxyVersion",
    "kubeletVersion",
    "machineID",
    "operatingSystem",
    "osImage",
    "systemUUID",
)


def first_status(resource: str) -> Object | None:
    """The status that an object of that resource is created with, besides what pods have."""
    status = _FIRST.get(resource)
    return dict(status) if status is not None else None


def fill_in_status(resource: str, obj: Object) -> None:
    """What Go writes in a status though it is not set."""
    status = obj.get("status", {})
    if resource == "pods":
        for part in ("containerStatuses", "initContainerStatuses"):
            for container in status.get(part) or ():
                defaults(container, lastState={}, state={})
        if "podIP" in status:
            defaults(status, podIPs=[{"ip": status["podIP"]}])
    elif resource == "nodes":
        fill_in_node(obj)
