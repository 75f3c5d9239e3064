from collections.abc import Callable
from typing import Any

import pytest

from tests.clock import ManualClock
from tidegauge.sandbox.apiserver.storage import ADDED, DELETED, MODIFIED, Object, Storage
from tidegauge.serving.status import StatusError


@pytest.fixture
def storage() -> Storage:
    return Storage(ManualClock(wall=0.0))


def deployment(name: str = "web", namespace: str = "default", **spec: Any) -> Object:
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def test_create(storage: Storage) -> None:
    """A created object gets a uid, a time, a version, a first generation, and its kind."""
    made = storage.create("deployments", deployment(replicas=1))

    assert (made["kind"], made["apiVersion"]) == ("Deployment", "apps/v1")
    assert made["metadata"]["creationTimestamp"] == "1970-01-01T00:00:00Z"
    assert made["metadata"]["resourceVersion"] == str(storage.version)
    assert made["metadata"]["generation"] == 1
    assert len(made["metadata"]["uid"]) == 36


def test_same_seed_same_uids() -> None:
    """The same seed names objects the same, another one otherwise."""
    uids = [
        Storage(ManualClock(wall=0.0), seed).create("pods", deployment())["metadata"]["uid"]
        for seed in (1, 1, 2)
    ]

    assert uids[0] == uids[1] != uids[2]


def test_lists_are_sorted_and_narrowed(storage: Storage) -> None:
    """A list comes by namespace and name, whole or of one namespace."""
    for namespace, name in (("b", "x"), ("a", "z"), ("a", "y")):
        storage.create("pods", deployment(name, namespace))

    assert [pod["metadata"]["name"] for pod in storage.list("pods")] == ["y", "z", "x"]
    assert [pod["metadata"]["name"] for pod in storage.list("pods", "b")] == ["x"]


def test_stale_update(storage: Storage) -> None:
    """An update made from an older version is refused with 409; one without a version is not."""
    first = storage.create("deployments", deployment(replicas=1))
    storage.update("deployments", deployment(replicas=2))
    stale = first | {"spec": {"replicas": 3}}

    with pytest.raises(StatusError, match="the object has been modified") as caught:
        storage.update("deployments", stale)

    assert caught.value.status.code == 409
    found = storage.get("deployments", "default", "web")
    assert found is not None
    assert found["spec"] == {"replicas": 2}
    assert found["metadata"]["uid"] == first["metadata"]["uid"]


def test_generation_counts_changes_of_the_spec_only(storage: Storage) -> None:
    """The generation grows with the spec, not with the status."""
    storage.create("deployments", deployment(replicas=1))

    spec = storage.update("deployments", deployment(replicas=2))
    status = storage.update("deployments", deployment(replicas=2) | {"status": {"replicas": 2}})

    assert spec["metadata"]["generation"] == status["metadata"]["generation"] == 2


def test_an_update_of_nothing_is_no_write(storage: Storage) -> None:
    """An update that changes nothing keeps the version and tells nobody."""
    made = storage.create("deployments", deployment(replicas=1))
    told: list[str] = []
    storage.subscribe("deployments", lambda change, _obj: told.append(change))

    again = storage.update("deployments", made)

    assert again is made
    assert told == []


def test_listeners_are_told_of_every_change_until_they_leave(storage: Storage) -> None:
    """Listeners get each change with its object and version, in order; none after leaving."""
    told: list[tuple[str, str]] = []
    leave = storage.subscribe(
        "pods", lambda change, obj: told.append((change, obj["metadata"]["resourceVersion"]))
    )

    storage.create("pods", deployment())
    storage.update("pods", deployment(nodeName="n"))
    storage.delete("pods", "default", "web")
    leave()
    storage.create("pods", deployment())

    assert told == [(ADDED, "2"), (MODIFIED, "3"), (DELETED, "4")]


def test_changes_made_by_listeners_are_told_in_order(storage: Storage) -> None:
    """Everybody sees the first change before the one that a listener made because of it."""

    def schedule(change: str, _pod: Object) -> None:
        if change == ADDED:
            storage.update("pods", deployment(nodeName="n"))

    storage.subscribe("pods", schedule)
    told: list[str] = []
    storage.subscribe("pods", lambda change, _obj: told.append(change))

    storage.create("pods", deployment())

    assert told == [ADDED, MODIFIED]


def test_create_twice(storage: Storage) -> None:
    """What exists can't be created."""
    storage.create("deployments", deployment())

    with pytest.raises(StatusError, match=r'deployments\.apps "web" already exists') as caught:
        storage.create("deployments", deployment())

    assert caught.value.status.code == 409


@pytest.mark.parametrize(
    "act",
    [
        lambda storage: storage.update("deployments", deployment()),
        lambda storage: storage.delete("deployments", "default", "web"),
    ],
    ids=["update", "delete"],
)
def test_missing(storage: Storage, act: Callable[[Storage], object]) -> None:
    """What does not exist can't be changed or deleted."""
    with pytest.raises(StatusError, match=r'deployments\.apps "web" not found') as caught:
        act(storage)

    assert caught.value.status.code == 404
