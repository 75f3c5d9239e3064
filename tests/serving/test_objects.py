"""The templates of objects against plain encoders of the same data."""

import json
from typing import Any

from hypothesis import given

from tests.serving.metrics import NOON, node_entries, pod_entries, pod_entry, usage
from tests.transcripts.wire import decode
from tidegauge.serving import jsontext, objectmessages, objects
from tidegauge.serving.source import Entry
from tidegauge.units.duration import format_duration
from tidegauge.units.quantity import format_cpu, format_memory
from tidegauge.units.timestamp import format_rfc3339
from tidegauge.usage.readings import ContainerUsage


def plain_metadata(labels: dict[str, str], entry: Entry) -> dict[str, Any]:
    namespace = {"namespace": entry.namespace} if entry.namespace else {}
    created = {"creationTimestamp": format_rfc3339(int(entry.usage.stored))}
    labelled = {"labels": dict(sorted(labels.items()))} if labels else {}
    return {"name": entry.name} | namespace | created | labelled


def plain_usage(usage: ContainerUsage) -> dict[str, str]:
    swap = {} if usage.swap is None else {"swap": format_memory(usage.swap)}
    return {"cpu": format_cpu(usage.cpu), "memory": format_memory(usage.memory)} | swap


def plain_object(labels: dict[str, str], entry: Entry, rest: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": plain_metadata(labels, entry),
        "timestamp": format_rfc3339(entry.usage.stamp_ms // 1000),
        "window": format_duration(entry.usage.window_ns),
    } | rest


def plain_pod(labels: dict[str, str], entry: Entry) -> dict[str, Any]:
    containers = [
        {"name": container.name, "usage": plain_usage(container)}
        for container in entry.usage.containers
    ]
    return plain_object(labels, entry, {"containers": containers})


def plain_node(labels: dict[str, str], entry: Entry) -> dict[str, Any]:
    return plain_object(labels, entry, {"usage": plain_usage(entry.usage.containers[0])})


def text_of(value: int | bytes) -> str:
    assert isinstance(value, bytes)
    return value.decode()


def read_map(fields: list[tuple[int, int | bytes]], number: int) -> dict[str, Any]:
    entries = [dict(decode(value)) for field, value in fields if field == number]  # type: ignore[arg-type]
    return {text_of(entry[1]): entry[2] for entry in entries}


def read_usage(fields: list[tuple[int, int | bytes]], number: int) -> dict[str, str]:
    return {
        resource: text_of(dict(decode(quantity))[1])
        for resource, quantity in read_map(fields, number).items()
    }


def read_object(message: bytes) -> tuple[dict[str, Any], list[tuple[int, int | bytes]]]:
    """The common part of an object as JSON would have it, and all of its fields."""
    fields = decode(message)
    parts: dict[int, Any] = dict(fields)
    meta_fields = decode(parts[1])
    meta: dict[int, Any] = dict(meta_fields)
    namespace = {"namespace": text_of(meta[3])} if meta[3] else {}
    labels = {key: text_of(value) for key, value in read_map(meta_fields, 11).items()}
    metadata = {"name": text_of(meta[1])} | namespace
    metadata["creationTimestamp"] = format_rfc3339(dict(decode(meta[8]))[1])
    common = {
        "metadata": metadata | ({"labels": labels} if labels else {}),
        "timestamp": format_rfc3339(dict(decode(parts[2]))[1]),
        "window": format_duration(dict(decode(parts[3]))[1]),  # type: ignore[arg-type]
    }
    return common, fields


@given(pod_entries)
def test_a_pod_is_written_as_a_json_encoder_would(labelled):
    """The template gives the bytes that encoding a built object gives, whatever the names hold."""
    labels, entry = labelled

    assert objects.pod_json(entry) == jsontext.dump(plain_pod(labels, entry))


@given(node_entries)
def test_a_node_is_written_as_a_json_encoder_would(labelled):
    """The template gives the bytes that encoding a built object gives."""
    labels, entry = labelled

    assert objects.node_json(entry) == jsontext.dump(plain_node(labels, entry))


@given(pod_entries)
def test_a_pod_says_the_same_in_protobuf(labelled):
    """A naive reader of the message finds what the JSON says."""
    labels, entry = labelled

    found, fields = read_object(objectmessages.pod_message(entry))

    containers = [decode(value) for number, value in fields if number == 4]  # type: ignore[arg-type]
    found["containers"] = [
        {"name": text_of(dict(container)[1]), "usage": read_usage(container, 2)}
        for container in containers
    ]
    assert found == plain_pod(labels, entry)


@given(node_entries)
def test_a_node_says_the_same_in_protobuf(labelled):
    """A naive reader of the message finds what the JSON says."""
    labels, entry = labelled

    found, fields = read_object(objectmessages.node_message(entry))

    found["usage"] = read_usage(fields, 4)
    assert found == plain_node(labels, entry)


def test_swap_is_served_where_it_is_reported():
    """A container without a swap figure has no swap in its usage; with one, 0 is a value."""
    without = json.loads(objects.pod_json(pod_entry()))
    with_zero = json.loads(objects.pod_json(pod_entry(swap=0)))

    assert without["containers"][0]["usage"] == {"cpu": "1m", "memory": "1Mi"}
    assert with_zero["containers"][0]["usage"] == {"cpu": "1m", "memory": "1Mi", "swap": "0"}


def test_an_object_was_created_when_its_answer_was_stored():
    """The creation time is the store's, the timestamp the kubelet's; both in whole seconds."""
    entry = Entry("ns", "web", b"{}", usage(ContainerUsage("c", 1, 1, None), stamp=NOON + 0.999))

    written = json.loads(objects.pod_json(entry))

    assert written["metadata"] == {
        "name": "web",
        "namespace": "ns",
        "creationTimestamp": "2026-11-23T12:00:01Z",
    }
    assert written["timestamp"] == "2026-11-23T12:00:00Z"
