"""Pods as their kubelets run them: pulls, starts, crashes, back-off, ends."""

from itertools import pairwise
from typing import Any

import pytest

from tests.sandbox.simulation.worlds import START, kubelet_of, plain, pods, reasons, tell, world
from tidegauge.sandbox.simulation.manifests import pod_of
from tidegauge.sandbox.simulation.world import World

PARTS = """
title: A pod of parts
images:
  setup:1: {pull: 1s, crashAfter: 4s, exitCode: 0}
  mesh:1: {pull: 1s, ready: 1s}
  web:1: {pull: 2s, ready: 3s}
  log:1: {}
workloads:
  - name: web
    namespace: shop
    init: [{name: setup, image: "setup:1"}]
    sidecars: [{name: mesh, image: "mesh:1"}]
    containers: [{name: web, image: "web:1"}, {name: log, image: "log:1"}]
"""


def states(pod: dict[str, Any]) -> dict[str, str]:
    """Of each container: waiting, running or terminated."""
    status = pod["status"]
    both = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    return {each["name"]: next(iter(each["state"])) for each in both}


def course(of: World, seconds: int) -> list[dict[str, str]]:
    """The different states one after the other."""
    seen: list[dict[str, str]] = []
    for step in range(seconds * 10):
        of.advance(START + step / 10)
        for pod in pods(of, "web")[:1]:
            if states(pod) and seen[-1:] != [states(pod)]:
                seen.append(states(pod))
    return seen


def test_parts_start_in_their_order() -> None:
    """Init containers run to their end, then sidecars start, then the others."""
    of = world(tell(PARTS.replace(', {name: log, image: "log:1"}', "")))

    seen = course(of, 30)

    w, r, t = "waiting", "running", "terminated"
    assert seen == [
        {"setup": w, "mesh": w, "web": w},
        {"setup": r, "mesh": w, "web": w},
        {"setup": t, "mesh": w, "web": w},
        {"setup": t, "mesh": r, "web": w},
        {"setup": t, "mesh": r, "web": r},
    ]


def test_a_pod_of_parts_is_ready_when_all_are() -> None:
    """Its status lists both kinds of containers, its conditions say how far it is."""
    of = world(tell(PARTS))
    of.advance(START + 5)
    (young,) = pods(of, "web")

    of.advance(START + 40)

    (pod,) = pods(of, "web")
    conditions = {each["type"]: each["status"] for each in pod["status"]["conditions"]}
    early = {each["type"]: each for each in young["status"]["conditions"]}
    assert early["Initialized"]["reason"] == "ContainersNotInitialized"
    assert early["Ready"]["message"] == "containers with unready status: [mesh web log]"
    assert set(conditions.values()) == {"True"}
    assert len(conditions) == 5
    assert [each["ready"] for each in pod["status"]["containerStatuses"]] == [True, True]
    assert pod["status"]["podIP"].startswith("10.244.")
    assert reasons(of, "Pod") >= {"Scheduled", "Pulling", "Pulled", "Created", "Started"}


def test_crashes_are_restarted_after_growing_waits() -> None:
    """At once, then after 10 s, 20 s, 40 s …, with the reason in the pod's status."""
    of = world(plain(("image: web:1", "image: web:broken"), ("replicas: 4", "replicas: 1")))
    starts: list[str] = []
    messages: list[str] = []
    for step in range(400):
        of.advance(START + step / 2)
        for pod in pods(of, "web"):
            (status,) = pod["status"].get("containerStatuses") or [{"state": {}}]
            running = status["state"].get("running")
            waiting = status["state"].get("waiting", {})
            if running and running["startedAt"] not in starts:
                starts.append(running["startedAt"])
            if waiting.get("reason") == "CrashLoopBackOff" and waiting["message"] not in messages:
                messages.append(waiting["message"])

    seconds = [int(text[14:16]) * 60 + int(text[17:19]) for text in starts]
    waits = [later - earlier for earlier, later in pairwise(seconds)]
    assert waits == pytest.approx([3, 12, 22, 42, 82], abs=2)
    assert [message.partition(" restarting")[0] for message in messages] == [
        "back-off 10s",
        "back-off 20s",
        "back-off 40s",
        "back-off 1m20s",
        "back-off 2m40s",
    ]
    assert "BackOff" in reasons(of, "Pod")
    (pod,) = pods(of, "web")
    ended = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (3, "Error")


def test_the_longest_wait_is_five_minutes() -> None:
    """However often it crashed."""
    of = world(plain(("image: web:1", "image: web:broken"), ("replicas: 4", "replicas: 1")))

    of.advance(START + 3600)

    (pod,) = pods(of, "web")
    (status,) = pod["status"]["containerStatuses"]
    assert status["state"]["waiting"]["message"].startswith("back-off 5m0s ")
    # 1 + 10 + 20 + 40 + 80 + 160 s for the first six, 300 s for each that follows.
    assert status["restartCount"] == pytest.approx(6 + (3600 - 311) // 303, abs=1)


def test_an_image_that_is_nowhere_is_not_pulled() -> None:
    """A tag that the story doesn't have, of an image that it has."""
    of = world(plain(("replicas: 4", "replicas: 1")))
    of.advance(START + 30)
    found = of.storage.list("deployments", "shop")[0]
    (container,) = found["spec"]["template"]["spec"]["containers"]
    changed = found["spec"]["template"]["spec"] | {"containers": [container | {"image": "web:9"}]}
    template = found["spec"]["template"] | {"spec": changed}
    of.storage.update("deployments", found | {"spec": found["spec"] | {"template": template}})

    of.advance(START + 90)

    waiting = [
        pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"]
        for pod in pods(of, "web")
        if "waiting" in pod["status"]["containerStatuses"][0]["state"]
    ]
    assert waiting in (["ImagePullBackOff"], ["ErrImagePull"])
    assert {"Failed", "BackOff"} <= reasons(of, "Pod")


def test_the_second_pod_on_a_node_finds_the_image_there() -> None:
    """An image is pulled once per node."""
    of = world(plain(("replicas: 4", "replicas: 12")))
    of.advance(START + 60)

    messages = [each["message"] for each in of.storage.list("events", "shop")]

    pulled = sum(message.startswith('Successfully pulled image "web:1"') for message in messages)
    assert pulled >= 6
    assert sum(each["status"]["phase"] == "Running" for each in pods(of, "web")) == 12


def mark_for_deletion(of: World, pod: dict[str, Any], grace: int) -> None:
    marks = {"deletionTimestamp": "2026-11-23T12:05:00Z", "deletionGracePeriodSeconds": grace}
    of.storage.update("pods", pod | {"metadata": pod["metadata"] | marks})


def test_a_deleted_pod_ends_gracefully() -> None:
    """It gets no more requests, its process ends, and only then it is gone; another takes over."""
    of = world(plain())
    of.advance(START + 60)
    victim = pods(of, "web")[0]
    kubelet = kubelet_of(of, victim)
    mark_for_deletion(of, victim, 30)
    name = victim["metadata"]["name"]

    of.advance(START + 60.5)
    still = of.storage.get("pods", "shop", name)
    serving = kubelet.pods["shop", name].serving
    of.advance(START + 80)

    assert still
    assert not serving
    assert of.storage.get("pods", "shop", name) is None
    assert ("shop", name) not in kubelet.pods
    assert name.encode() not in kubelet.resource_metrics()
    assert "Killing" in reasons(of, "Pod")
    assert len(pods(of, "web")) == 4


def test_a_pod_removed_by_force_is_gone_at_once() -> None:
    """Its kubelet stops it as soon as it hears of it."""
    of = world(plain())
    of.advance(START + 60)
    victim = pods(of, "web")[0]
    name = victim["metadata"]["name"]
    of.storage.delete("pods", "shop", name)

    of.advance(START + 60.2)

    assert ("shop", name) not in kubelet_of(of, victim).pods


@pytest.mark.parametrize(
    ("policy", "image", "phase", "restarts"),
    [
        ("Never", "done:1", "Succeeded", 0),
        ("Never", "web:broken", "Failed", 0),
        ("OnFailure", "done:1", "Succeeded", 0),
        ("OnFailure", "web:broken", "Running", 1),
        ("Always", "done:1", "Running", 1),
    ],
)
def test_restart_policies(policy: str, image: str, phase: str, restarts: int) -> None:
    """A pod of a user's own ends, or starts again, as its policy and its exit code have it."""
    of = world(plain(("images:", "images:\n  done:1: {pull: 2s, crashAfter: 2s, exitCode: 0}")))
    spec = {"containers": [{"name": "c", "image": image}], "restartPolicy": policy}
    of.storage.create("pods", pod_of({"spec": spec}, name="own", namespace="default"))

    of.advance(START + 12)

    pod = of.storage.get("pods", "default", "own")
    assert pod
    assert pod["status"]["phase"] == phase
    assert (pod["status"]["containerStatuses"][0]["restartCount"] > 0) is (restarts > 0)
    if phase in ("Succeeded", "Failed"):
        conditions = {each["type"]: each for each in pod["status"]["conditions"]}
        assert conditions["Ready"]["reason"] in ("PodCompleted", "PodFailed")


def test_a_failing_init_container_keeps_the_others_waiting() -> None:
    """It is tried again and again."""
    of = world(tell(PARTS.replace("exitCode: 0", "exitCode: 1")))

    of.advance(START + 120)

    (pod,) = pods(of, "web")
    assert states(pod)["web"] == "waiting"
    assert pod["status"]["phase"] == "Pending"
    assert pod["status"]["initContainerStatuses"][0]["restartCount"] >= 3
