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
BUNDLE = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()

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
    return made(Node, name, metadata=metadata, status=ready())


def pod(name: str, namespace: str = "shop", where: str = "worker-1", **spec: Any) -> Pod:
    status = {"phase": "Running", "startTime": ago(900), **ready()}
    spec = {"nodeName": where, **spec}
    return made(Pod, name, metadata={"namespace": namespace}, spec=spec, status=status)


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


def server(name: str, where: str, **spec: Any) -> Pod:
    got = pod(name, "kube-system", where, **spec)
    labels = {"app.kubernetes.io/name": "tidegauge"}
    metadata = msgspec.structs.replace(got.metadata, labels=labels)
    return msgspec.structs.replace(got, metadata=metadata)


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
    return made(NodeUsage, name, timestamp=ago(age), window="15s")


def pod_usage(name: str, namespace: str = "shop") -> PodUsage:
    return made(PodUsage, name, metadata={"namespace": namespace}, timestamp=ago(20), window="15s")


def look(**fields: Any) -> Look:
    """A kubelet that answers as it should."""
    fine: dict[str, Any] = {
        "asked_at": NOW,
        "apart": 25.0,
        "stamp": int((NOW - 8) * 1000),
        "moved": True,
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
        "nodes": (node("worker-1"), node("worker-2")),
        "pods": (pod("web-1"),),
        "looks": {"worker-1": look(), "worker-2": look(pods=())},
        "apiservices": (apiservice("v1"), apiservice("v1beta1")),
        "provider": PROVIDER,
        "authentication": made(
            ConfigMap,
            "extension-apiserver-authentication",
            data={
                "requestheader-client-ca-file": "pem",
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
