"""Patches of all three kinds."""

import copy
from typing import Any

import pytest

from tidegauge.sandbox.apiserver.patching import (
    PatchError,
    UnfitPatchError,
    json_patch,
    merge,
    strategic,
)
from tidegauge.sandbox.apiserver.schema import type_of

POD_SPEC = type_of("core.v1.PodSpec")


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({"a": 1}, [], []),
    ],
    ids=["add", "remove", "replace a list", "replace by an object", "replace all"],
)
def test_merge(target: Any, patch: Any, result: Any) -> None:
    """Objects are merged, null removes, all else replaces; the target stays as it was."""
    before = copy.deepcopy(target)

    assert merge(target, patch) == result
    assert target == before


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        ({"op": "add", "path": "/b", "value": 2}, {"a": [1, 2], "b": 2}),
        ({"op": "add", "path": "/a/0", "value": 0}, {"a": [0, 1, 2]}),
        ({"op": "add", "path": "/a/-", "value": 3}, {"a": [1, 2, 3]}),
        ({"op": "remove", "path": "/a/1"}, {"a": [1]}),
        ({"op": "replace", "path": "/a/0", "value": 9}, {"a": [9, 2]}),
        ({"op": "move", "from": "/a/0", "path": "/b"}, {"a": [2], "b": 1}),
        ({"op": "copy", "from": "/a", "path": "/x~1y"}, {"a": [1, 2], "x/y": [1, 2]}),
        ({"op": "test", "path": "/a/0", "value": 1}, {"a": [1, 2]}),
        ({"op": "replace", "path": "", "value": {}}, {}),
    ],
    ids=lambda value: value.get("op") if isinstance(value, dict) else None,
)
def test_json_patch(operation: Any, result: Any) -> None:
    """Each operation does what RFC 6902 says, on a copy."""
    document = {"a": [1, 2]}

    assert json_patch(document, [operation]) == result
    assert document == {"a": [1, 2]}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "remove", "path": "/b"},
        {"op": "replace", "path": "/b", "value": 1},
        {"op": "add", "path": "/b/c", "value": 1},
        {"op": "add", "path": "/l/9", "value": 1},
    ],
    ids=["test", "remove", "replace", "add below nothing", "add behind the end"],
)
def test_json_patch_that_does_not_fit(operation: Any) -> None:
    """A path that is not there, or a failed test, refuses the patch."""
    with pytest.raises(UnfitPatchError):
        json_patch({"a": 1, "l": []}, [operation])


@pytest.mark.parametrize("patch", [{}, [{"op": "dance", "path": "/a"}]], ids=["object", "verb"])
def test_json_patch_that_is_none(patch: Any) -> None:
    """What is no JSON patch is said to be none."""
    with pytest.raises(PatchError):
        json_patch({"a": 1}, patch)


A, B, C = ({"name": name, "image": name} for name in "abc")


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        ({"containers": [{"name": "a", "image": "x"}]}, [{"name": "a", "image": "x"}, B]),
        ({"containers": [C]}, [C, A, B]),
        ({"containers": [{"name": "b", "image": "x"}, C]}, [A, {"name": "b", "image": "x"}, C]),
        ({"containers": [{"name": "a", "$patch": "delete"}]}, [B]),
        ({"containers": [{"$patch": "replace"}, C]}, [C]),
        ({"containers": [C], "$setElementOrder/containers": [B, C, A]}, [B, C, A]),
        ({"containers": None}, None),
    ],
    ids=["change", "new first", "between", "delete", "replace", "order", "null"],
)
def test_strategic_list(patch: Any, result: Any) -> None:
    """A list with a key is merged item by item, in the order that the patch asks for."""
    original = {"containers": [A, B]}

    assert strategic(original, patch, POD_SPEC).get("containers") == result
    assert original == {"containers": [A, B]}


@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"tolerations": [1]}, {"tolerations": [2]}, {"tolerations": [2]}),
        ({"nodeSelector": {"a": "b"}}, {"nodeSelector": {"c": "d"}},
         {"nodeSelector": {"a": "b", "c": "d"}}),
        ({"nodeSelector": {"a": "b"}}, {"nodeSelector": {"$patch": "replace", "c": "d"}},
         {"nodeSelector": {"c": "d"}}),
        ({"securityContext": {"runAsUser": 1}}, {"securityContext": {"$retainKeys": []}},
         {"securityContext": {}}),
        ({"nodeName": "n"}, {"$patch": "delete"}, {}),
    ],
    ids=["atomic list", "map", "replace a map", "retain keys", "delete"],
)  # fmt: skip
def test_strategic(original: Any, patch: Any, result: Any) -> None:
    """What has no key is replaced, maps are merged, directives are followed."""
    assert strategic(original, patch, POD_SPEC) == result


def test_strategic_values() -> None:
    """Plain values of a merged list are added once, and removed by name."""
    fields = type_of("meta.v1.ObjectMeta")
    patch = {"finalizers": ["b", "c"], "$deleteFromPrimitiveList/finalizers": ["a"]}

    assert strategic({"finalizers": ["a", "b"]}, patch, fields) == {"finalizers": ["b", "c"]}


def test_strategic_without_its_key() -> None:
    """An item that lacks the key can't be merged."""
    with pytest.raises(PatchError, match="merge key: name"):
        strategic({"containers": [A]}, {"containers": [{"image": "x"}]}, POD_SPEC)
