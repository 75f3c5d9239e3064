"""NodeMetrics and PodMetrics, and their metadata alone, as JSON text and as protobuf messages.

A list of all pods holds 150,000 of them: each is written by a template, no object is built. Swap is
served where the kubelet reports it; the resource names stand sorted, as in any map of Kubernetes.
"""

from functools import lru_cache

import msgspec

from tidegauge.cluster.records import NO_LABELS
from tidegauge.serving import jsontext, protobuf
from tidegauge.serving.routing import GROUP
from tidegauge.serving.source import Entry
from tidegauge.units.duration import format_duration
from tidegauge.units.quantity import format_cpu, format_memory
from tidegauge.units.timestamp import format_rfc3339
from tidegauge.usage.readings import ContainerUsage

META_VERSION = "meta.k8s.io/v1"

KINDS = {"nodes": "NodeMetrics", "pods": "PodMetrics"}

_FEW = 4096
"""How many rendered label sets and times are kept; workloads share them, a few MB at most."""


def api_version(version: str) -> str:
    return f"{GROUP}/{version}"


# JSON: without kind and apiVersion, as the items of a list have it.


def metadata_json(entry: Entry) -> str:
    namespace = f'"namespace":{jsontext.quoted(entry.namespace)},' if entry.namespace else ""
    labels = "" if entry.labels == NO_LABELS else f',"labels":{_label_text(entry.labels)}'
    return (
        f'{{"name":{jsontext.quoted(entry.name)},{namespace}'
        f'"creationTimestamp":"{format_rfc3339(int(entry.usage.stored))}"{labels}}}'
    )


def node_json(entry: Entry) -> str:
    (node,) = entry.usage.containers
    return f'{{"metadata":{metadata_json(entry)},{_time_json(entry)},"usage":{_usage_json(node)}}}'


def pod_json(entry: Entry) -> str:
    containers = ",".join(
        [
            f'{{"name":{jsontext.quoted(container.name)},"usage":{_usage_json(container)}}}'
            for container in entry.usage.containers
        ]
    )
    return f'{{"metadata":{metadata_json(entry)},{_time_json(entry)},"containers":[{containers}]}}'


def typed(kind: str, version: str, text: str) -> str:
    """The JSON object with its kind and apiVersion, as it stands alone."""
    return f'{{"kind":"{kind}","apiVersion":"{version}",{text[1:]}'


def _time_json(entry: Entry) -> str:
    usage = entry.usage
    window = _window(usage.window_ns)
    return f'"timestamp":"{format_rfc3339(usage.stamp_ms // 1000)}","window":"{window}"'


def _usage_json(usage: ContainerUsage) -> str:
    swap = "" if usage.swap is None else f',"swap":"{format_memory(usage.swap)}"'
    return f'{{"cpu":"{format_cpu(usage.cpu)}","memory":"{format_memory(usage.memory)}"{swap}}}'


@lru_cache(maxsize=_FEW)
def _label_text(raw: bytes) -> str:
    return raw.decode()


_window = lru_cache(maxsize=_FEW)(format_duration)


# Protobuf: the message alone, without envelope.


def metadata_message(entry: Entry) -> bytes:
    namespace = protobuf.text(3, entry.namespace)
    created = protobuf.chunk(8, _time_message(int(entry.usage.stored)))
    unused = b'"\x00*\x002\x008\x00'  # selfLink, uid, resourceVersion: empty; generation: 0
    name = protobuf.text(1, entry.name) + protobuf.text(2, "")
    return name + namespace + unused + created + _label_message(entry.labels)


def node_message(entry: Entry) -> bytes:
    (node,) = entry.usage.containers
    return _head_message(entry) + _usage_message(4, node)


def pod_message(entry: Entry) -> bytes:
    containers = [
        protobuf.chunk(4, protobuf.text(1, container.name) + _usage_message(2, container))
        for container in entry.usage.containers
    ]
    return _head_message(entry) + b"".join(containers)


def partial_message(entry: Entry) -> bytes:
    return protobuf.chunk(1, metadata_message(entry))


def _head_message(entry: Entry) -> bytes:
    """Metadata, time and window: fields 1 to 3."""
    usage = entry.usage
    stamp = protobuf.chunk(2, _time_message(usage.stamp_ms // 1000))
    return partial_message(entry) + stamp + _window_message(usage.window_ns)


def _usage_message(field: int, usage: ContainerUsage) -> bytes:
    parts = [
        _quantity_message(field, "cpu", format_cpu(usage.cpu)),
        _quantity_message(field, "memory", format_memory(usage.memory)),
    ]
    if usage.swap is not None:
        parts.append(_quantity_message(field, "swap", format_memory(usage.swap)))
    return b"".join(parts)


def _quantity_message(field: int, resource: str, quantity: str) -> bytes:
    value = protobuf.text(1, quantity)
    return protobuf.chunk(field, protobuf.text(1, resource) + protobuf.chunk(2, value))


@lru_cache(maxsize=_FEW)
def _time_message(seconds: int) -> bytes:
    return protobuf.integer(1, seconds) + protobuf.integer(2, 0)


@lru_cache(maxsize=_FEW)
def _window_message(ns: int) -> bytes:
    return protobuf.chunk(3, protobuf.integer(1, ns))


@lru_cache(maxsize=_FEW)
def _label_message(raw: bytes) -> bytes:
    labels: dict[str, str] = msgspec.json.decode(raw)
    return b"".join(
        protobuf.chunk(11, protobuf.text(1, key) + protobuf.text(2, labels[key]))
        for key in sorted(labels)
    )
