"""Nothing that a client sends makes the server fail: it is taken, or refused with a reason."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.apiserver.rig import MERGE, TABLE, Rig
from tidegauge.sandbox.apiserver.kinds import SERVED, Kind
from tidegauge.sandbox.apiserver.schema import LIST, MAP, type_name, type_of

STRATEGIC = "application/strategic-merge-patch+json"

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**33) | st.text("a-/1.", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "name", "spec", "$patch"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def full(name: str, depth: int = 0) -> Any:
    """A value of a type with something in each of its fields, as far as `depth` allows."""
    if name.startswith(LIST):
        return [full(name.removeprefix(LIST), depth)]
    if name.startswith(MAP):
        return {"k": full(name.removeprefix(MAP), depth)}
    fields = type_of(name)
    if fields:
        return {
            key: full(field.type, depth + 1)
            for key, field in fields.items()
            if depth < 4 and key not in ("finalizers", "deletionTimestamp")
        }
    scalars = {"integer": 1, "boolean": True, "bytes": "YQ==", "resource.Quantity": "1"}
    scalars |= {"intstr.IntOrString": 1, "meta.v1.Time": "2026-11-24T00:00:00Z", "object": {}}
    return scalars.get(name, "a")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        inner: Any = value.items()
    else:
        inner = enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    value = copy.copy(value)
    value[path[0]] = put(value[path[0]], path[1:], new)
    return value


def collection(kind: Kind) -> str:
    prefix = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
    return f"{prefix}{'/namespaces/default' if kind.namespaced else ''}/{kind.resource}"


@pytest.mark.parametrize("kind", SERVED, ids=lambda kind: f"{kind.resource}-{kind.api_version}")
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_nothing_makes_it_fail(kind: Kind, data: st.DataObject) -> None:
    """Objects and patches with anything anywhere are answered, and what is stored can be shown."""
    rig = Rig()
    valid = full(type_name(kind))
    valid |= {"kind": kind.kind, "apiVersion": kind.api_version}
    valid["metadata"] = {"name": "a", "labels": {"k": "a"}}
    path = data.draw(st.sampled_from(list(places(valid))))
    body = put(valid, path, data.draw(VALUES))
    target = collection(kind)

    answers = [
        await rig.ask("POST", target, body),
        await rig.ask("GET", target, Accept=TABLE),
        await rig.ask("PATCH", f"{target}/a", body, Content_Type=MERGE),
        await rig.ask("PATCH", f"{target}/a", body, Content_Type=STRATEGIC),
        await rig.ask("PUT", f"{target}/a", body),
        await rig.ask("PATCH", f"{target}/a/status", body, Content_Type=MERGE),
        await rig.ask("GET", f"{target}/a", Accept=TABLE),
        await rig.ask("DELETE", f"{target}/a", body if isinstance(body, dict) else {}),
    ]

    assert [answer.text for answer in answers if answer.status >= 500] == []


@given(
    body=st.binary(max_size=40), media=st.sampled_from(["json", "yaml", "vnd.kubernetes.protobuf"])
)
@settings(max_examples=100, deadline=None)
async def test_no_bytes_make_it_fail(body: bytes, media: str) -> None:
    """Rubbish in any format is refused."""
    rig = Rig()
    if media.endswith("protobuf"):
        body = b"k8s\x00" + body

    got = await rig.ask(
        "POST", "/api/v1/namespaces/default/pods", body, Content_Type=f"application/{media}"
    )

    assert 400 <= got.status < 500, got.text
