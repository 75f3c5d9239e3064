"""The made-up cluster of `bench.soak`: its names come back, and its containers exit."""

import re
from random import Random

from bench.soak.nodes import Node, Pod
from bench.soak.world import NODE_CHANGE_PERIODS, World


def changed(world: World, begin: int, end: int) -> None:
    for period in range(begin, end):
        world.change(period, 15.0 * period, replaced=1)


def test_every_other_node_comes_back_under_its_name():
    """The first that goes does, the second does not."""
    world = World(nodes=4, pods=5, now=0.0)
    at_first = set(world.nodes)

    changed(world, 1, 2 * NODE_CHANGE_PERIODS)
    assert len(world.nodes) == 3
    changed(world, 2 * NODE_CHANGE_PERIODS, 4 * NODE_CHANGE_PERIODS)
    assert world.nodes.keys() < at_first
    changed(world, 4 * NODE_CHANGE_PERIODS, 4 * NODE_CHANGE_PERIODS + 1)
    assert len(world.nodes.keys() & at_first) == 3
    assert len(world.nodes) == 4


def test_pods_come_back_on_other_nodes():
    """They keep their names, and each node its number of pods."""
    world = World(nodes=4, pods=5, now=0.0)
    before = {pod.key: node.name for node in world.nodes.values() for pod in node.pods}

    changed(world, 1, NODE_CHANGE_PERIODS)

    after = {pod.key: node.name for node in world.nodes.values() for pod in node.pods}
    assert any(before[key] != after[key] for key in before.keys() & after.keys())
    assert [len(node.pods) for node in world.nodes.values()] == [5] * 4


def test_an_exited_container_is_reported_as_zero():
    """CPU and memory of the sidecar are zero until its pod starts anew; the rest is as ever."""
    pod = Pod("team-1", "web-0", {}, born=0.0, share=0.5, exited=True)
    node = Node("node-1", {}, {}, [pod])

    assert figures(node, "sidecar") == ["0", "0"]
    assert "0" not in figures(node, "main")
    pod.start(1.0)
    assert "0" not in figures(node, "sidecar")


def figures(node: Node, container: str) -> list[str]:
    """CPU and memory in its kubelet's words."""
    line = rf'^container_(?:cpu|memory)_\w+{{container="{container}",.*}} (\S+) \d+$'
    return re.findall(line, node.body(60.0, Random(1)).decode(), re.MULTILINE)
