"""The sandbox's API server answers as a real kube-apiserver does, or we say where it does not."""

from pathlib import Path

import pytest

from tests.realcluster.client import Answer
from tests.realcluster.controlplane import ControlPlane
from tests.sandbox.honesty import LEFT_OUT, compare, known
from tests.sandbox.running import Running
from tests.sandbox.scenario import Step, play


@pytest.mark.realcluster
def test_same_answers_as_the_real_one(tmp_path: Path) -> None:
    """The scenario's calls are answered alike, field by field, and no exception is left unused."""
    real_folder, our_folder = tmp_path / "real", tmp_path / "ours"
    with ControlPlane(real_folder, controllers=(), without_admission=["ServiceAccount"]) as plane:
        real = play(plane.admin)
    with Running(our_folder) as sandbox:
        ours = play(sandbox.client())

    differences = list(compare(real, ours))

    assert [str(each) for each in differences if not known(each)] == []
    assert {known(each) for each in differences} == set(LEFT_OUT)


def json_answer(body: str, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, body.encode())


@pytest.mark.parametrize(
    ("real", "ours", "paths"),
    [
        ('{"a":{"b":1}}', '{"a":{"b":1}}', []),
        ('{"a":{"b":1}}', '{"a":{"b":2}}', [".a.b"]),
        ('{"a":[1,2]}', '{"a":[1]}', [".a"]),
        ('{"metadata":{"uid":"x"}}', '{"metadata":{"uid":"y"}}', []),
        ('{"metadata":{"uid":"x"}}', '{"metadata":{}}', [".metadata.uid"]),
        ('{"metadata":{"managedFields":[]}}', '{"metadata":{}}', []),
        ('{"type":"ADDED"}\n{"type":"DELETED"}', '{"type":"ADDED"}', [""]),
    ],
    ids=["same", "value", "length", "chance", "missing", "managed fields", "events"],
)
def test_comparison_sees_differences(real: str, ours: str, paths: list[str]) -> None:
    """What differs is found, but for what differs by its nature."""
    found = compare([Step("s", json_answer(real))], [Step("s", json_answer(ours))])

    assert [each.path for each in found] == paths


def test_comparison_sees_the_status() -> None:
    """Another status code is a difference."""
    steps = [[Step("s", json_answer("{}", status))] for status in (200, 201)]

    assert [each.path for each in compare(*steps)] == ["status"]
