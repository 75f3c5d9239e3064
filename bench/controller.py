"""What it costs to look after 1,000 HPAs of 10 pods each, in CPU seconds of each sync period.

    python -m bench.controller [HPAS] [NAMESPACES] [PERIODS] [-o json]

The API server is the sandbox's, over TLS, in a process of its own; ours is the process measured.
Every usage changes in every period, so that every status is written: the most there is to do. The
first period, in which everything is new, is shown but not counted.
"""

import asyncio
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tidegauge.autoscale.controller import Options, Reconciled, controlling
from tidegauge.cluster.client import Client
from tidegauge.cluster.kubeconfig import load_kubeconfig
from tidegauge.sandbox.apiserver.server import ApiServer
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.query import unescape_plus
from tidegauge.telemetry import logs
from tidegauge.units.clock import SystemClock
from tidegauge.units.timestamp import format_rfc3339

HPAS, NAMESPACES, PERIODS = 1000, 50, 3
PODS = 10
PERIOD = 15.0
LONG_AGO = 7200.0
USAGE = "/apis/metrics.k8s.io/"


class Row(Struct):
    """One sync period."""

    cpu_seconds: float
    reconciles: int
    seconds: float
    """From the first reconcile to the last."""
    rescaled: int


class Result(Struct):
    hpas: int
    pods: int
    namespaces: int
    period: float
    rows: list[Row]
    """The first is the one in which everything was new."""
    resident_mb: float
    listing_cpu_seconds: float
    """To list and keep all HPAs and pods."""


def objects(hpas: int, namespaces: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Resource and object: Deployments with their pods and HPAs."""
    since = format_rfc3339(int(time.time() - LONG_AGO))
    for number in range(namespaces):
        yield "namespaces", {"metadata": {"name": f"team-{number:03}"}, "spec": {}}
    for number in range(hpas):
        namespace, name = f"team-{number % namespaces:03}", f"app-{number:04}"
        metadata = {"name": name, "namespace": namespace, "generation": 1}
        labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop"}
        own = {**labels, "pod-template-hash": "7d4b9c6f5d"}
        yield (
            "deployments",
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": metadata,
                "spec": {"replicas": PODS, "selector": {"matchLabels": labels}},
                "status": {"replicas": PODS},
            },
        )
        for pod in range(PODS):
            yield "pods", _pod(namespace, f"{name}-7d4b9c6f5d-{pod:05}", own, since)
        yield "horizontalpodautoscalers", _autoscaler(metadata)


def _pod(namespace: str, name: str, labels: dict[str, str], since: str) -> dict[str, Any]:
    requests = {"requests": {"cpu": "100m", "memory": "128Mi"}}
    env = [{"name": f"VARIABLE_{i}", "value": f"value {i}"} for i in range(8)]
    container = {"image": "registry.example.com/shop:1.2.3", "resources": requests, "env": env}
    conditions = [
        {"type": kind, "status": "True", "lastTransitionTime": since}
        for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": part, **container} for part in ("app", "sidecar")]},
        "status": {"phase": "Running", "startTime": since, "conditions": conditions},
    }


def _autoscaler(metadata: dict[str, Any]) -> dict[str, Any]:
    half = {"type": "Utilization", "averageUtilization": 50}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": metadata["name"]}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": half}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": {
            "scaleTargetRef": target,
            "minReplicas": 5,
            "maxReplicas": 20,
            "metrics": [cpu],
        },
        "status": {"currentReplicas": 0, "desiredReplicas": 0},
    }


class Usage:
    """What pods use: around their target, and never the same in two periods."""

    def __init__(self, api: ApiServer) -> None:
        self._pods: dict[str, list[tuple[str, dict[str, str]]]] = {}
        for pod in api.storage.list("pods"):
            meta = pod["metadata"]
            named = meta["name"], meta["labels"]
            self._pods.setdefault(meta["namespace"], []).append(named)

    def answer(self, request: Request) -> Response:
        namespace = request.raw_path.split("/")[5]
        selector = unescape_plus(request.raw_query.partition("labelSelector=")[2])
        wanted = dict(term.split("=") for term in selector.split(",") if term)
        at = format_rfc3339(int(time.time()))
        items = [
            _item(namespace, name, labels, at)
            for name, labels in self._pods.get(namespace, ())
            if wanted.items() <= labels.items()
        ]
        body = msgspec.json.encode({"kind": "PodMetricsList", "items": items})
        return Response(200, [("Content-Type", "application/json")], body)


def _item(namespace: str, name: str, labels: dict[str, str], at: str) -> dict[str, Any]:
    # Within the tolerance but for some of the apps at a time, which are scaled.
    swing = math.sin(time.time() // PERIOD + int(name[4:8]) / 30)
    nano = 47_000_000 + int(9e6 * swing)
    usage = {"cpu": f"{nano}n", "memory": "64Mi"}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "timestamp": at,
        "window": "15s",
        "containers": [{"name": part, "usage": usage} for part in ("app", "sidecar")],
    }


async def serve(folder: Path, hpas: int, namespaces: int) -> None:
    """The API server; says so on its standard output once it is ready."""
    api = ApiServer()
    for kind, obj in objects(hpas, namespaces):
        api.storage.create(kind, obj)
    usage, others = Usage(api), api.handler.answer

    @asynccontextmanager
    async def answer(request: Request) -> AsyncIterator[Response]:
        if request.raw_path.startswith(USAGE):
            yield usage.answer(request)
            return
        async with others(request) as response:
            yield response

    api.handler.answer = answer  # type: ignore[method-assign]  # a server of our own
    await api.start()
    api.kubeconfig(folder / "admin.conf")
    print("ready", flush=True)
    await asyncio.Event().wait()


async def measure(kubeconfig: Path, hpas: int, namespaces: int, periods: int) -> Result:
    clock = SystemClock()
    done: list[tuple[float, bool]] = []

    def told(reconciled: Reconciled) -> None:
        done.append((time.monotonic(), reconciled.decision.rescale))

    rows = []
    async with Client(load_kubeconfig([kubeconfig]), clock) as client:
        before = time.process_time()
        async with controlling(client, Options(), clock, told=told) as controller:
            while not controller.synced:
                await asyncio.sleep(0.01)
            listing = time.process_time() - before
            for number in range(periods + 1):
                before = time.process_time()
                done.clear()
                # From the middle of a period to that of the next: all looks come at its beginning.
                await asyncio.sleep(PERIOD if number else PERIOD / 2)
                spent = time.process_time() - before
                seconds = done[-1][0] - done[0][0] if done else 0.0
                rescaled = sum(rescale for _, rescale in done)
                rows.append(Row(round(spent, 3), len(done), round(seconds, 2), rescaled))
                print(rows[-1], file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Result(hpas, hpas * PODS, namespaces, PERIOD, rows, round(peak, 1), round(listing, 3))


def table(result: Result) -> str:
    what = f"{result.hpas} HPAs of {PODS} pods in {result.namespaces} namespaces"
    listing = f"listing them all: {result.listing_cpu_seconds:.2f} s of CPU"
    names = ("period", 7), ("CPU s", 7), ("of a core", 10), ("reconciles", 11), ("within s", 9)
    head = " ".join(f"{name:>{width}}" for name, width in (*names, ("rescaled", 9)))
    lines = [f"{what}, every {result.period:g} s; {listing}", head]
    for number, row in enumerate(result.rows):
        lines.append(
            f"{number or 'first':>7} {row.cpu_seconds:7.2f} {row.cpu_seconds / result.period:10.1%}"
            f" {row.reconciles:11} {row.seconds:9.2f} {row.rescaled:9}"
        )
    return "\n".join([*lines, f"resident at most: {result.resident_mb:.0f} MB"])


def main(words: list[str]) -> None:
    as_json = words[-2:] == ["-o", "json"]
    given = [int(word) for word in (words[:-2] if as_json else words)]
    hpas, namespaces, periods = [*given, *(HPAS, NAMESPACES, PERIODS)[len(given) :]]
    logs.configure("text")
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.controller", "serve", folder, str(hpas), str(namespaces)],
            stdout=subprocess.PIPE,
        )
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            found = measure(Path(folder) / "admin.conf", hpas, namespaces, periods)
            result = asyncio.run(found)
        finally:
            server.kill()
            server.wait()
    print(json.dumps(msgspec.to_builtins(result), indent=2) if as_json else table(result))


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    else:
        main(sys.argv[1:])
