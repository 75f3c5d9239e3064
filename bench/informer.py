"""What 150,000 pods cost the informer, asked for in three ways: `python -m bench.informer [PODS]`.

The API server's bytes are made here, in the shapes and sizes that a real one sends for pods of two
containers (8.8 kB as JSON). Only our side is measured: cutting the stream, decoding and keeping.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tests.cluster import wire
from tidegauge.cluster.cache import Pods
from tidegauge.cluster.frames import LineSplitter
from tidegauge.cluster.jsonform import JsonForm, JsonObject, ObjectMeta
from tidegauge.cluster.labels import labels_from_json
from tidegauge.cluster.pods import PODS
from tidegauge.cluster.records import Pod

COUNT = 150_000
BATCH = 500
CHUNK = 64 << 10
"""Bytes that aiohttp gives at once."""

PAGE = 4096
MANAGED: dict[str, Any] = {
    f"f:field-{i}": {".": {}, f'k:{{"name":"item-{i}"}}': {"f:value": {}}} for i in range(70)
}
CONTAINER = {
    "name": "main",
    "image": "registry.example.com/shop/main:1.2.3",
    "env": [{"name": f"VARIABLE_{i}", "value": f"value {i}"} for i in range(8)],
    "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
    "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}, "periodSeconds": 10},
}
STATUS: dict[str, Any] = {
    "phase": "Running",
    "conditions": [{"type": f"Condition{i}", "status": "True"} for i in range(5)],
    "containerStatuses": [{"name": "main", "imageID": "sha256:" + "b" * 64}] * 24,
}


def identities(count: int) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Name, namespace, node and labels, in the API server's order: 20 pods of each workload."""
    for i in range(count):
        app = f"app-{i // 20:05}"
        labels = {
            "app.kubernetes.io/instance": app,
            "app.kubernetes.io/name": app,
            "app.kubernetes.io/part-of": "shop",
            "pod-template-hash": "7d4b9c6f5d",
            "tier": "backend",
        }
        yield f"{app}-7d4b9c6f5d-x{i:06}", f"team-{i // 300:04}", f"node-{i * 7 % 5000:05}", labels


def metadata_of(name: str, namespace: str, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": namespace,
        "uid": "44a67469-80a8-484d-b988-31161904c443",
        "resourceVersion": "123456789",
        "creationTimestamp": "2026-11-23T12:00:00Z",
        "labels": labels,
        "annotations": {"checksum/config": "a" * 64, "prometheus.io/port": "9090"},
        "managedFields": [{"manager": "kubelet", "fieldsV1": MANAGED}],
    }


def json_event(name: str, namespace: str, node: str, labels: dict[str, str]) -> bytes:
    pod = {
        "kind": "Pod",
        "metadata": metadata_of(name, namespace, labels),
        "spec": {"containers": [CONTAINER] * 2, "nodeName": node, "priority": 0},
        "status": STATUS,
    }
    return msgspec.json.encode({"type": "ADDED", "object": pod}) + b"\n"


def table_event(name: str, namespace: str, node: str, labels: dict[str, str]) -> bytes:
    cells = [name, "2/2", "Running", "0", "2m11s", "10.0.0.1", node, "<none>", "<none>"]
    part = {"kind": "PartialObjectMetadata", "metadata": metadata_of(name, namespace, labels)}
    table = {"kind": "Table", "rows": [{"cells": cells, "object": part}]}
    return msgspec.json.encode({"type": "ADDED", "object": table}) + b"\n"


def protobuf_event(name: str, namespace: str, node: str, labels: dict[str, str]) -> bytes:
    filler = len(json.dumps(MANAGED, separators=(",", ":")))
    annotations = {"checksum/config": "a" * 64, "prometheus.io/port": "9090"}
    fields = {"version": "123456789", "node": node, "labels": labels, "annotations": annotations}
    return wire.pod_event("ADDED", name, namespace, **fields, filler=filler, status=1400)


class _Spec(msgspec.Struct, rename="camel"):
    node_name: str = ""


class _PodObject(JsonObject):
    spec: _Spec = msgspec.field(default_factory=_Spec)


class _Row(msgspec.Struct):
    cells: list[msgspec.Raw]
    object: JsonObject


class _Table(msgspec.Struct):
    rows: list[_Row]


class _TableEvent(msgspec.Struct):
    object: _Table


def keep(meta: ObjectMeta, node: str) -> Pod:
    intern = sys.intern
    return Pod(
        intern(meta.namespace), meta.name, intern(node), labels_from_json(bytes(meta.labels))
    )


def read_table(decoder: "msgspec.json.Decoder[_TableEvent]", line: bytes) -> Pod:
    row = decoder.decode(line).object.rows[0]
    return keep(row.object.metadata, msgspec.json.decode(row.cells[6], type=str))


Way = tuple[Callable[..., bytes], Callable[[], Any], Callable[[bytes], Any]]


def ways() -> dict[str, Way]:
    """By name: how its bytes are made, cut, and read into a pod."""
    full = JsonForm(_PodObject, lambda pod: keep(pod.metadata, pod.spec.node_name))
    table = msgspec.json.Decoder(_TableEvent)
    return {
        "json": (json_event, LineSplitter, lambda line: full.event(line).record),
        "table": (table_event, LineSplitter, lambda line: read_table(table, line)),
        "protobuf": (
            protobuf_event,
            PODS.form.splitter,
            lambda frame: PODS.form.event(frame).record,
        ),
    }


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def measure(way: str, count: int) -> None:
    """One way in this process, whose memory is then only that of the pods."""
    make, split, read = ways()[way]
    splitter, pods = split(), Pods()
    everybody = identities(count)
    wired, spent, before = 0, 0.0, resident()
    while batch := [make(*identity) for identity, _ in zip(everybody, range(BATCH), strict=False)]:
        data = b"".join(batch)
        wired += len(data)
        start = time.process_time()
        for at in range(0, len(data), CHUNK):
            for frame in splitter.feed(data[at : at + CHUNK]):
                pods.put(read(frame))
        spent += time.process_time() - start
    kept = resident() - before
    print(
        f"{way:9} {wired / count:6.0f} B/pod  {spent / count * 1e6:5.1f} us/pod  {spent:5.2f} s"
        f"  {kept / count:5.0f} B/pod kept",
        flush=True,
    )
    if way == "protobuf":
        measure_reading(pods)


def measure_reading(pods: Pods) -> None:
    last = pods.get(*list(pods.keys())[-1])
    assert last
    for what, change in (
        ("all pods, first", lambda: None),
        ("all pods, again", lambda: None),
        ("all pods, one gone", lambda: pods.remove(last.key)),
        ("all pods, one come", lambda: pods.put(last)),
    ):
        change()
        start = time.perf_counter()
        pods.all()
        print(f"{what:20} {(time.perf_counter() - start) * 1e3:7.3f} ms")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure(sys.argv[2], int(sys.argv[1]))
    else:
        for name in ways():
            count = sys.argv[1] if len(sys.argv) > 1 else str(COUNT)
            subprocess.run([sys.executable, "-m", "bench.informer", count, name], check=True)
