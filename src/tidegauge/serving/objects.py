"""NodeMetrics and PodMetrics, and their metadata alone, as JSON text and as protobuf messages.

A list of all pods holds 150,000 of them: each is written by a template, no object is built. Swap is
served where the kubelet reports it; the resource names stand sorted, as in any map of Kubernetes.
"""

import json.encoder
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from tidegauge.cluster.records import NO_LABELS, Pod
from tidegauge.serving import jsontext, protobuf
from tidegauge.serving.routing import GROUP
from tidegauge.serving.source import Entry
from tidegauge.units.duration import format_duration
from tidegauge.units.quantity import format_cpu, format_memory
from tidegauge.units.timestamp import format_rfc3339
from tidegauge.usage.readings import ContainerUsage

KINDS = {"nodes": "NodeMetrics", "pods": "PodMetrics"}

_FEW = 4096
"""How many rendered label sets and times are kept; workloads share them, a few MB at most."""

_MANY = 16_384
"""Names of containers with the lengths of their figures: two or three of each, 3 MB at most."""


def api_version(version: str) -> str:
    return f"{GROUP}/{version}"


# JSON: without kind and apiVersion, as the items of a list have it.


def metadata_json(entry: Entry) -> str:
    created = format_rfc3339(int(entry.usage.stored))
    return (
        f'{{"name":{plain_json(entry.name)}{namespace_json(entry.namespace)}'
        f',"creationTimestamp":"{created}"{labels_json(entry.labels)}}}'
    )


def node_json(entry: Entry) -> str:
    (node,) = entry.usage.containers
    return f'{{"metadata":{metadata_json(entry)},{_time_json(entry)},"usage":{_usage_json(node)}}}'


def pod_json(entry: Entry) -> str:
    containers = [
        f'{{"name":{jsontext.quoted(container.name)},"usage":{_usage_json(container)}}}'
        for container in entry.usage.containers
    ]
    return (
        f'{{"metadata":{metadata_json(entry)},{_time_json(entry)}'
        f',"containers":[{",".join(containers)}]}}'
    )


def typed(kind: str, version: str, text: str) -> str:
    """The JSON object with its kind and apiVersion, as it stands alone."""
    return f'{{"kind":"{kind}","apiVersion":"{version}",{text[1:]}'


plain_json = json.encoder.encode_basestring
"""For names that the API server checked: they are DNS names, and a name comes once a list, so the
cache of `jsontext.quoted`, which is for what kubelets say, would only lose here."""


def _time_json(entry: Entry) -> str:
    stamp = format_rfc3339(entry.usage.stamp_ms // 1000)
    return f'"timestamp":"{stamp}","window":"{window_text(entry.usage.window_ns)}"'


def _usage_json(usage: ContainerUsage) -> str:
    swap = usage.swap
    more = "" if swap is None else f',"swap":"{format_memory(swap)}"'
    return f'{{"cpu":"{format_cpu(usage.cpu)}","memory":"{format_memory(usage.memory)}"{more}}}'


window_text = lru_cache(maxsize=_FEW)(format_duration)


@lru_cache(maxsize=_FEW)
def namespace_json(namespace: str) -> str:
    return f',"namespace":{plain_json(namespace)}' if namespace else ""


@lru_cache(maxsize=_FEW)
def labels_json(raw: bytes) -> str:
    return "" if raw == NO_LABELS else f',"labels":{raw.decode()}'


# Protobuf: the message alone, without envelope.


def metadata_around_creation(named: Entry | Pod) -> tuple[bytes, bytes]:
    """The fields of the metadata before creationTimestamp, and those after it."""
    name = protobuf.chunk(1, named.name.encode())
    return name + namespace_message(named.namespace), labels_message(named.labels)


def partial_message(entry: Entry) -> bytes:
    """Metadata as the first field, which is all of a PartialObjectMetadata."""
    before, after = metadata_around_creation(entry)
    return protobuf.chunk(1, before + created_message(int(entry.usage.stored)) + after)


def node_message(entry: Entry) -> bytes:
    (node,) = entry.usage.containers
    usage = _usage_message(_NODE_HEADS, node.cpu, node.memory, node.swap)
    return partial_message(entry) + _times_message(entry) + usage


def pod_message(entry: Entry) -> bytes:
    message = partial_message(entry) + _times_message(entry)
    for each in entry.usage.containers:
        message += container_message(each.name, each.cpu, each.memory, each.swap)
    return message


def container_message(name: str, cpu: int, memory: int, swap: int | None) -> bytes:
    """As a field of a pod."""
    if swap is not None:
        usage = _usage_message(_CONTAINER_HEADS, cpu, memory, swap)
        return protobuf.chunk(4, _name_message(name) + usage)
    first, second = format_cpu(cpu).encode(), format_memory(memory).encode()
    before, between = _around_cpu(name, len(first), len(second))
    return before + first + between + second


@lru_cache(maxsize=_MANY)
def _around_cpu(name: str, cpu_length: int, memory_length: int) -> tuple[bytes, bytes]:
    """What stands before the CPU of a container without swap, and between it and its memory.

    With only two lengths that vary, a list of which nothing is written yet takes 6 % less time.
    """
    before = _name_message(name) + _CONTAINER_HEADS.cpu[cpu_length]
    between = _CONTAINER_HEADS.memory[memory_length]
    filler = bytes(cpu_length + len(between) + memory_length)
    return protobuf.chunk(4, before + filler)[: -len(filler)], between


def _times_message(entry: Entry) -> bytes:
    usage = entry.usage
    return timestamp_message(usage.stamp_ms // 1000) + window_message(usage.window_ns)


class _Heads(NamedTuple):
    """What stands before a quantity in a map from resource to quantity, by the quantity's length.

    Only the lengths differ, so the heads are made once: a list takes a tenth less time.
    """

    cpu: Sequence[bytes]
    memory: Sequence[bytes]
    swap: Sequence[bytes]


def _heads(field: int) -> _Heads:
    return _Heads(*(_heads_of(field, resource) for resource in ("cpu", "memory", "swap")))


def _heads_of(field: int, resource: str) -> list[bytes]:
    """Of one resource; quantities have at most 21 characters."""
    return [_entry(field, resource, "x" * size)[: -size or None] for size in range(22)]


def _entry(field: int, resource: str, quantity: str) -> bytes:
    value = protobuf.chunk(2, protobuf.text(1, quantity))
    return protobuf.chunk(field, protobuf.text(1, resource) + value)


_NODE_HEADS, _CONTAINER_HEADS = _heads(4), _heads(2)


def _usage_message(heads: _Heads, cpu: int, memory: int, swap: int | None) -> bytes:
    first, second = format_cpu(cpu).encode(), format_memory(memory).encode()
    message = heads.cpu[len(first)] + first + heads.memory[len(second)] + second
    if swap is None:
        return message
    third = format_memory(swap).encode()
    return message + heads.swap[len(third)] + third


@lru_cache(maxsize=_FEW)
def _name_message(name: str) -> bytes:
    return protobuf.text(1, name)


@lru_cache(maxsize=_FEW)
def namespace_message(namespace: str) -> bytes:
    """generateName, namespace, selfLink, uid, resourceVersion and generation."""
    return protobuf.text(2, "") + protobuf.text(3, namespace) + b'"\x00*\x002\x008\x00'


@lru_cache(maxsize=_FEW)
def created_message(seconds: int) -> bytes:
    return protobuf.chunk(8, _time_message(seconds))


@lru_cache(maxsize=_FEW)
def _time_message(seconds: int) -> bytes:
    return protobuf.integer(1, seconds) + protobuf.integer(2, 0)


@lru_cache(maxsize=_FEW)
def timestamp_message(seconds: int) -> bytes:
    return protobuf.chunk(2, _time_message(seconds))


@lru_cache(maxsize=_FEW)
def window_message(ns: int) -> bytes:
    return protobuf.chunk(3, protobuf.integer(1, ns))


@lru_cache(maxsize=_FEW)
def labels_message(raw: bytes) -> bytes:
    labels: dict[str, str] = msgspec.json.decode(raw)
    return b"".join(
        protobuf.chunk(11, protobuf.text(1, key) + protobuf.text(2, labels[key]))
        for key in sorted(labels)
    )
