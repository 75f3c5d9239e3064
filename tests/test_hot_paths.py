"""What is done for each container, thousands of times a second, stays as little as it is.

Times on shared machines prove nothing; the number of bytecode instructions, and of blocks of memory
that stay, are the same in each run. The bounds leave half as much again for other versions of
Python and small changes: what breaks them has made a hot path slower in kind. bench/ has times.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from types import FrameType
from typing import Any

import pytest

from bench.lists import PROTOBUF, Cluster, answer_of, api_of, layout_of, read
from tests.clock import ManualClock
from tests.kubelet import bodies
from tidegauge.kubelet.exposition import parse
from tidegauge.usage.store import Store

PODS, CONTAINERS = 30, 2
LISTED = 1200
JSON = "application/json"


def instructions(work: Callable[[], object]) -> int:
    """How many bytecode instructions the interpreter executes for `work`."""
    executed = 0

    def tick(*_: object) -> None:
        nonlocal executed
        executed += 1

    with _told(tick):
        work()
    return executed


if sys.version_info >= (3, 12):

    @contextmanager
    def _told(tick: Callable[..., None]) -> Iterator[None]:
        """Calls `tick` for each instruction within the block."""
        watch, tool = sys.monitoring, sys.monitoring.PROFILER_ID
        watch.use_tool_id(tool, "instructions")
        watch.register_callback(tool, watch.events.INSTRUCTION, tick)
        watch.set_events(tool, watch.events.INSTRUCTION)
        try:
            yield
        finally:
            watch.set_events(tool, 0)
            watch.free_tool_id(tool)

else:

    @contextmanager
    def _told(tick: Callable[..., None]) -> Iterator[None]:
        """Calls `tick` for each instruction within the block."""

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            if event == "opcode":
                tick()
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            yield
        finally:
            sys.settrace(before)


def blocks_kept(work: Callable[[], object]) -> int:
    """How many more blocks of memory there are after `work` than before."""
    gc.collect()
    before = sys.getallocatedblocks()
    kept = work()
    gc.collect()
    after = sys.getallocatedblocks()
    del kept
    return after - before


def texts() -> list[bytes]:
    """What a node says again and again."""
    containers = bodies.fleet(PODS, CONTAINERS)
    return [bodies.body(containers, tick=tick) for tick in range(2)]


class Node:
    """One node in a store, in its steady state."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = Store(self.clock, period=15)
        names = tuple(("ns", f"web-{number:02}") for number in range(PODS))
        self.layout = layout_of(names)
        self.answers = (answer_of(self.layout, number, Random(1)) for number in count())
        for _ in range(3):
            self.hear()

    def hear(self) -> None:
        self.store.record("node", next(self.answers))
        self.clock.advance(15)


def test_parsing_a_body():
    """A body whose series did not change is split in C: almost nothing is done line by line."""
    first, body = texts()
    layout = parse(first, 0, None).layout

    executed = instructions(lambda: parse(body, 0, layout))

    assert executed / (PODS * CONTAINERS) < 90


def test_storing_an_answer():
    """The usual answer is kept as it is, and its series are looked at once."""
    node = Node()
    answer = next(node.answers)

    executed = instructions(lambda: node.store.record("node", answer))

    assert executed / (PODS * CONTAINERS) < 75


def test_what_stays_of_a_node():
    """A few arrays, however many containers: another answer takes the place of the last."""
    node = Node()

    assert min(blocks_kept(node.hear) for _ in range(3)) < 10
    assert blocks_kept(Node) / (PODS * CONTAINERS) < 3


class Lists:
    """An API over pods that have all been answered for anew."""

    def __init__(self) -> None:
        self.cluster = Cluster(LISTED)
        self.api = api_of(self.cluster)
        self.cluster.answer_all()

    def new(self, path: str, accept: str) -> Callable[[], int]:
        """The list of what was just answered, by a client that has asked before."""
        self.read(path, accept)
        self.cluster.answer_all()
        return lambda: self.read(path, accept)

    def read(self, path: str, accept: str) -> int:
        """The size of a list."""
        return read(self.api, path, accept).size


@pytest.mark.parametrize(
    ("accept", "new", "again"), [(JSON, 480, 9), (PROTOBUF, 830, 9)], ids=["JSON", "protobuf"]
)
def test_listing_all_pods(accept, new, again):
    """A list of what was just answered writes each pod once; the next one puts them together."""
    lists = Lists()

    first = instructions(lists.new("/pods", accept))
    second = instructions(lambda: lists.read("/pods", accept))

    assert first / LISTED < new
    assert second / LISTED < again


def test_the_list_of_an_autoscaler():
    """Pods that are not selected cost nothing when the same selector comes again."""
    lists = Lists()
    path = "/namespaces/ns-0007/pods?labelSelector=app%3Dapp-0"
    assert lists.read(path, PROTOBUF) > 1000

    first = instructions(lists.new(path, PROTOBUF))
    second = instructions(lambda: lists.read(path, PROTOBUF))

    assert first < 34_000
    assert second < 6_600


def test_memory_of_a_list():
    """What is kept of a list goes with the nodes' next answers."""
    lists = Lists()

    read = lists.new("/pods", PROTOBUF)

    assert blocks_kept(read) / LISTED < 6
    assert blocks_kept(lists.cluster.answer_all) / LISTED < -3
