"""Bad HPAs by the hundred: a good one with some of its fields replaced, left out or added."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Json = dict[str, Any]

TARGETS: tuple[Json, ...] = (
    {"type": "Utilization", "averageUtilization": 50},
    {"type": "AverageValue", "averageValue": "100m"},
    {"type": "Value", "value": "10"},
)
METRICS: tuple[Json, ...] = (
    {"type": "Resource", "resource": {"name": "cpu", "target": TARGETS[0]}},
    {
        "type": "ContainerResource",
        "containerResource": {"name": "memory", "container": "app", "target": TARGETS[1]},
    },
    {"type": "Pods", "pods": {"metric": {"name": "requests"}, "target": TARGETS[1]}},
    {
        "type": "Object",
        "object": {
            "describedObject": {"apiVersion": "v1", "kind": "Service", "name": "web"},
            "metric": {"name": "requests", "selector": {"matchLabels": {"verb": "GET"}}},
            "target": TARGETS[2],
        },
    },
    {"type": "External", "external": {"metric": {"name": "queue"}, "target": TARGETS[2]}},
)
RULES: Json = {
    "stabilizationWindowSeconds": 60,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
    "tolerance": "0.1",
}

_INTEGERS = (0, -1, 1, 2, 100, 1800, 1801, 3600, 3601, 2**31 - 1, -(2**31))
_QUANTITIES = (
    "0",
    "-1",
    "1m",
    "0.5",
    "-0.1",
    "1e3",
    "1Ki",
    "-5Gi",
    7,
    -2,
    1.5,
    "1n",
    "0.0000000001",
)
_NAMES = (
    "",
    "web",
    "Web",
    "a/b",
    "a%b",
    ".",
    "..",
    "a_b",
    "-a",
    "a.b",
    "a" * 64,
    "a" * 254,
    "cpu",
    "memory",
    "storage",
    "hugepages-2Mi",
    "requests.cpu",
    "example.com/gpu",
    "requests.example.com/gpu",
    "kubernetes.io/gpu",
    "a/b/c",
    "ünï",
    'qu"ote\\',
    "new\nline",
)
_VERSIONS = ("", "v1", "apps/v1", "apps/", "/v1", "/", "a/b/c", "apps/v1beta1", "Ap ps/v1")
_TYPES = (
    "",
    "Resource",
    "ContainerResource",
    "Pods",
    "Object",
    "External",
    "Utilization",
    "Value",
    "AverageValue",
    "Percent",
    "Max",
    "Min",
    "Disabled",
    "resource",
    "pods",
    "Foo",
)
_KEYS = ("app", "", "a b", "example.com/a", "a/b/c", "/a", "Ä", "a" * 64, "X.y/z", "a-")

_VALUES: dict[str, tuple[Any, ...]] = {
    "minReplicas": _INTEGERS,
    "maxReplicas": _INTEGERS,
    "averageUtilization": _INTEGERS,
    "stabilizationWindowSeconds": _INTEGERS,
    "value": (),
    "periodSeconds": _INTEGERS,
    "averageValue": _QUANTITIES,
    "tolerance": _QUANTITIES,
    "type": _TYPES,
    "selectPolicy": _TYPES,
    "name": _NAMES,
    "container": _NAMES,
    "kind": (*_NAMES, "ReplicationController", "Deployment"),
    "apiVersion": _VERSIONS,
    "generateName": ("a-", "A-", "a" * 260),
    "labels": tuple({key: value} for key in _KEYS for value in ("x", "", "a b", "-", "y" * 64)),
    "annotations": tuple({key: "x"} for key in _KEYS),
    "metrics": ([], [{}], [None]),
    "behavior": ({}, {"scaleUp": {}}, {"scaleDown": {"policies": []}}),
    "policies": ([], [{}], [None]),
}
"""What a field may become, by its name; an empty tuple means that it depends on its neighbours."""

_BLOCKS = {key: each[key] for each in METRICS for key in each if key != "type"}


def mutants(number: int, seed: int) -> Iterator[Json]:
    """HPAs with one to six mistakes each; some have none. The same seed gives the same ones."""
    chance = random.Random(seed)
    for _ in range(number):
        hpa = _whole(chance)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            _spoil(hpa, chance)
        yield hpa


def _whole(chance: random.Random) -> Json:
    spec: Json = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 10,
        "metrics": deepcopy(chance.sample(METRICS, chance.randint(0, 3))),
    }
    if chance.random() < 0.6:
        ways = chance.choice((["scaleUp"], ["scaleDown"], ["scaleUp", "scaleDown"]))
        spec["behavior"] = {way: deepcopy(RULES) for way in ways}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": spec,
    }


def _spoil(hpa: Json, chance: random.Random) -> None:
    places = list(_places(hpa["spec"])) + list(_places(hpa["metadata"]))
    _spoil_at(*chance.choice(places), chance)


def _spoil_at(within: Json, field: str, chance: random.Random) -> None:
    if chance.random() < 0.2:
        del within[field]
    elif chance.random() < 0.1:
        within[field] = None
    elif "type" in within and chance.random() < 0.2 and _BLOCKS.keys() & within.keys():
        block = chance.choice(list(_BLOCKS))
        within[block] = deepcopy(_BLOCKS[block])
    elif field == "target" and "metricName" not in within:
        within[field] = (
            {**within[field], **deepcopy(chance.choice(TARGETS))} if within[field] else {}
        )
    else:
        within[field] = _another(within, field, chance)


def _another(within: Json, field: str, chance: random.Random) -> Any:
    if field == "value":
        return chance.choice(_INTEGERS if "periodSeconds" in within else _QUANTITIES)
    choices = _VALUES.get(field)
    return deepcopy(chance.choice(choices)) if choices else deepcopy(within[field])


def _places(value: Any) -> Iterator[tuple[Json, str]]:
    """Every field below, with what it is a field of."""
    if isinstance(value, dict):
        for key, each in list(value.items()):
            if key != "matchLabels":
                yield value, key
            yield from _places(each)
    elif isinstance(value, list):
        for each in value:
            yield from _places(each)


_V1_METRICS: tuple[Json, ...] = (
    {"type": "Resource", "resource": {"name": "memory", "targetAverageUtilization": 50}},
    {
        "type": "ContainerResource",
        "containerResource": {"name": "cpu", "container": "app", "targetAverageValue": "1"},
    },
    {"type": "Pods", "pods": {"metricName": "requests", "targetAverageValue": "100m"}},
    {
        "type": "Object",
        "object": {
            "target": {"apiVersion": "v1", "kind": "Service", "name": "web"},
            "metricName": "requests",
            "targetValue": "10",
            "averageValue": "2",
        },
    },
    {
        "type": "External",
        "external": {"metricName": "queue", "targetValue": "10", "targetAverageValue": "2"},
    },
)
_VALUES |= {
    "targetCPUUtilizationPercentage": _INTEGERS,
    "targetAverageUtilization": _INTEGERS,
    "targetAverageValue": _QUANTITIES,
    "targetValue": _QUANTITIES,
    "metricName": _NAMES,
}


def mutants_v1(number: int, seed: int) -> Iterator[Json]:
    """The same in autoscaling/v1, whose annotations hold metrics and behaviour."""
    chance = random.Random(seed)
    for _ in range(number):
        metrics = deepcopy(chance.sample(_V1_METRICS, chance.randint(0, 3)))
        kept: Json = {"metrics": metrics, "behavior": {"scaleUp": deepcopy(RULES)}}
        hpa = {**_whole(chance), "apiVersion": "autoscaling/v1", "spec": _v1_spec()}
        for _ in range(chance.choice((1, 1, 2, 3))):
            spoiled = chance.choice((hpa["spec"], kept["metrics"], kept["behavior"]))
            if places := list(_places(spoiled)):
                _spoil_at(*chance.choice(places), chance)
        hpa["metadata"]["annotations"] = {
            f"autoscaling.alpha.kubernetes.io/{name}": json.dumps(each)
            for name, each in kept.items()
            if each
        }
        yield hpa


def _v1_spec() -> Json:
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 10,
        "targetCPUUtilizationPercentage": 80,
    }
