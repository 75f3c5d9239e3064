"""A cluster in which nothing is wrong, seen at NOW, to be spoilt by tests."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
import trustme

from tidegauge.doctor.evidence import Evidence, Look, Provider
from tidegauge.doctor.objects import (
    APIService,
    Autoscaler,
    ConfigMap,
    Lease,
    ListedPod,
    Namespace,
    NetworkPolicy,
    Node,
    NodeUsage,
    Pod,
    PodUsage,
    Service,
    ServiceReference,
    Version,
)

AT = datetime.now(UTC)
NOW = AT.timestamp()
AUTHORITY = trustme.CA().cert_pem.bytes().decode()
BUNDLE = base64.b64encode(AUTHORITY.encode()).decode()

API_FLAGS = (
    "--proxy-client-cert-file=/pki/front-proxy-client.crt",
    "--proxy-client-key-file=/pki/front-proxy-client.key",
    "--enable-aggregator-routing=true",
)

T = TypeVar("T")


def ago(seconds: float) -> str:
    return (AT - timedelta(seconds=seconds)).isoformat()


def made(kind: type[T], name: str, **fields: Any) -> T:
    """An object of that name; a namespace and other metadata stand in `metadata`."""
    metadata = {"name": name, **fields.pop("metadata", {})}
    return msgspec.convert({"metadata": metadata, **fields}, kind)


def ready(state: str = "True", **told: str) -> dict[str, Any]:
    return {"conditions": [{"type": "Ready", "status": state, **told}]}


def node(name: str = "worker-1", **metadata: Any) -> Node:
    metadata = {"creationTimestamp": ago(9000), **metadata}
    return made(Node, name, metadata=metadata, status=ready())


def pod(name: str, *states: dict[str, Any], where: str = "worker-1", **metadata: Any) -> ListedPod:
    """One that runs; a container for each state, or one that runs, too."""
    running = {"running": {"startedAt": ago(900)}}
    statuses = [{"name": "app", "state": state} for state in states or (running,)]
    status = {"phase": "Running", "startTime": ago(900), "containerStatuses": statuses}
    metadata = {"namespace": "shop", **metadata}
    return made(ListedPod, name, metadata=metadata, spec={"nodeName": where}, status=status)


def apiservice(version: str, **spec: Any) -> APIService:
    service = {"namespace": "kube-system", "name": "tidegauge", "port": 443}
    defaults = {"group": "metrics.k8s.io", "version": version, "caBundle": BUNDLE}
    return made(
        APIService,
        f"{version}.metrics.k8s.io",
        spec={**defaults, "service": service, **spec},
        status=available("True"),
    )


def available(status: str, reason: str = "", message: str = "") -> dict[str, Any]:
    told = {"reason": reason, "message": message}
    return {"conditions": [{"type": "Available", "status": status, **told}]}


def broken(version: str, reason: str, message: str, **spec: Any) -> APIService:
    good = apiservice(version, **spec)
    status = msgspec.convert(available("False", reason, message), type(good.status))
    return msgspec.structs.replace(good, status=status)


def lease(name: str, age: float, **labels: str) -> Lease:
    metadata = {"namespace": "kube-system", "labels": labels}
    return made(
        Lease, name, metadata=metadata, spec={"holderIdentity": "me", "renewTime": ago(age)}
    )


def apiserver(name: str, age: float = 5) -> Lease:
    return lease(name, age, **{"apiserver.kubernetes.io/identity": "kube-apiserver"})


def system_pod(
    name: str,
    labels: dict[str, str],
    where: str = "worker-1",
    status: dict[str, Any] | None = None,
    deletionTimestamp: str | None = None,  # noqa: N803  (the API's name, as in all others)
    **spec: Any,
) -> Pod:
    """A pod of kube-system that is ready, unless its status says otherwise."""
    metadata = {
        "namespace": "kube-system",
        "labels": labels,
        "deletionTimestamp": deletionTimestamp,
    }
    status = {"phase": "Running", **ready(), **(status or {})}
    return made(Pod, name, metadata=metadata, spec={"nodeName": where, **spec}, status=status)


def server(name: str, where: str = "worker-1", **more: Any) -> Pod:
    return system_pod(name, {"app.kubernetes.io/name": "tidegauge"}, where, **more)


def member(component: str, number: int, *args: str, state: str = "True") -> Pod:
    """A pod of the control plane, as kubeadm makes it."""
    labels = {"component": component, "tier": "control-plane"}
    containers = [{"name": component, "command": [component, *args]}]
    name = f"{component}-cp-{number}"
    return system_pod(name, labels, f"cp-{number}", ready(state), containers=containers)


def namespace(name: str, **conditions: str) -> Namespace:
    """Conditions that are True, each with its message."""
    told = [
        {"type": kind, "status": "True", "message": message} for kind, message in conditions.items()
    ]
    return made(Namespace, name, status={"conditions": told})


SERVICE = made(
    Service,
    "tidegauge",
    metadata={"namespace": "kube-system"},
    spec={"selector": {"app.kubernetes.io/name": "tidegauge"}},
)

PROVIDER = Provider(
    reference=ServiceReference("kube-system", "tidegauge"),
    service=SERVICE,
    pods=(server("tidegauge-1", "worker-1"), server("tidegauge-2", "worker-2")),
    readiness="[+]ping ok\nreadyz check passed",
)


def node_usage(name: str, age: float = 20) -> NodeUsage:
    return made(NodeUsage, name, timestamp=ago(age))


def pod_usage(name: str, namespace: str = "shop") -> PodUsage:
    return made(PodUsage, name, metadata={"namespace": namespace})


def look(**fields: Any) -> Look:
    """A kubelet that answers as it should."""
    fine: dict[str, Any] = {
        "asked_at": NOW,
        "apart": 25.0,
        "stamp": int((NOW - 8) * 1000),
        "moved": True,
        "containers": 4,
        "swap": 0,
        "pods": (("shop", "web-1"),),
    }
    return Look(**{**fine, **fields})


def evidence(**changes: Any) -> Evidence:
    """Of the cluster in which nothing is wrong, changed."""
    fine: dict[str, Any] = {
        "now": NOW,
        "server": "https://api:6443",
        "version": Version("v1.37.2"),
        "health": "[+]ping ok\nreadyz check passed",
        "leases": (
            lease("kube-controller-manager", 3),
            lease("kube-scheduler", 3),
            *(apiserver(f"apiserver-{number}") for number in range(3)),
        ),
        "members": (
            *(member("kube-apiserver", number, *API_FLAGS) for number in range(3)),
            *(member("etcd", number) for number in range(3)),
        ),
        "namespaces": (namespace("shop"), namespace("kube-system")),
        "nodes": (node("worker-1"), node("worker-2")),
        "pods": (pod("web-1"),),
        "looks": {"worker-1": look(), "worker-2": look(pods=())},
        "apiservices": (apiservice("v1"), apiservice("v1beta1")),
        "provider": PROVIDER,
        "tidegauges": PROVIDER.pods,
        "authentication": made(
            ConfigMap,
            "extension-apiserver-authentication",
            data={
                "requestheader-client-ca-file": AUTHORITY,
                "requestheader-username-headers": '["X-Remote-User"]',
            },
        ),
        "node_usage": {
            version: (node_usage("worker-1"), node_usage("worker-2"))
            for version in ("v1", "v1beta1")
        },
        "pod_usage": (pod_usage("web-1"),),
        "autoscalers": (hpa("web", ScalingActive="True"),),
    }
    return Evidence(**{**fine, **changes})


def hpa(name: str, *, age: float = 900, **conditions: str) -> Autoscaler:
    """Conditions as `True`, or as a reason for which they are not."""
    told = [
        {"type": kind, "status": "True"}
        if state == "True"
        else {"type": kind, "status": "False", "reason": state, "message": "because"}
        for kind, state in conditions.items()
    ]
    metadata = {"namespace": "shop", "creationTimestamp": ago(age)}
    return made(Autoscaler, name, metadata=metadata, status={"conditions": told})


def policy(**spec: Any) -> NetworkPolicy:
    return made(NetworkPolicy, "wall", metadata={"namespace": "kube-system"}, spec=spec)
