"""Deployments and their replica sets, as `kubectl rollout` and `kubectl scale` see them."""

from typing import Any

import pytest

from tests.sandbox.simulation.worlds import START, plain, pods, ready, reasons, tell, world
from tidegauge.sandbox.simulation.world import World

NAME = ("deployments", "shop", "web")


def deployment(of: World) -> dict[str, Any]:
    found = of.storage.get(*NAME)
    assert found
    return found


def change(of: World, **spec: Any) -> None:
    found = deployment(of)
    of.storage.update("deployments", found | {"spec": found["spec"] | spec})


def set_image(of: World, image: str) -> None:
    template = deployment(of)["spec"]["template"]
    (container,) = template["spec"]["containers"]
    spec = template["spec"] | {"containers": [container | {"image": image}]}
    change(of, template=template | {"spec": spec})


def images(of: World) -> list[str]:
    return sorted(pod["spec"]["containers"][0]["image"] for pod in pods(of, "web"))


def rolled_out(found: dict[str, Any]) -> bool:
    """What `kubectl rollout status` waits for."""
    status, wanted = found["status"], found["spec"]["replicas"]
    return bool(
        found["metadata"]["generation"] <= status.get("observedGeneration", 0)
        and status.get("updatedReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
    )


def progress(of: World) -> dict[str, Any]:
    conditions = deployment(of)["status"]["conditions"]
    return next(each for each in conditions if each["type"] == "Progressing")


def test_a_deployment_becomes_available() -> None:
    """Its status counts its pods, its conditions say when it was so far."""
    of = world(plain())
    of.advance(START + 2)
    young = deployment(of)

    of.advance(START + 60)

    found = deployment(of)
    available, progressing = found["status"]["conditions"]
    assert not rolled_out(young)
    assert young["status"]["conditions"][0]["reason"] == "MinimumReplicasUnavailable"
    assert rolled_out(found)
    assert (available["status"], available["reason"]) == ("True", "MinimumReplicasAvailable")
    assert progressing["reason"] == "NewReplicaSetAvailable"
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
    assert reasons(of, "Deployment") == {"ScalingReplicaSet"}
    assert reasons(of, "ReplicaSet") == {"SuccessfulCreate"}


@pytest.mark.parametrize("replicas", [0, 1, 9])
def test_scaling(replicas: int) -> None:
    """Up and down, and to nothing."""
    of = world(plain())
    of.advance(START + 60)

    change(of, replicas=replicas)
    of.advance(START + 100)

    assert ready(of, "web") == len(pods(of, "web")) == replicas
    assert rolled_out(deployment(of))


def test_a_rolling_update_keeps_its_limits() -> None:
    """Never more than one above, never fewer than three ready of four, until all are new."""
    limits = ("replicas: 4", "replicas: 4\n    maxSurge: 1\n    maxUnavailable: 1")
    of = world(plain(limits))
    of.advance(START + 60)
    set_image(of, "web:2")

    for step in range(240):
        of.advance(START + 60 + step / 4)
        alive = [pod for pod in pods(of, "web") if "deletionTimestamp" not in pod["metadata"]]
        assert len(alive) <= 5
        assert ready(of, "web") >= 3

    assert images(of) == ["web:2"] * 4
    assert rolled_out(deployment(of))
    old, new = of.storage.list("replicasets", "shop")
    if old["spec"]["replicas"]:
        old, new = new, old
    assert (old["spec"]["replicas"], new["spec"]["replicas"]) == (0, 4)
    assert new["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"


def test_a_bad_version_stops_the_rollout_and_can_be_undone() -> None:
    """Most old pods stay; past its deadline it has failed; the old template is revision 3."""
    of = world(plain(("replicas: 4", "replicas: 4\n    maxSurge: 1\n    maxUnavailable: 1")))
    of.advance(START + 60)
    good = deployment(of)["spec"]["template"]
    set_image(of, "web:broken")
    of.advance(START + 200)
    stuck, old = progress(of), images(of).count("web:1")

    of.advance(START + 760)
    failed = progress(of)
    change(of, template=good)
    of.advance(START + 800)

    assert (stuck["status"], stuck["reason"], old) == ("True", "ReplicaSetUpdated", 3)
    assert (failed["status"], failed["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert images(of) == ["web:1"] * 4
    assert rolled_out(deployment(of))
    annotations = deployment(of)["metadata"]["annotations"]
    assert annotations["deployment.kubernetes.io/revision"] == "3"
    assert len(of.storage.list("replicasets", "shop")) == 2


def test_recreate_ends_all_before_it_starts_any() -> None:
    """Versions never run side by side."""
    of = world(plain())
    change(of, strategy={"type": "Recreate"})
    of.advance(START + 60)
    set_image(of, "web:2")

    mixed = set()
    for step in range(200):
        of.advance(START + 60 + step / 4)
        mixed.add(tuple(sorted(set(images(of)))))

    assert ("web:1", "web:2") not in mixed
    assert images(of) == ["web:2"] * 4


def test_a_paused_deployment_rolls_nothing_out() -> None:
    """It scales, but a new template waits."""
    of = world(plain())
    of.advance(START + 60)
    change(of, paused=True)
    set_image(of, "web:2")
    change(of, replicas=5)

    of.advance(START + 120)
    waiting = images(of)
    change(of, paused=False)
    of.advance(START + 180)

    assert waiting == ["web:1"] * 5
    assert images(of) == ["web:2"] * 5


def test_old_replica_sets_are_kept_as_far_as_asked() -> None:
    """`revisionHistoryLimit` of them, beside the present one."""
    of = world(plain())
    change(of, revisionHistoryLimit=1)
    for number, image in enumerate(["web:2", "web:1", "other:1", "other:2"], 1):
        of.advance(START + number * 60)
        set_image(of, image)

    of.advance(START + 360)

    revisions = [
        each["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
        for each in of.storage.list("replicasets", "shop")
    ]
    assert sorted(revisions) == ["4", "5"]


def test_pods_are_available_after_they_were_ready_for_a_while() -> None:
    """`minReadySeconds`, also seen when nothing else happens."""
    of = world(plain())
    change(of, minReadySeconds=30)
    of.advance(START + 25)
    early = deployment(of)["status"]

    of.advance(START + 50)

    assert early["readyReplicas"] == 4
    assert "availableReplicas" not in early
    assert deployment(of)["status"]["availableReplicas"] == 4


STATEFUL = """
title: Three in a row
images:
  db:1: {pull: 1s, ready: 3s}
  db:2: {pull: 1s, ready: 3s}
workloads:
  - kind: StatefulSet
    name: db
    namespace: shop
    replicas: 3
    containers: [{name: db, image: "db:1"}]
"""


def names(of: World) -> list[str]:
    return [pod["metadata"]["name"] for pod in pods(of, "db")]


def test_stateful_pods_start_one_after_another() -> None:
    """The next one only when the one before is ready."""
    of = world(tell(STATEFUL))
    for step in range(160):
        of.advance(START + step / 4)
        assert len(names(of)) <= ready(of, "db") + 1

    status = of.storage.list("statefulsets", "shop")[0]["status"]
    assert names(of) == ["db-0", "db-1", "db-2"]
    assert status["readyReplicas"] == status["updatedReplicas"] == status["replicas"] == 3
    assert status["currentRevision"] == status["updateRevision"]


def test_stateful_pods_end_last_first() -> None:
    """Scaling down takes the highest number, one at a time."""
    of = world(tell(STATEFUL))
    of.advance(START + 60)
    found = of.storage.list("statefulsets", "shop")[0]
    of.storage.update("statefulsets", found | {"spec": found["spec"] | {"replicas": 1}})

    seen: list[list[str]] = []
    for step in range(40):
        of.advance(START + 60 + step / 4)
        if seen[-1:] != [names(of)]:
            seen.append(names(of))

    assert seen == [["db-0", "db-1", "db-2"], ["db-0", "db-1"], ["db-0"]]


def test_stateful_pods_are_replaced_last_first() -> None:
    """A new template comes to the highest number first, and keeps the names."""
    of = world(tell(STATEFUL))
    of.advance(START + 60)
    found = of.storage.list("statefulsets", "shop")[0]
    template = found["spec"]["template"]
    spec = template["spec"] | {"containers": [{"name": "db", "image": "db:2"}]}
    changed = found["spec"] | {"template": template | {"spec": spec}}
    of.storage.update("statefulsets", found | {"spec": changed})

    order: list[str] = []
    for step in range(400):
        of.advance(START + 60 + step / 4)
        new = [pod for pod in pods(of, "db") if pod["spec"]["containers"][0]["image"] == "db:2"]
        order.extend(pod["metadata"]["name"] for pod in new)
        assert ready(of, "db") >= 2

    assert list(dict.fromkeys(order)) == ["db-2", "db-1", "db-0"]
    assert ready(of, "db") == 3
