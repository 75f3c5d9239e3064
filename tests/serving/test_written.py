"""Items written once for many lists are those that would be written anew."""

from dataclasses import replace
from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import ManualClock
from tests.usage.answers import Said, answer
from tidegauge.cluster.cache import Nodes, Pods
from tidegauge.cluster.records import Pod
from tidegauge.console.view import View
from tidegauge.serving import objects, shapes
from tidegauge.serving.nodemessages import NodeMessages
from tidegauge.serving.nodetext import NodeText
from tidegauge.serving.podwriter import PodWriter
from tidegauge.serving.source import Entry, pod_entry
from tidegauge.usage.store import Store

pod_json = shapes.encoded(objects.pod_json)

NODES = ("node-a", "node-b")
NAMES = ("web", "api")


class Cluster:
    """A view of a store and a cache of pods, with a writer that counts what it writes."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = Store(self.clock, period=15)
        self.pods = Pods()
        self.view = View(Nodes(), self.pods, self.store)
        self.wrote = 0
        self.writer = PodWriter(self.view, self._write, NodeText)
        self.together = PodWriter(self.view, pod_json, NodeText)
        self.messages = PodWriter(self.view, shapes.pod_field, NodeMessages)

    def _write(self, entry: Entry) -> bytes:
        self.wrote += 1
        return pod_json(entry)

    def hear(self, node: str, cpu: float) -> None:
        """An answer with the same series each time, and so with the same layout."""
        said = Said(self.clock.running, cpu=cpu)
        heard = answer({("ns", name, "app"): said for name in NAMES}, said)
        self.store.record(node, replace(heard, layout=self.store.layout(node) or heard.layout))

    def items(self) -> list[bytes]:
        return [written.item for written in self.writer.written(self.pods.all())]

    def items_together(self) -> list[bytes]:
        """As a full list in JSON has them, and the one in protobuf the same."""
        messages = self._all(self.messages)
        assert messages == [shapes.pod_field(entry) for entry in self._entries()]
        return self._all(self.together)

    def expected(self) -> list[bytes]:
        return [pod_json(entry) for entry in self._entries()]

    def _all(self, writer: PodWriter) -> list[bytes]:
        chunks = writer.all_written([self.pods.all()])
        return [written.item for chunk in chunks for written in chunk]

    def _entries(self) -> list[Entry]:
        entries = [pod_entry(self.view, pod) for pod in self.pods.all()]
        return [entry for entry in entries if entry is not None]


def ready() -> Cluster:
    """Both nodes have answered twice; both pods run on the first."""
    cluster = Cluster()
    for step in range(2):
        for node in NODES:
            cluster.hear(node, 1 + step)
        cluster.clock.advance(15)
    for name in NAMES:
        cluster.pods.put(Pod("ns", name, "node-a"))
    return cluster


def test_what_is_written_is_not_written_again():
    """Until the pod's node answers, and only then."""
    cluster = ready()

    assert cluster.items() == cluster.items() == cluster.expected()
    assert cluster.wrote == 2

    cluster.hear("node-b", 9)
    cluster.items()
    assert cluster.wrote == 2

    cluster.hear("node-a", 9)
    assert cluster.items() == cluster.expected()
    assert cluster.wrote == 4


def test_a_pod_whose_labels_change_is_written_anew():
    """Though its node has not answered since."""
    cluster = ready()
    cluster.items()

    cluster.pods.put(Pod("ns", "web", "node-a", b'{"app":"web"}'))

    assert cluster.items() == cluster.expected()
    assert b'"labels":{"app":"web"}' in cluster.items()[1]
    assert cluster.wrote == 3


_steps: Any = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), st.sampled_from(NODES), st.integers(0, 9)),
        st.tuples(
            st.just("put"),
            st.sampled_from(NAMES),
            st.sampled_from([*NODES, "node-c", ""]),
            st.sampled_from([b"{}", b'{"app":"web"}']),
        ),
        st.tuples(st.just("remove"), st.sampled_from(NAMES)),
        st.tuples(st.just("forget"), st.sampled_from(NODES)),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 15.0, 44.0, 600.0])),
    ),
    max_size=20,
)


@given(_steps)
def test_written_items_are_never_old(steps):
    """Whatever happens to pods and nodes, and whenever: a list is what it would be without them."""
    cluster = ready()
    for step in steps:
        match step:
            case ("hear", node, cpu):
                cluster.hear(node, cpu)
            case ("put", name, node, labels):
                cluster.pods.put(Pod("ns", name, node, labels))
            case ("remove", name):
                cluster.pods.remove(("ns", name))
            case ("forget", node):
                cluster.store.forget(node)
            case ("wait", seconds):
                cluster.clock.advance(seconds)
        assert cluster.items() == cluster.items_together() == cluster.expected()


def swapping(cluster: Cluster, *, swap: int | None, names: tuple[str, ...]) -> None:
    """The first node answers, with containers of these names."""
    at = cluster.clock.running
    said = {("ns", "web", name): Said(at, cpu=at / 7, swap=swap) for name in names}
    api = Said(at, cpu=at)
    cluster.store.record("node-a", answer({**said, ("ns", "api", "app"): api}, api))
    cluster.clock.advance(15)


@pytest.mark.parametrize("swap", [None, 0, 4096])
def test_pods_of_a_node_are_written_together_as_one_by_one(swap):
    """With several containers, odd names, swap or without; the text is used again and again."""
    cluster = ready()
    names = ("app", "%s%d", 'new\nline"')

    for _ in range(4):
        swapping(cluster, swap=swap, names=names)
        assert cluster.items_together() == cluster.expected()

    assert len(cluster.items_together()) == 2
    assert (b"swap" in cluster.items_together()[1]) is (swap is not None)


def test_texts_are_written_from_only_while_lists_come():
    """What is kept for full lists goes some answers after the last of them."""
    cluster = ready()
    assert cluster.items_together()
    assert cluster.together._kept

    for step in range(7):
        cluster.hear("node-a", 3 + step)

    assert not cluster.together._kept
    assert cluster.items_together() == cluster.expected()


def test_a_text_is_made_anew_when_a_pod_of_it_changes():
    """But not for a pod that its node says nothing of, such as one that has just been placed."""
    cluster = ready()
    cluster.items_together()
    first = cluster.together._kept["node-a"]

    cluster.pods.put(Pod("ns", "new", "node-a"))
    cluster.hear("node-a", 3)
    assert cluster.items_together() == cluster.expected()
    assert cluster.together._kept["node-a"] is first

    cluster.pods.put(Pod("ns", "web", "node-a", b'{"app":"web"}'))
    for step in range(2):
        cluster.hear("node-a", 4 + step)
        assert cluster.items_together() == cluster.expected()
    assert cluster.together._kept["node-a"] is not first


def test_a_node_out_of_the_ordinary_is_written_pod_by_pod():
    """Such as one with a container that has exited, which nothing may stand for."""
    cluster = ready()
    for step in range(2):
        said = Said(30 + step, cpu=step + 1)
        gone = Said(30 + step, cpu=0, memory=0)
        both = {("ns", "web", "a"): said, ("ns", "web", "b"): gone}
        cluster.store.record("node-a", answer(both, said))

    assert cluster.items_together() == cluster.expected()
    assert not cluster.together._kept


def test_lists_side_by_side_write_a_node_once():
    """What the one has written meanwhile, the other finds."""
    cluster = ready()
    lists = [cluster.together.all_written([cluster.pods.all()]) for _ in range(2)]

    steps = [[len(chunk) for chunk in pair] for pair in zip_longest(*lists, fillvalue=())]

    assert steps == [[0, 2], [2, 0]]


def test_nodes_are_written_one_a_step():
    """However many nodes the first pods are on, others breathe between them."""
    cluster = ready()
    cluster.pods.put(Pod("ns", "api", "node-b"))

    steps = [len(chunk) for chunk in cluster.together.all_written([cluster.pods.all()])]

    assert steps == [0, 0, 2]
