"""Our HPA controller on a real control plane: alone, and beside upstream's under the same load."""

import itertools
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple, Self

import pytest

from tests.realcluster.client import object_path
from tests.realcluster.controllers import Controller, upstream_off, upstream_only_in
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import Placer, node
from tests.realcluster.process import wait_until
from tests.realcluster.servers import MetricsServer

# Twins are scaled up and down once, for all tests that compare them.
pytestmark = pytest.mark.timeout(240)

MIB = 1 << 20
OURS, THEIRS = "hpa-ours", "hpa-theirs"
SCALING_SECONDS = 60.0

Object = dict[str, Any]
HALF = {"type": "Utilization", "averageUtilization": 50}
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": HALF}}
MEMORY = {
    "type": "Resource",
    "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "100Mi"}},
}
CONTAINER = {
    "type": "ContainerResource",
    "containerResource": {"name": "cpu", "container": "app", "target": HALF},
}
NOBODY_SERVES = {
    "type": "External",
    "external": {
        "metric": {"name": "queue"},
        "target": {"type": "AverageValue", "averageValue": "5"},
    },
}
POD_METRIC = {
    "type": "Pods",
    "pods": {
        "metric": {"name": "requests"},
        "target": {"type": "AverageValue", "averageValue": "5"},
    },
}
MERGE = {"Content-Type": "application/merge-patch+json"}
# Sizes are then decided by policies, whatever the moments of looking. Memory, because a rate has a
# window, in which a change of load looks like less of a change. Up by one at a time, because of two
# new pods one may be measured before the other.
STEPWISE = {
    "scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 3}]},
    "scaleDown": {
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 5}],
        "stabilizationWindowSeconds": 8,
    },
}
AT_ONCE = {"scaleUp": {"policies": [{"type": "Pods", "value": 10, "periodSeconds": 1}]}}


def _deployments() -> Iterator[Object]:
    for name, (_, requests, _) in LOADS.items():
        yield deployment(OURS, name, 1, **requests)
    yield deployment(OURS, "handed-over", cpu="1")
    for namespace in (OURS, THEIRS):
        yield deployment(namespace, "healthy", cpu="1")
        yield deployment(namespace, "unmeasured", cpu="1")
        yield deployment(namespace, "unrequested")
        yield deployment(namespace, "off", 0, cpu="1")
        yield deployment(namespace, "too-many", 4, cpu="1")


def deployment(namespace: str, name: str, replicas: int = 1, **requests: str) -> Object:
    labels = {"app": name}
    container = {
        "name": "app",
        "image": "none.invalid/none",
        "resources": {"requests": requests},
    }
    pod = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def autoscaler(namespace: str, name: str, *metrics: Object, **spec: Any) -> Object:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "maxReplicas": 10,
            "metrics": list(metrics),
            **spec,
        },
    }


class Watched:
    """The sizes that Deployments were given, in order, looked at more often than they change."""

    def __init__(self, plane: ControlPlane) -> None:
        self._client = plane.client("watcher", ["system:masters"])
        self._sizes: dict[tuple[str, str], list[int]] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._client.close()

    def sizes(self, namespace: str, name: str) -> list[int]:
        return list(self._sizes.get((namespace, name), ()))

    def _run(self) -> None:
        while not self._done.wait(0.2):
            self._look()
        self._client.close()

    def _look(self) -> None:
        for item in self._client.request("GET", "/apis/apps/v1/deployments")["items"]:
            key = item["metadata"]["namespace"], item["metadata"]["name"]
            sizes = self._sizes.setdefault(key, [])
            if sizes[-1:] != [item["spec"]["replicas"]]:
                sizes.append(item["spec"]["replicas"])


@pytest.fixture(scope="module")
def placer(
    control_plane: ControlPlane, kubelets: Kubelets, metrics_api: MetricsServer
) -> Iterator[Placer]:
    """Nodes for pods, and what stands in for their kubelets."""
    assert metrics_api.running
    for namespace in (OURS, THEIRS):
        control_plane.create_namespace(namespace)
    with ExitStack() as stack:
        admin = control_plane.admin
        # One, whose figures all change in the same moment: twins must not see different ones.
        nodes = [stack.enter_context(node(admin, kubelets, "sized"))]
        placer = Placer(control_plane.client("placer", ["system:masters"]), nodes)
        stack.enter_context(placer)
        # All at the beginning: each pod takes ten seconds until its usage is known.
        with there(control_plane, *_deployments()):
            yield placer
        wait_until(lambda: not any(kubelet.containers for kubelet in nodes), "no pods", 30)


@contextmanager
def there(plane: ControlPlane, *manifests: Mapping[str, Any]) -> Iterator[None]:
    """Objects for a while."""
    plane.apply(*manifests)
    try:
        yield
    finally:
        for manifest in reversed(manifests):
            plane.admin.delete(manifest)


def status(plane: ControlPlane, namespace: str, name: str) -> Object:
    path = f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers/{name}"
    found: Object = plane.request("GET", path).get("status", {})
    return found


def settled(plane: ControlPlane, namespace: str, name: str, replicas: int) -> None:
    """Until the HPA says that it wants and has so many."""

    def look() -> bool:
        got = status(plane, namespace, name)
        return (got.get("currentReplicas"), got["desiredReplicas"]) == (replicas,) * 2

    try:
        wait_until(look, f"{name} at {replicas}", SCALING_SECONDS)
    except TimeoutError:
        pytest.fail(plane.kubectl("describe", "hpa", name, "-n", namespace).stdout)


def measured(plane: ControlPlane, namespace: str, name: str, replicas: int) -> None:
    """Until the usage of so many pods is known: one that is missing counts as much as its target
    on the way down, so that what is decided then depends on the moment.
    """
    pods = f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods?labelSelector=app%3D{name}"
    plane.wait_for(pods, lambda usage: len(usage["items"]) == replicas, SCALING_SECONDS)


def events(plane: ControlPlane, namespace: str, name: str) -> list[Object]:
    found = plane.request("GET", f"/api/v1/namespaces/{namespace}/events")["items"]
    mine = [one for one in found if one["involvedObject"]["name"] == name]
    return [one for one in mine if one["involvedObject"]["kind"] == "HorizontalPodAutoscaler"]


class Load(NamedTuple):
    """What all pods use together, in cores and bytes, and how many pods that is worth."""

    cpu: float
    memory: int
    replicas: int


class Scenario(NamedTuple):
    """A metric, what the container requests, and much and little load."""

    metric: Object
    requests: dict[str, str]
    loads: tuple[Load, Load]


LOADS = {
    "by-cpu": Scenario(CPU, {"cpu": "1"}, (Load(2.7, 64 * MIB, 6), Load(0.8, 64 * MIB, 2))),
    "by-memory": Scenario(MEMORY, {}, (Load(0.1, 430 * MIB, 5), Load(0.1, 160 * MIB, 2))),
    "by-container": Scenario(
        CONTAINER, {"cpu": "200m"}, (Load(0.36, 64 * MIB, 4), Load(0.08, 64 * MIB, 1))
    ),
}


TWINS = ("healthy", "unmeasured", "unrequested", "off", "too-many", "missing", "unknown")


def twins(namespace: str) -> list[Object]:
    """One that is well, and some that are not."""
    nothing = {"apiVersion": "nowhere.example/v1", "kind": "Nothing", "name": "none"}
    return [
        autoscaler(namespace, "healthy", MEMORY, behavior=STEPWISE),
        autoscaler(namespace, "unmeasured", NOBODY_SERVES, POD_METRIC),
        autoscaler(namespace, "unrequested", CPU),
        autoscaler(namespace, "off", CPU),
        autoscaler(namespace, "too-many", CPU, maxReplicas=2),
        autoscaler(namespace, "missing", CPU),
        autoscaler(namespace, "unknown", CPU, scaleTargetRef=nothing),
    ]


@pytest.fixture(scope="module")
def compared(control_plane: ControlPlane, placer: Placer) -> Mapping[str, Mapping[str, Any]]:
    """The sizes, statuses and events of the same HPAs under upstream's controller and ours."""
    for namespace in (OURS, THEIRS):
        placer.set_load(namespace, "healthy", cpu=0.1, memory=280 * MIB)
    with (
        upstream_only_in(control_plane, THEIRS),
        Controller(control_plane, "beside", f"--namespaces={OURS}") as ours,
        Watched(control_plane) as watched,
        there(control_plane, *twins(OURS), *twins(THEIRS)),
    ):
        for replicas in (3, 2):
            for namespace in (OURS, THEIRS):
                settled(control_plane, namespace, "healthy", replicas)
                measured(control_plane, namespace, "healthy", replicas)
            for namespace in (OURS, THEIRS):
                placer.set_load(namespace, "healthy", cpu=0.1, memory=160 * MIB)
        time.sleep(5)  # two looks more: a settled status is the last word
        pages = {OURS: ours.get("/metrics"), THEIRS: control_plane.manager_metrics()}
        return {
            namespace: {
                "metrics": families(pages[namespace]),
                "sizes": watched.sizes(namespace, "healthy"),
                **{
                    name: (
                        status(control_plane, namespace, name),
                        events(control_plane, namespace, name),
                    )
                    for name in TWINS
                },
            }
            for namespace in (OURS, THEIRS)
        }


def test_same_steps(compared: Mapping[str, Mapping[str, Any]]) -> None:
    """Under the same load twins are given the same sizes in the same order."""
    assert compared[OURS]["sizes"] == compared[THEIRS]["sizes"] == [1, 2, 3, 2]


def families(page: str) -> dict[str, set[str]]:
    """Upstream's families on a page of metrics, with the names of their labels."""
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(
        r"^(horizontal_pod_autoscaler_controller_\w+)(?:\{(.*)\})? ", page, re.MULTILINE
    ):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def test_same_metrics(compared: Mapping[str, Mapping[str, Any]]) -> None:
    """The families and labels on /metrics are the same."""
    assert compared[OURS]["metrics"]
    assert compared[OURS]["metrics"] == compared[THEIRS]["metrics"]


@pytest.mark.parametrize("name", TWINS)
def test_same_words(compared: Mapping[str, Mapping[str, Any]], name: str) -> None:
    """Status, conditions and events are the same but for times and the objects' own identity."""
    ours, theirs = compared[OURS][name], compared[THEIRS][name]

    assert _same(ours[0]) == _same(theirs[0])
    assert _told(ours[1]) == _told(theirs[1])
    assert ours[1] or name == "off"


@pytest.fixture(scope="module")
def alone(control_plane: ControlPlane, placer: Placer) -> Iterator[None]:
    """kube-controller-manager's own HPA controller is switched off."""
    assert not placer.failures
    with upstream_off(control_plane):
        yield


@contextmanager
def meddling(plane: ControlPlane, *manifests: Mapping[str, Any]) -> Iterator[None]:
    """Somebody else writes these objects, ten times a second each.

    Not as often as can be: a size is tried five times in some 50 ms, as upstream does it.
    """
    done = threading.Event()

    def write(path: str) -> None:
        client = plane.client("other", ["system:masters"])
        for turn in itertools.count():
            if done.wait(0.1):
                client.close()
                return
            patch = {"metadata": {"annotations": {"turn": str(turn)}}}
            client.request("PATCH", path, patch, MERGE)

    writers = [threading.Thread(target=write, args=(object_path(one),)) for one in manifests]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        done.set()
        for writer in writers:
            writer.join()


@pytest.mark.usefixtures("alone")
def test_same_sizes(control_plane: ControlPlane, placer: Placer) -> None:
    """The loads that upstream's is tested with lead to the same sizes, up and down, though somebody
    else writes one of the HPAs and its target all the time.
    """
    hpas = [
        autoscaler(OURS, name, metric, behavior=AT_ONCE) for name, (metric, _, _) in LOADS.items()
    ]
    with (
        there(control_plane, *hpas),
        Controller(control_plane, "alone"),
        meddling(control_plane, hpas[0], deployment(OURS, "by-cpu")),
    ):
        for turn in (0, 1):
            loads = {name: scenario.loads[turn] for name, scenario in LOADS.items()}
            for name, load in loads.items():
                placer.set_load(OURS, name, cpu=load.cpu, memory=load.memory)
            for name, load in loads.items():
                settled(control_plane, OURS, name, load.replicas)
        told = {one["reason"] for one in events(control_plane, OURS, "by-cpu")}

    assert told == {"SuccessfulRescale"}


@pytest.mark.usefixtures("alone")
def test_handover(control_plane: ControlPlane, placer: Placer) -> None:
    """When the leader is killed the other goes on within the lease's time, with what the first
    remembered, and from where it was: no size is set twice or skipped.
    """
    name = "handed-over"
    slow = {
        "scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 4}]},
        "scaleDown": {"stabilizationWindowSeconds": 300},
    }
    placer.set_load(OURS, name, cpu=4.5)
    hpa = autoscaler(OURS, name, CPU, behavior=slow)
    with (
        Controller(control_plane, "first") as first,
        Controller(control_plane, "second") as second,
        Watched(control_plane) as watched,
        there(control_plane, hpa),
    ):
        leader, other = (first, second) if first.leads else (second, first)
        wait_until(lambda: len(watched.sizes(OURS, name)) > 1, "a step", SCALING_SECONDS)
        time.sleep(3)  # what was done is kept within two seconds
        leader.kill()
        killed = time.monotonic()
        wait_until(lambda: other.leads, "the other leads", 20)
        took = time.monotonic() - killed
        wait_until(lambda: len(watched.sizes(OURS, name)) > 4, "more steps", SCALING_SECONDS)
        sizes = watched.sizes(OURS, name)
        told = [one for one in events(control_plane, OURS, name) if one["type"] == "Normal"]
        said = {line["event"] for line in other.said()}

    assert "remembered" in said
    assert took < 4 + 2 * 0.5 * 2.2, "the lease's duration, and the longest two pauses"
    assert sizes == list(range(1, len(sizes) + 1))
    assert sorted(one["message"].split(";")[0] for one in told) == sorted(
        f"New size: {size}" for size in sizes[1:]
    )
    assert {one["count"] for one in told} == {1}


ACCIDENTAL = re.compile(
    rf"{OURS}|{THEIRS}|\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ|-[0-9a-f]{{8,10}}-[0-9a-z]{{5}}\b"
)
"""Namespaces, times, and the ends of pods' names."""


def _same(status: Object) -> Object:
    """Without what differs between twins."""
    found: Object = json.loads(ACCIDENTAL.sub("*", json.dumps(status, sort_keys=True)))
    return found


def _told(events: Sequence[Object]) -> list[Object]:
    """Each once, however often it was said, without what makes each event another."""
    found = {}
    for event in events:
        same = _same(event)
        metadata = {key: same["metadata"][key] for key in ("namespace",)}
        about = {**same["involvedObject"], "uid": "", "resourceVersion": ""}
        plain = {**same, "metadata": metadata, "involvedObject": about, "count": 0}
        found[json.dumps(plain, sort_keys=True)] = plain
    return [found[key] for key in sorted(found)]
