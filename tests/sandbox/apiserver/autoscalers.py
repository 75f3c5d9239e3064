"""Autoscalers whose forms in autoscaling/v1 and v2 are compared, here and on a real server."""

from typing import Any

Object = dict[str, Any]


def autoscaler(name: str, *metrics: Object, **spec: Any) -> Object:
    """In v2, for a Deployment `web` that need not be there."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": "default", "annotations": {"team": "shop"}},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "maxReplicas": 5,
            "metrics": list(metrics),
            **spec,
        },
    }


def resource(name: str, **target: Any) -> Object:
    return {"type": "Resource", "resource": {"name": name, "target": target}}


_METRIC = {"name": "queue", "selector": {"matchLabels": {"a": "b"}}}
_DESCRIBED = {"apiVersion": "v1", "kind": "Service", "name": "web"}

CPU = resource("cpu", type="Utilization", averageUtilization=60)
MEMORY = resource("memory", type="AverageValue", averageValue="64Mi")
OF_CONTAINER = {
    "type": "ContainerResource",
    "containerResource": {
        "name": "cpu",
        "container": "app",
        "target": {"type": "Utilization", "averageUtilization": 70},
    },
}
PODS = {
    "type": "Pods",
    "pods": {"metric": _METRIC, "target": {"type": "AverageValue", "averageValue": "10"}},
}
OBJECT = {
    "type": "Object",
    "object": {
        "metric": {"name": "queue"},
        "describedObject": _DESCRIBED,
        "target": {"type": "Value", "value": "1500m"},
    },
}
OBJECT_AVERAGE = {
    "type": "Object",
    "object": {
        "metric": {"name": "queue"},
        "describedObject": _DESCRIBED,
        "target": {"type": "AverageValue", "averageValue": "3"},
    },
}
EXTERNAL = {
    "type": "External",
    "external": {"metric": _METRIC, "target": {"type": "Value", "value": "30"}},
}
SLOWLY = {
    "scaleDown": {
        "stabilizationWindowSeconds": 60,
        "selectPolicy": "Min",
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 30}],
        "tolerance": "50m",
    }
}

AUTOSCALERS = [
    autoscaler("cpu", CPU),
    autoscaler("none", minReplicas=2),
    autoscaler("several", MEMORY, CPU, OF_CONTAINER, PODS, OBJECT, OBJECT_AVERAGE, EXTERNAL),
    autoscaler("cpu-value", resource("cpu", type="AverageValue", averageValue="100m")),
    autoscaler("slowly", CPU, behavior=SLOWLY),
]

STATUS = {
    "observedGeneration": 1,
    "lastScaleTime": "2026-11-24T10:00:00Z",
    "currentReplicas": 2,
    "desiredReplicas": 3,
    "currentMetrics": [
        {
            "type": "Resource",
            "resource": {
                "name": "cpu",
                "current": {"averageUtilization": 92, "averageValue": "92m"},
            },
        },
        {
            "type": "External",
            "external": {"metric": {"name": "queue"}, "current": {"averageValue": "7"}},
        },
        {"type": ""},
    ],
    "conditions": [
        {
            "type": "AbleToScale",
            "status": "True",
            "lastTransitionTime": "2026-11-24T10:00:00Z",
            "reason": "ReadyForNewScale",
            "message": "recommended size matches current size",
        }
    ],
}
