"""What is in a cluster when its world begins: namespaces, nodes, and the story's workloads."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from tidegauge.sandbox.apiserver.defaults import assign_addresses
from tidegauge.sandbox.apiserver.storage import Storage, key_of
from tidegauge.sandbox.simulation.machines import Machine, node_object
from tidegauge.sandbox.simulation.manifests import namespace, objects
from tidegauge.sandbox.simulation.story import Story

Object: TypeAlias = dict[str, Any]

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def found(storage: Storage, story: Story, machines: Iterable[Machine], now: int) -> None:
    """Create what isn't there already; `now` in seconds."""
    for resource, obj in _objects(story, machines, now):
        if not storage.get(resource, *key_of(obj)):
            if resource == "services" and "clusterIP" not in obj["spec"]:
                assign_addresses(obj, storage.list("services"))
            storage.create(resource, obj)


def _objects(story: Story, machines: Iterable[Machine], now: int) -> Iterator[tuple[str, Object]]:
    for name in sorted({*NAMESPACES, *(workload.namespace for workload in story.workloads)}):
        yield "namespaces", namespace(name)
    for machine in machines:
        yield "nodes", node_object(machine, now)
    for workload in story.workloads:
        yield from objects(workload)
