"""Our server beside the Go one, on the same fake kubelets: the same but for what we mean to change.

Both are asked again and again for a while. Two answers about an object that have the same time
stamp and the same window were made of the same two samples, so all else must be equal in them.
"""

import datetime as dt
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import pytest

from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import FakeKubelet
from tests.realcluster.faults import Fault
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.looking import usages
from tests.realcluster.placing import create_node, create_pod, pod_manifest
from tests.realcluster.reading import API
from tests.realcluster.servers import MetricsServer

NAMESPACE = "side-by-side"
MIB = 1 << 20
WARM_UP_SECONDS = 60.0
# The Go server asks every 10 s, so that each object is seen with at least one sample of now.
COMPARED_SECONDS = 12.0
LOOK_SECONDS = 0.4
# Not more often than a fake container remembers its earlier rates.
CHANGE_SECONDS = 3.0
BETA = f"{API}/v1beta1"
POD_PATH = f"namespaces/{NAMESPACE}/pods"
AS_TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}


@dataclass(frozen=True)
class Pod:
    """A pod by its containers: cores and MiB of each. `late` starts each so much after the last."""

    name: str
    node: str
    containers: Mapping[str, tuple[float, int]]
    sidecars: Sequence[str] = ()
    late: float = 0.0


PLAIN = {"app": (0.123456789, 100)}
PODS = [
    Pod("one", "side-swap", PLAIN),
    Pod("three", "side-swap", {"a": (0.31, 30), "b": (1.7, 20), "c": (0.000000041, 1)}),
    Pod("sidecar", "side-slow", {"app": (0.5, 100), "mesh": (0.017, 40)}, sidecars=["mesh"]),
    Pod("staggered", "side-slow", {"a": (0.25, 10), "b": (0.125, 20), "c": (0.5, 30)}, late=2.3),
    Pod("lone", "side-odd", PLAIN),
    Pod("couple", "side-odd", {"x": (2.345678, 1000), "y": (0.111, 200)}),
    Pod("eager", "side-eager", {"app": (0.2, 64), "other": (0.3, 32)}),
    Pod("split", "side-split", PLAIN),
    # What the Go server never serves.
    Pod("idle", "side-slow", {"app": (0.1, 64), "idle": (0.0, 16)}),
    Pod("exited", "side-slow", {"app": (0.1, 64), "init": (0.0, 0)}),
]
HOUSEKEEPING = {
    "side-swap": 10.0,
    "side-slow": 10.0,
    "side-split": 10.0,
    # The Go server misses a sample at times, and then its window is twice as long as ours.
    "side-odd": 8.0,
    # Measures when asked, so no two servers see the same sample.
    "side-eager": 0.0,
}
OURS_ALONE = {"idle", "exited"}
# Their memory does not change.
STILL = ("lone", "couple", "eager", "idle", "sidecar")
NEVER_ALIKE = {"side-eager", "eager", "side-split", "split"}
SELDOM_ALIKE = {"side-odd", "lone", "couple"}

Key: TypeAlias = tuple[str, str, str]
Items: TypeAlias = dict[Key, Any]


def split_stamps(body: bytes) -> bytes:
    """Memory is measured 3 s after CPU, as by runtimes that measure them apart."""

    def later(match: re.Match[bytes]) -> bytes:
        return b"%b%d" % (match[1], int(match[2]) + 3000)

    return re.sub(rb"(?m)^(\w+_memory_working_set_bytes\S* \S+ )(\d+)", later, body)


def breathing(body: bytes) -> bytes:
    """Memory changes with each measurement."""

    def changed(match: re.Match[bytes]) -> bytes:
        return b"%b %d %b" % (match[1], int(match[2]) % 1_000_000 << 10, match[2])

    return re.sub(rb"(?m)^(container_memory_working_set_bytes\S*) \S+ (\d+)", changed, body)


@pytest.fixture(scope="module")
def kubelets(control_plane: ControlPlane) -> Iterator[Mapping[str, FakeKubelet]]:
    """The nodes, with their pods."""
    control_plane.create_namespace(NAMESPACE)
    with Kubelets(control_plane.authority) as server, ExitStack() as stack:
        made = {}
        for name, seconds in HOUSEKEEPING.items():
            made[name] = server.add(name, housekeeping=seconds, swap=name == "side-swap")
            create_node(control_plane.admin, made[name], labels={"side": name})
            path = f"/api/v1/nodes/{name}"
            stack.callback(control_plane.request, "DELETE", path)
        made["side-swap"].fault = Fault(transform=breathing)
        made["side-split"].fault = Fault(transform=split_stamps)
        for pod in PODS:
            _run(control_plane, made[pod.node], pod)
        yield made


def _run(plane: ControlPlane, kubelet: FakeKubelet, pod: Pod) -> None:
    for number, (name, (cpu, memory)) in enumerate(pod.containers.items()):
        age = 3600 - pod.late * number
        kubelet.add(NAMESPACE, pod.name, name, cpu=cpu, memory=memory * MIB, swap=MIB, age=age)
    names = [name for name in pod.containers if name not in pod.sidecars]
    manifest = pod_manifest(NAMESPACE, pod.name, pod.node, names, labels={"side": pod.node})
    manifest["spec"]["initContainers"] = [
        {"name": name, "image": "none.invalid/none", "restartPolicy": "Always"}
        for name in pod.sidecars
    ]
    create_pod(plane.admin, manifest)


@dataclass
class Seen:
    """All different answers of a server about each object, by name, time stamp and window."""

    server: MetricsServer
    nodes: Items
    pods: Items
    rows: Items
    created: list[tuple[str, float]]  # with the time of asking

    def look(self) -> None:
        """Ask once more."""
        for path, items in (("nodes", self.nodes), (POD_PATH, self.pods)):
            asked = time.time()
            answer = self.server.admin.request("GET", f"{BETA}/{path}")
            items |= {_key(item): item for item in answer["items"] if _is_ours(item)}
            self.created += [
                (item["metadata"]["creationTimestamp"], asked) for item in answer["items"]
            ]
        path = f"{BETA}/{POD_PATH}?includeObject=Object&labelSelector=side!=side-swap"
        for row in self.server.admin.request("GET", path, headers=AS_TABLE)["rows"]:
            self.rows[_key(row["object"])] = row


def _key(item: Mapping[str, Any]) -> Key:
    return item["metadata"]["name"], item["timestamp"], item["window"]


def _is_ours(item: Mapping[str, Any]) -> bool:
    return "side" in item["metadata"]["labels"]


@pytest.fixture(scope="module")
def both(
    kubelets: Mapping[str, FakeKubelet], tidegauge: MetricsServer, incumbent: MetricsServer
) -> tuple[Seen, Seen]:
    """What both served while loads changed: ours and theirs."""
    pair = Seen(tidegauge, {}, {}, {}, []), Seen(incumbent, {}, {}, {}, [])
    expected = {pod.name for pod in PODS} - OURS_ALONE
    for seen in pair:
        complete = partial(_complete, seen.server, expected)
        seen.server.wait_until(complete, "all data", WARM_UP_SECONDS)
    began = next_change = time.monotonic()
    while time.monotonic() < began + COMPARED_SECONDS:
        for seen in pair:
            seen.look()
        if next_change < time.monotonic():
            next_change += CHANGE_SECONDS
            for container in kubelets["side-swap"].containers:
                container.cpu *= 1.1
        time.sleep(LOOK_SECONDS)
    return pair


def _complete(server: MetricsServer, pods: set[str]) -> bool:
    return pods <= set(usages(server, POD_PATH)) and set(HOUSEKEEPING) <= set(
        usages(server, "nodes")
    )


def _names(items: Iterable[Key]) -> set[str]:
    return {name for name, _, _ in items}


def _comparable(item: Any) -> Any:
    """An object, row or container without what is meant to differ; containers sorted."""
    if isinstance(item, Mapping):
        left = {key: _comparable(value) for key, value in item.items()}
        left.pop("creationTimestamp", None)
        left.pop("swap", None)
        if "containers" in left:
            left["containers"].sort(key=lambda container: container["name"])
        return left
    return [_comparable(each) for each in item] if isinstance(item, list) else item


def test_the_same_nodes_and_pods(both: tuple[Seen, Seen]) -> None:
    """But for pods that the Go server drops because a container has no CPU or memory."""
    ours, theirs = both

    assert _names(ours.nodes) == _names(theirs.nodes) == set(HOUSEKEEPING)
    assert _names(ours.pods) - OURS_ALONE == _names(theirs.pods)
    assert _names(ours.pods) == {pod.name for pod in PODS}


@pytest.mark.parametrize("kind", ["nodes", "pods", "rows"])
def test_equal_samples_give_equal_answers(both: tuple[Seen, Seen], kind: str) -> None:
    """Field by field, in JSON and in the rows of a Table; and there are enough to compare."""
    ours, theirs = (getattr(seen, kind) for seen in both)
    common = ours.keys() & theirs.keys()

    for key in common:
        assert _comparable(ours[key]) == _comparable(theirs[key])
    assert _names(common) | SELDOM_ALIKE >= _names(theirs) - NEVER_ALIKE
    assert not _names(common) & NEVER_ALIKE
    assert len(common) > len(theirs) // 4


def test_the_same_table(both: tuple[Seen, Seen]) -> None:
    """Its columns are those of the Go server, where no kubelet reports swap."""
    tables = [
        seen.server.admin.request(
            "GET", f"{BETA}/{path}?labelSelector=side=side-slow", None, AS_TABLE
        )
        for seen in both
        for path in ("nodes", POD_PATH)
    ]
    for table in tables:
        del table["rows"]
    ours, theirs = tables[:2], tables[2:]

    assert ours == theirs


def test_the_same_when_measured_at_the_moment(both: tuple[Seen, Seen]) -> None:
    """Two servers never see the same sample of such a node, but the same load and memory."""
    shown = [
        {
            name: (round(usage.cpu, 6), usage.memory)
            for path in ("nodes", POD_PATH)
            for name, usage in usages(seen.server, path).items()
            if name in {"side-eager", "eager"}
        }
        for seen in both
    ]

    assert shown[0] == shown[1]
    assert shown[0]["eager"] == (0.5, 96 * MIB)


def _newest(items: Items, name: str) -> Any:
    return max(
        (item for key, item in items.items() if key[0] == name), key=lambda i: i["timestamp"]
    )


def swap(ours: Seen, theirs: Seen) -> None:
    """Kubelets report it, `kubectl top --show-swap` prints it, the Go server never fills it in."""
    mine, other = (_newest(seen.pods, "three")["containers"] for seen in (ours, theirs))

    assert [container["usage"]["swap"] for container in mine] == ["1Mi"] * 3
    assert not any("swap" in container["usage"] for container in other)
    assert _newest(ours.nodes, "side-swap")["usage"]["swap"] == "4Mi"
    assert "swap" not in _newest(ours.nodes, "side-slow")["usage"]


def swap_column(ours: Seen, theirs: Seen) -> None:
    """So that `kubectl get` shows it too."""
    path = f"{BETA}/nodes?labelSelector=side=side-swap"
    tables = [seen.server.admin.request("GET", path, None, AS_TABLE) for seen in (ours, theirs)]
    names = [[column["name"] for column in table["columnDefinitions"]] for table in tables]

    assert names == [
        ["Name", "cpu", "memory", "swap", "Window"],
        ["Name", "cpu", "memory", "Window"],
    ]


def version_1(ours: Seen, theirs: Seen) -> None:
    """What kubectl 1.37 asks for; it says what v1beta1 says."""
    groups = [seen.server.admin.request("GET", API)["versions"] for seen in (ours, theirs)]
    lists = [
        {name: usage.memory for name, usage in usages(ours.server, POD_PATH, version).items()}
        for version in ("v1", "v1beta1")
    ]

    assert [[each["version"] for each in group] for group in groups] == [
        ["v1", "v1beta1"],
        ["v1beta1"],
    ]
    assert {name: lists[0][name] for name in STILL} == {name: lists[1][name] for name in STILL}


def creation(ours: Seen, theirs: Seen) -> None:
    """When the data came in, and not when somebody asked for it: rule 8."""

    def ages(seen: Seen) -> list[float]:
        return [asked - dt.datetime.fromisoformat(text).timestamp() for text, asked in seen.created]

    # Cut to whole seconds.
    assert max(ages(theirs)) <= 1 < max(ages(ours))


def order(ours: Seen, theirs: Seen) -> None:
    """Containers sorted by name, and not in random order: rule 8."""
    names = [[each["name"] for each in item["containers"]] for item in ours.pods.values()]

    assert names == [sorted(each) for each in names]
    assert theirs.pods


def zero(ours: Seen, theirs: Seen) -> None:
    """Zero CPU is a value, and no reason to hide a pod: rule 4."""
    idle = _newest(ours.pods, "idle")["containers"]

    assert [(c["name"], c["usage"]["cpu"]) for c in idle] == [("app", "100m"), ("idle", "0")]
    assert "idle" not in _names(theirs.pods)


def exited(ours: Seen, theirs: Seen) -> None:
    """One without CPU and memory has exited; the others of its pod go on: rule 4."""
    containers = _newest(ours.pods, "exited")["containers"]

    assert [container["name"] for container in containers] == ["app"]
    assert "exited" not in _names(theirs.pods)


def stamps(ours: Seen, theirs: Seen) -> None:
    """The time served is that at which the CPU counter was read, and not the memory: rule 1."""
    seconds = [
        {
            dt.datetime.fromisoformat(key[1]).timestamp() % 10
            for key in seen.nodes
            if key[0] == "side-split"
        }
        for seen in (ours, theirs)
    ]

    assert seconds == [{0.0}, {3.0}]


@pytest.mark.parametrize(
    "difference",
    [swap, swap_column, version_1, creation, order, zero, exited, stamps],
    ids=lambda difference: difference.__name__,
)
def test_intended_differences(
    both: tuple[Seen, Seen], difference: Callable[[Seen, Seen], None]
) -> None:
    """All there are, each with its reason beside it; docs/rates.md has the rules."""
    difference(*both)
