"""The API server's validation: what kube-apiserver 1.37.2 and 1.35.4 were seen to answer.

Bad HPAs by the hundred are compared with the real ones in tests/realcluster/test_lint.py.
"""

from typing import Any

import pytest

from tests.autoscale.lint.objects import hpa, object_metric, resource
from tidegauge.autoscale.lint.refusals import validation_causes

Json = dict[str, Any]

MAXIMUM = "spec.maxReplicas"
TARGET = "spec.scaleTargetRef"
TYPES = '"ContainerResource", "External", "Object", "Pods", "Resource"'
NEEDS_LASTING = (
    "must specify at least one Object or External metric to support scaling to zero replicas"
)
ORDER = "Invalid value: 0: must be greater than or equal to `minReplicas`"

ANSWERS: dict[str, tuple[int, Json, list[tuple[str, str]]]] = {
    "no maximum": (37, {MAXIMUM: 0}, [(MAXIMUM, ORDER), (MAXIMUM, "Required value")]),
    "no maximum in 1.35": (
        35,
        {MAXIMUM: 0},
        [(MAXIMUM, "Invalid value: 0: must be greater than 0"), (MAXIMUM, ORDER)],
    ),
    "below zero": (
        37,
        {"spec.minReplicas": -1, MAXIMUM: -1},
        [
            ("spec.minReplicas", "Invalid value: -1: must be greater than or equal to 0"),
            (MAXIMUM, "Invalid value: -1: must be greater than or equal to 1"),
        ],
    ),
    "zero without a lasting metric": (
        37,
        {"spec.minReplicas": 0},
        [("spec.metrics", f"Forbidden: {NEEDS_LASTING}")],
    ),
    "no target": (
        37,
        {TARGET: {}},
        [
            (f"{TARGET}.kind", "Required value"),
            (f"{TARGET}.name", "Required value"),
            (f"{TARGET}.apiVersion", 'Invalid value: "": apiVersion must specify API group'),
        ],
    ),
    "a target that is no part of a path": (
        37,
        {TARGET: {"apiVersion": "a/b/c", "kind": "a/b%", "name": ".."}},
        [
            (f"{TARGET}.kind", "Invalid value: \"a/b%\": may not contain '/'"),
            (f"{TARGET}.kind", "Invalid value: \"a/b%\": may not contain '%'"),
            (f"{TARGET}.name", "Invalid value: \"..\": may not be '..'"),
            (
                f"{TARGET}.apiVersion",
                'Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
            ),
        ],
    ),
    "an unknown type of metric": (
        37,
        {"spec.metrics": [{"type": "Foo"}]},
        [("spec.metrics[0].type", f'Unsupported value: "Foo": supported values: {TYPES}')],
    ),
    "an unknown type of metric in 1.35": (
        35,
        {"spec.metrics": [{"type": "Foo"}]},
        [("spec.metrics[0].type", f'Unsupported value: "Foo": supported values: {TYPES}')] * 2,
    ),
    "two blocks": (
        37,
        {"spec.metrics": [{**resource(), **object_metric(type="Value", value="0")}]},
        [
            ("spec.metrics[0].object.target.value", 'Invalid value: "0": must be positive'),
            (
                "spec.metrics[0].resource",
                "Forbidden: must populate the given metric source only",
            ),
        ],
    ),
    "a behaviour": (
        37,
        {
            "spec.behavior": {
                "scaleUp": {"policies": [], "tolerance": "-0.1", "selectPolicy": ""},
                "scaleDown": {"policies": [{"type": "Pods", "value": 0, "periodSeconds": 1801}]},
            }
        },
        [
            (
                "spec.behavior.scaleUp.selectPolicy",
                'Unsupported value: "": supported values: "Disabled", "Max", "Min"',
            ),
            (
                "spec.behavior.scaleUp.policies",
                "Required value: must specify at least one Policy",
            ),
            (
                "spec.behavior.scaleUp.tolerance",
                'Invalid value: "-100m": must be greater than or equal to 0',
            ),
            (
                "spec.behavior.scaleDown.policies[0].value",
                "Invalid value: 0: must be greater than zero",
            ),
            (
                "spec.behavior.scaleDown.policies[0].periodSeconds",
                "Invalid value: 1801: must be less than or equal to 1800",
            ),
        ],
    ),
    "no name": (
        37,
        {"metadata.name": ""},
        [("metadata.name", "Required value: name or generateName is required")],
    ),
    "too many annotations": (
        37,
        {"metadata.annotations": {"a": "x" * (256 << 10)}},
        [("metadata.annotations", "Too long: may not be more than 262144 bytes")],
    ),
}


@pytest.mark.parametrize(("minor", "changes", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_answers(minor: int, changes: Json, expected: list[tuple[str, str]]) -> None:
    """Fields and messages in the order in which the server gives them."""
    manifest = hpa()
    for path, value in changes.items():
        part, field = path.split(".")
        manifest[part][field] = value

    found = validation_causes(manifest, minor)
    assert [(each.field, each.message) for each in found] == expected
