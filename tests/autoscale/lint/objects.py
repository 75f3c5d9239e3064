"""Objects to lint: good ones, of which a test changes what it is about."""

from typing import Any

Json = dict[str, Any]

NAMESPACE = "shop"
CPU = {"cpu": "100m"}


def hpa(name: str = "web", *, annotations: Json | None = None, **spec: Any) -> Json:
    """An HPA of which nothing is wrong, unless the spec's fields here are."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": NAMESPACE, "annotations": annotations or {}},
        "spec": {
            "scaleTargetRef": reference(),
            "minReplicas": 2,
            "maxReplicas": 10,
            "metrics": [resource()],
            **spec,
        },
    }


def reference(name: str = "web", kind: str = "Deployment", version: str = "apps/v1") -> Json:
    return {"apiVersion": version, "kind": kind, "name": name}


def resource(name: str = "cpu", **target: Any) -> Json:
    return {"type": "Resource", "resource": {"name": name, "target": _target(target)}}


def container_resource(container: str = "app", name: str = "cpu", **target: Any) -> Json:
    source = {"name": name, "container": container, "target": _target(target)}
    return {"type": "ContainerResource", "containerResource": source}


def _target(target: Json) -> Json:
    return target or {"type": "Utilization", "averageUtilization": 80}


def pods_metric(average: Any = "10", type_: str = "AverageValue", **metric: Any) -> Json:
    source = {
        "metric": {"name": "requests", **metric},
        "target": {"type": type_, "averageValue": average},
    }
    return {"type": "Pods", "pods": source}


def object_metric(**target: Any) -> Json:
    source = {
        "describedObject": {"apiVersion": "v1", "kind": "Service", "name": "web"},
        "metric": {"name": "hits"},
        "target": target or {"type": "Value", "value": "10"},
    }
    return {"type": "Object", "object": source}


def external(**target: Any) -> Json:
    source = {"metric": {"name": "queue"}, "target": target or {"type": "Value", "value": "10"}}
    return {"type": "External", "external": source}


def workload(
    name: str = "web",
    *,
    kind: str = "Deployment",
    version: str = "apps/v1",
    labels: Json | None = None,
    containers: list[Json] | None = None,
    uid: str = "",
    owner: Json | None = None,
    metadata: Json | None = None,
    pod: Json | None = None,
    **spec: Any,
) -> Json:
    """Its selector is its pods' labels, unless the spec's fields here say otherwise."""
    labels = labels or {"app": name}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": uid,
            "ownerReferences": [owner] if owner else [],
            **(metadata or {}),
        },
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": containers or [container()], **(pod or {})},
            },
            **spec,
        },
    }


def container(name: str = "app", requests: Json | None = None, limits: Json | None = None) -> Json:
    resources = {"requests": CPU if requests is None else requests, "limits": limits or {}}
    probe = {"httpGet": {"path": "/ready", "port": 8080}}
    return {"name": name, "resources": resources, "readinessProbe": probe}


def owned_by(kind: str, name: str, uid: str) -> Json:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": True}


def pod(name: str, *, labels: Json | None = None, owner: Json | None = None, **spec: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": labels or {"app": "web"},
            "ownerReferences": [owner] if owner else [],
        },
        "spec": {"containers": [container()], **spec},
    }


def other(kind: str, name: str, version: str, **spec: Any) -> Json:
    """An object of any other kind."""
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def vpa(name: str = "web", **spec: Any) -> Json:
    return other(
        "VerticalPodAutoscaler",
        name,
        "autoscaling.k8s.io/v1",
        targetRef=reference(),
        **spec,
    )


def quota(**hard: str) -> Json:
    return other("ResourceQuota", "team", "v1", hard=hard)
