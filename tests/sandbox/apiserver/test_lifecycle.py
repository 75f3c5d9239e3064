"""How objects end: with grace, with their dependents, with their namespace."""

from typing import Any

import pytest

from tests.sandbox.apiserver.rig import MERGE, Rig, config_map, owned, pod
from tidegauge.sandbox.apiserver.storage import Object

NS = "/api/v1/namespaces"
MAPS = f"{NS}/default/configmaps"
PODS = f"{NS}/default/pods"


@pytest.fixture
def rig() -> Rig:
    return Rig()


def names(rig: Rig, resource: str) -> list[str]:
    return [
        obj["metadata"]["name"]
        for obj in rig.storage.list(resource, "default")
        if obj["metadata"]["name"] != "default"
    ]


@pytest.mark.parametrize(
    ("made", "query", "left"),
    [
        (pod("p", nodeName="n1"), "", ["p"]),
        (pod("p", nodeName="n1"), "?gracePeriodSeconds=0", []),
        (pod("p"), "", []),
        (pod("p", nodeName="n1") | {"status": {"phase": "Succeeded"}}, "", []),
    ],
    ids=["running", "at once", "not placed", "ended"],
)
async def test_grace(rig: Rig, made: Object, query: str, left: list[str]) -> None:
    """Only a pod that runs somewhere takes its time, unless it is told not to."""
    rig.storage.create("pods", made)

    assert (await rig.ask("DELETE", f"{PODS}/p{query}")).status == 200
    assert names(rig, "pods") == left


async def test_grace_is_announced_and_only_shortened(rig: Rig) -> None:
    """A terminating pod says until when; another deletion can bring that forward only."""
    rig.storage.create("pods", pod("p", nodeName="n1", terminationGracePeriodSeconds=20))
    stamps = []
    for query in ("", "?gracePeriodSeconds=50", "?gracePeriodSeconds=5"):
        got = await rig.ask("DELETE", f"{PODS}/p{query}")
        metadata = got.json()["metadata"]
        stamps.append((metadata["deletionTimestamp"], metadata["deletionGracePeriodSeconds"]))

    assert stamps == [
        ("2026-11-23T12:00:20Z", 20),
        ("2026-11-23T12:00:20Z", 20),
        ("2026-11-23T12:00:05Z", 5),
    ]


def family(rig: Rig) -> tuple[Object, Object, Object]:
    """A Deployment, its ReplicaSet, and that one's pod."""
    top = rig.storage.create("deployments", config_map("top") | {"spec": {}})
    middle = rig.storage.create("replicasets", owned(config_map("middle") | {"spec": {}}, top))
    bottom = rig.storage.create("pods", owned(pod("bottom"), middle))
    return top, middle, bottom


DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/top"


async def test_dependents_go_with_their_owner(rig: Rig) -> None:
    """In the background all that an object owned goes too, down to the last."""
    family(rig)

    await rig.ask("DELETE", DEPLOYMENT)

    assert [names(rig, each) for each in ("deployments", "replicasets", "pods")] == [[], [], []]


async def test_orphans_stay(rig: Rig) -> None:
    """Orphaned dependents stay, and forget their owner."""
    family(rig)

    await rig.ask("DELETE", f"{DEPLOYMENT}?propagationPolicy=Orphan")

    middle = rig.storage.get("replicasets", "default", "middle")
    assert middle is not None
    assert not middle["metadata"].get("ownerReferences")
    assert names(rig, "pods") == ["bottom"]


async def test_foreground_waits_for_dependents(rig: Rig) -> None:
    """In the foreground an owner goes after the last that it owned."""
    top = rig.storage.create("replicasets", config_map("top") | {"spec": {}})
    rig.storage.create("pods", owned(pod("p", nodeName="n1"), top))
    path = "/apis/apps/v1/namespaces/default/replicasets/top?propagationPolicy=Foreground"

    await rig.ask("DELETE", path)

    held = rig.storage.get("replicasets", "default", "top")
    assert held is not None
    assert held["metadata"]["finalizers"] == ["foregroundDeletion"]
    rig.storage.delete("pods", "default", "p")
    assert names(rig, "replicasets") == []


async def test_other_owners_hold(rig: Rig) -> None:
    """What has another living owner stays."""
    one, other = (rig.storage.create("configmaps", config_map(name)) for name in ("one", "other"))
    rig.storage.create("pods", owned(pod("p"), one, other))

    await rig.ask("DELETE", f"{MAPS}/one")
    held = names(rig, "pods")
    await rig.ask("DELETE", f"{MAPS}/other")

    assert (held, names(rig, "pods")) == (["p"], [])


async def test_finalizers(rig: Rig) -> None:
    """An object with a finalizer stays until its last one is taken away."""
    rig.storage.create("configmaps", config_map("a", finalizers=["x/y"]))

    marked = (await rig.ask("DELETE", f"{MAPS}/a")).json()
    held = names(rig, "configmaps")
    patch = {"metadata": {"finalizers": None}}
    await rig.ask("PATCH", f"{MAPS}/a", patch, Content_Type=MERGE)

    assert "deletionTimestamp" in marked["metadata"]
    assert "a" in held
    assert "a" not in names(rig, "configmaps")


@pytest.mark.parametrize("field", ["uid", "resourceVersion"])
async def test_preconditions(rig: Rig, field: str) -> None:
    """A deletion that means another object, or another version of it, is refused."""
    made = rig.storage.create("configmaps", config_map("a"))
    wrong = await rig.ask("DELETE", f"{MAPS}/a", {"preconditions": {field: "0"}})
    right = await rig.ask(
        "DELETE", f"{MAPS}/a", {"preconditions": {field: made["metadata"][field]}}
    )

    assert (wrong.status, right.status) == (409, 200)


async def test_collection(rig: Rig) -> None:
    """A collection is deleted as far as it is selected."""
    for name in "abc":
        rig.storage.create("configmaps", config_map(name, labels={"x": name}))

    await rig.ask("DELETE", f"{MAPS}?labelSelector=x+in+(a,b)")

    assert names(rig, "configmaps") == ["c"]


async def test_namespace_goes_with_its_content(rig: Rig) -> None:
    """A namespace is emptied, then gone; a pod's grace holds it."""
    await rig.ask("POST", NS, {"metadata": {"name": "n"}})
    rig.storage.create("configmaps", config_map("a", "n"))
    rig.storage.create("pods", pod("p", "n", nodeName="n1"))

    shown = (await rig.ask("DELETE", f"{NS}/n")).json()
    late = await rig.ask("POST", f"{NS}/n/configmaps", config_map("b", "n"))
    held = (await rig.ask("GET", f"{NS}/n")).status
    rig.storage.delete("pods", "n", "p")

    assert shown["status"]["phase"] == "Terminating"
    assert (late.status, late.json()["details"]["causes"][0]["reason"]) == (
        403,
        "NamespaceTerminating",
    )
    assert held == 200
    assert (await rig.ask("GET", f"{NS}/n")).status == 404
    assert rig.storage.list("configmaps", "n") == []


def api_service(**status: Any) -> Object:
    spec = {
        "group": "metrics.k8s.io",
        "version": "v1",
        "service": {"namespace": "kube-system", "name": "none"},
    }
    return {"metadata": {"name": "v1.metrics.k8s.io"}, "spec": spec, "status": status}


async def test_namespace_waits_for_an_api_service(rig: Rig) -> None:
    """While a group can't be asked what it has in a namespace, the namespace does not end."""
    rig.storage.create("apiservices", api_service())
    await rig.ask("POST", NS, {"metadata": {"name": "n"}})

    await rig.ask("DELETE", f"{NS}/n")
    held = (await rig.ask("GET", f"{NS}/n")).json()
    rig.storage.delete("apiservices", "", "v1.metrics.k8s.io")

    condition = held["status"]["conditions"][0]
    assert condition["type"] == "NamespaceDeletionDiscoveryFailure"
    assert "metrics.k8s.io/v1" in condition["message"]
    assert (await rig.ask("GET", f"{NS}/n")).status == 404


async def test_each_namespace_has_an_account(rig: Rig) -> None:
    """A namespace gets the account that pods use by default."""
    await rig.ask("POST", NS, {"metadata": {"name": "n"}})

    assert (await rig.ask("GET", f"{NS}/n/serviceaccounts/default")).status == 200
