"""What makes a metric's LabelSelector invalid, in the words of Kubernetes 1.37.2."""

import pytest

from tests.autoscale.engine.given import autoscaler, queue_metric, situation
from tidegauge.autoscale.engine.labelselector import selector_fault, selector_faults
from tidegauge.autoscale.engine.reconciling import decide

_KEY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_NO_ROOM = "values set must be empty for exists and does not exist"
_NO_VALUES = "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty"


def expression(operator: str, *values: str, key: str = "a") -> dict[str, object]:
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("labels", "expressions", "fault"),
    [
        ({}, [], None),
        ({"a": "b"}, [expression("In", "x"), expression("Exists")], None),
        ({"a b": "c"}, [], f'key: Invalid value: "a b": {_KEY}'),
        ({"a": "b c"}, [], f'values[0][a]: Invalid value: "b c": {_VALUE}'),
        (
            {"a b": "c d"},
            [],
            f'[key: Invalid value: "a b": {_KEY}, values[0][a b]: Invalid value: "c d": {_VALUE}]',
        ),
        ({}, [expression("In")], _NO_VALUES),
        ({}, [{"key": "a", "operator": "NotIn"}], _NO_VALUES),
        (
            {},
            [expression("DoesNotExist", "x", "y")],
            f'values: Invalid value: ["x","y"]: {_NO_ROOM}',
        ),
        (
            {},
            [expression("In", "ok", "y z")],
            f'values[1][a]: Invalid value: "y z": {_VALUE}',
        ),
        ({}, [expression("Near", key="-")], '"Near" is not a valid label selector operator'),
        ({}, [expression("In"), expression("Near")], _NO_VALUES),
        ({"a b": "c"}, [expression("Near")], f'key: Invalid value: "a b": {_KEY}'),
    ],
    ids=[
        "empty",
        "valid",
        "key",
        "value",
        "key and value",
        "none in",
        "none not in",
        "too many values",
        "second value",
        "operator",
        "the first expression",
        "labels before expressions",
    ],
)
def test_the_first_fault_is_told(labels, expressions, fault):
    """As the controller tells it, recorded by running its code."""
    assert selector_fault({"matchLabels": labels, "matchExpressions": expressions}) == fault


def test_all_faults_can_be_told():
    """One for each term."""
    selector = {"matchLabels": {"-": "b"}, "matchExpressions": [expression("In")]}

    assert len([*selector_faults(selector)]) == 2


def test_a_metric_with_such_a_selector_fails():
    """It is not asked for."""
    bad = {"matchExpressions": [expression("In")]}

    decision = decide(situation(autoscaler=autoscaler(metrics=[queue_metric(selector=bad)])))

    assert decision.proposals
    assert decision.proposals.first_failure
    assert decision.proposals.first_failure.message == _NO_VALUES
