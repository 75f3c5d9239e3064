"""The cluster of the transcripts without a control plane: objects and kubelets' bodies as data."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.clock import ManualClock
from tests.transcripts.records import load_fixture
from tidegauge.cluster.records import Node, Pod
from tidegauge.usage.readings import ContainerUsage, NodeUsages, Usage
from tidegauge.usage.shelf import Shelf

ANSWERED = 1_795_435_216.0
"""When the nodes' second answers were stored: shortly after the last of their stamps."""

_LINE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+) (\d+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class RecordedCluster:
    """A `Source` over given objects."""

    node_records: list[Node] = field(default_factory=list)
    pod_records: list[Pod] = field(default_factory=list)
    usage_of_nodes: dict[str, Usage] = field(default_factory=dict)
    usage_of_pods: dict[tuple[str, str], Usage] = field(default_factory=dict)

    def nodes(self) -> Sequence[Node]:
        return sorted(self.node_records, key=lambda node: node.name)

    def node(self, name: str) -> Node | None:
        return next((node for node in self.node_records if node.name == name), None)

    def pods(self, namespace: str | None) -> Sequence[Pod]:
        chosen = [pod for pod in self.pod_records if namespace in (None, pod.namespace)]
        return sorted(chosen, key=lambda pod: (pod.namespace, pod.name))

    def pod(self, namespace: str, name: str) -> Pod | None:
        return next((pod for pod in self.pods(namespace) if pod.name == name), None)

    def node_usage(self, name: str) -> Usage | None:
        return self.usage_of_nodes.get(name)

    def pod_usage(self, pod: Pod) -> Usage | None:
        return self.usage_of_pods.get((pod.namespace, pod.name))

    def pod_usages(self, _node: str) -> NodeUsages | None:
        """None: all is out of the ordinary."""
        return None

    def subscribe(self, answered: Callable[[str], None], gone: Callable[[str], None]) -> None:
        """Nothing ever changes."""

    def shelf(self) -> Shelf[Any]:
        """Nothing stays on it: a test may change all at any time."""
        return Shelf(ManualClock(), lambda _: -math.inf)

    def labels(self, raw: bytes) -> Mapping[str, str]:
        return msgspec.json.decode(raw, type=dict[str, str])


def recorded_cluster(*, answered: bool = True, large: bool = False) -> RecordedCluster:
    """The cluster as recorded; before any kubelet answered, or with the large namespace."""
    fixture = load_fixture()
    parts = [fixture, fixture["large"]] if large else [fixture]
    cluster = RecordedCluster()
    for part in parts:
        cluster.node_records += [_node(item) for item in part["nodes"]]
        cluster.pod_records += [
            _pod(item["object"]) for item in part["pods"] if item["status"]["phase"] == "Running"
        ]
        for name, kubelet in part["kubelets"].items() if answered else ():
            if kubelet["first"] is not None:  # a dead node answers nothing
                _add_usage(cluster, name, kubelet)
    return cluster


def _labels(item: dict[str, Any]) -> bytes:
    return msgspec.json.encode(item["metadata"].get("labels", {}), order="sorted")


def _node(item: dict[str, Any]) -> Node:
    return Node(item["metadata"]["name"], _labels(item))


def _pod(item: dict[str, Any]) -> Pod:
    metadata = item["metadata"]
    return Pod(metadata["namespace"], metadata["name"], item["spec"]["nodeName"], _labels(item))


def _add_usage(cluster: RecordedCluster, node: str, kubelet: dict[str, Any]) -> None:
    first, second = (_readings(kubelet[name]["body"]) for name in ("first", "second"))
    series = {key: _usage(key[2], first[key], second[key]) for key in second if key in first}
    pods: dict[tuple[str, str], list[Usage]] = {}
    for (namespace, pod, container), usage in sorted(series.items()):
        if container:
            pods.setdefault((namespace, pod), []).append(usage)
        else:
            cluster.usage_of_nodes[node] = usage
    for key, parts in pods.items():
        earliest = min(parts, key=lambda part: part.stamp_ms)
        containers = [part.containers[0] for part in parts]
        cluster.usage_of_pods[key] = msgspec.structs.replace(earliest, containers=containers)


def _readings(body: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    """CPU in nanoseconds, memory and stamp of each container; the node has empty names."""
    readings: dict[tuple[str, str, str], dict[str, Any]] = {}
    for family, label_text, value, stamp in _LINE.findall(body):
        resource = {"cpu_usage_seconds_total": "cpu", "memory_working_set_bytes": "memory"}.get(
            family.partition("_")[2]
        )
        scope = family.partition("_")[0]
        if resource is None or scope not in ("node", "container"):
            continue
        labels = dict(_LABEL.findall(label_text))
        names = (labels.get(name, "") for name in ("namespace", "pod", "container"))
        reading = readings.setdefault(tuple(names), {})
        reading[resource] = int(float(value) * 1e9) if resource == "cpu" else int(float(value))
        reading["stamp"] = int(stamp)
    return readings


def _usage(name: str, first: dict[str, Any], second: dict[str, Any]) -> Usage:
    window_ms = second["stamp"] - first["stamp"]
    seconds = float(window_ms // 1000) + float(window_ms % 1000 * 1_000_000) / 1e9
    cpu = int(float(second["cpu"] - first["cpu"]) / seconds)
    container = ContainerUsage(name, cpu, second["memory"], None)
    return Usage(second["stamp"], window_ms * 1_000_000, ANSWERED, [container])
