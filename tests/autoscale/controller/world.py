"""A cluster in one event loop: the sandbox's API server without sockets, workloads that obey their
scale at once, and usage as a test says.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from tests.autoscale.controller.virtual import VirtualClock
from tidegauge.autoscale.controller import Options, Reconciled, controlling
from tidegauge.cluster.access import Access
from tidegauge.cluster.answers import refusal
from tidegauge.cluster.client import Client, Stream
from tidegauge.cluster.deadline import deadline
from tidegauge.cluster.errors import Unreachable
from tidegauge.sandbox.apiserver.identities import ADMIN
from tidegauge.sandbox.apiserver.server import ApiServer
from tidegauge.serving.messages import Request
from tidegauge.units.selectors import parse_label_selector
from tidegauge.units.timestamp import format_rfc3339

NAMESPACE = "shop"
LONG_AGO = 3600.0

Object = dict[str, Any]


class World:
    """Make it inside of the virtual loop."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.server = ApiServer(self.clock)
        self.storage = self.server.storage
        self.token = self.server.identities.token(ADMIN)
        self.load: dict[str, float] = {}
        """Milli-cores that the pods of an app use together."""
        self.labelled = True
        """Whether usage comes with its pods' labels."""
        self.asked: list[str] = []
        """The selectors for which usage was asked."""
        self.requests: list[tuple[str, str]] = []
        """Method and path of all that was asked."""
        self.storage.create("namespaces", {"metadata": {"name": NAMESPACE}, "spec": {}})
        self.storage.subscribe("deployments", lambda _, obj: self._obey(obj))

    def workload(self, name: str, replicas: int, milli: float, **extra: str) -> None:
        """A Deployment whose pods request 100 milli-cores each and use so many together."""
        self.load[name] = milli
        labels = {"app": name, **extra}
        self.storage.create(
            "deployments",
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": NAMESPACE, "generation": 1},
                "spec": {
                    "replicas": replicas,
                    "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}},
                },
                "status": {"replicas": replicas},
            },
        )

    def autoscaler(self, name: str, target: str | None = None, **spec: Any) -> None:
        """One that aims at 50 % of the CPU request with one to ten pods, unless it says else."""
        half = {"type": "Utilization", "averageUtilization": 50}
        self.storage.create(
            "horizontalpodautoscalers",
            {
                "apiVersion": "autoscaling/v2",
                "kind": "HorizontalPodAutoscaler",
                "metadata": {
                    "name": name,
                    "namespace": NAMESPACE,
                    "generation": 1,
                    "labels": {"team": "a"},
                },
                "spec": {
                    "scaleTargetRef": {
                        "apiVersion": "apps/v1",
                        "kind": "Deployment",
                        "name": target or name,
                    },
                    "minReplicas": 1,
                    "maxReplicas": 10,
                    "metrics": [
                        {"type": "Resource", "resource": {"name": "cpu", "target": half}},
                    ],
                    **spec,
                },
                "status": {"currentReplicas": 0, "desiredReplicas": 0},
            },
        )

    def change(self, resource: str, name: str, **parts: Mapping[str, Any]) -> None:
        """Parts of an object, such as its spec, with some fields changed."""
        obj = self.get(resource, name)
        self.storage.update(resource, obj | {key: obj[key] | new for key, new in parts.items()})

    def get(self, resource: str, name: str) -> Object:
        found = self.storage.get(resource, NAMESPACE, name)
        assert found is not None, f"{resource} {name}"
        return found

    def replicas(self, name: str) -> int:
        return int(self.get("deployments", name)["spec"]["replicas"])

    def events(self, kind: str = "HorizontalPodAutoscaler") -> list[Object]:
        """About objects of that kind."""
        events = self.storage.list("events", NAMESPACE)
        return [one for one in events if one["involvedObject"]["kind"] == kind]

    def condition(self, name: str, kind: str) -> tuple[str, str]:
        """Its status and reason."""
        conditions = self.get("horizontalpodautoscalers", name)["status"]["conditions"]
        return next((c["status"], c["reason"]) for c in conditions if c["type"] == kind)

    def usage(self, selector: str) -> Object:
        """A PodMetricsList."""
        parsed = parse_label_selector(selector)
        pods = [
            pod
            for pod in self.storage.list("pods", NAMESPACE)
            if parsed.matches(pod["metadata"]["labels"])
        ]
        return {"kind": "PodMetricsList", "items": [self._measured(pod) for pod in pods]}

    def _measured(self, pod: Object) -> Object:
        metadata = pod["metadata"]
        app = metadata["labels"]["app"]
        share = self.load[app] / max(self.replicas(app), 1)
        shown = ("name", "namespace", "labels") if self.labelled else ("name", "namespace")
        return {
            "metadata": {key: metadata[key] for key in shown},
            "timestamp": format_rfc3339(int(self.clock.now())),
            "window": "15s",
            "containers": [{"name": "app", "usage": {"cpu": f"{round(share)}m"}}],
        }

    def _obey(self, deployment: Object) -> None:
        name, labels = deployment["metadata"]["name"], deployment["spec"]["selector"]["matchLabels"]
        wanted = {f"{name}-{i}" for i in range(deployment["spec"]["replicas"])}
        there = {
            pod["metadata"]["name"]
            for pod in self.storage.list("pods", NAMESPACE)
            if pod["metadata"]["labels"] == labels
        }
        since = format_rfc3339(int(self.clock.now() - LONG_AGO))
        for pod in sorted(wanted - there):
            self.storage.create("pods", pod_manifest(pod, labels, since))
        for pod in there - wanted:
            self.storage.delete("pods", NAMESPACE, pod)


def pod_manifest(name: str, labels: Mapping[str, str], since: str) -> Object:
    requests = {"requests": {"cpu": "100m"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": dict(labels)},
        "spec": {"containers": [{"name": "app", "image": "app:1", "resources": requests}]},
        "status": {
            "phase": "Running",
            "startTime": since,
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since}],
        },
    }


class _Answer(Stream):
    """An answer that is there already, or keeps coming."""

    __slots__ = ("_given",)
    _given: AsyncGenerator[bytes, None]

    def __init__(self, url: str, content_type: str, chunks: AsyncGenerator[bytes, None]) -> None:
        super().__init__(url, content_type, None)  # type: ignore[arg-type]  # there is no HTTP
        object.__setattr__(self, "_given", chunks)

    def chunks(self) -> AsyncGenerator[bytes, None]:
        return self._given


class Direct(Client):
    """The client, with requests that go straight into the world's API server.

    `before` is called with each, and may raise or change the world.
    """

    def __init__(self, world: World) -> None:
        super().__init__(Access("test", "http://api"), world.clock, environ={})
        self.world = world
        self.connected = True
        self.flowing, self.answering = asyncio.Event(), asyncio.Event()
        """Cleared while watches bring nothing, or no answer comes."""
        self.flowing.set()
        self.answering.set()
        self.latency: Callable[[str], float] = lambda _path: 0.0
        self.before: Callable[[str, str], None] = lambda _method, _path: None

    @asynccontextmanager
    async def _answer(
        self, request: Any, seconds: float, *, lasting: bool = False
    ) -> AsyncIterator[Stream]:
        del lasting
        url = f"http://api{request.path}"
        self.world.requests.append((request.method, request.path))
        self.before(request.method, request.path)
        if not self.connected:
            raise Unreachable(url, "cut off")
        async with deadline(url, seconds):
            await self.answering.wait()
            await asyncio.sleep(self.latency(request.path))
        if request.path.startswith("/apis/metrics.k8s.io/"):
            yield _Answer(url, "application/json", _once(self._usage(request)))
            return
        async with self.world.server.handler.answer(self._asked(request)) as response:
            found = {name.lower(): value for name, value in response.headers}
            content_type = found.get("content-type", "")
            if response.lasting is not None:
                yield _Answer(url, content_type, self._while_connected(url, response.lasting))
                return
            whole = response.body
            body = whole if isinstance(whole, bytes) else b"".join(whole)
            if response.status >= 300:
                raise refusal(url, response.status, content_type, body, None)
            yield _Answer(url, content_type, _once(body))

    def _usage(self, request: Any) -> bytes:
        selector = (request.params or {}).get("labelSelector", "")
        self.world.asked.append(selector)
        return json.dumps(self.world.usage(selector)).encode()

    def _asked(self, request: Any) -> Request:
        """As it would arrive."""
        target = f"{request.path}?{urlencode(request.params or {})}"
        headers = (
            ("authorization", f"Bearer {self.world.token}"),
            ("accept", request.accept),
            ("content-type", request.content_type),
        )
        return Request(request.method, target, headers, request.data or b"")

    async def _while_connected(
        self, url: str, chunks: AsyncGenerator[bytes, None]
    ) -> AsyncGenerator[bytes, None]:
        async for chunk in chunks:
            await self.flowing.wait()
            if not self.connected:
                raise Unreachable(url, "cut off")
            yield chunk


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


class Journal:
    """What a controller did, in order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.all: list[tuple[float, Reconciled]] = []

    def __call__(self, reconciled: Reconciled) -> None:
        self.all.append((round(self._world.clock.monotonic(), 3), reconciled))

    def times(self, name: str) -> list[float]:
        return [at for at, one in self.all if one.key == f"{NAMESPACE}/{name}"]

    def sizes(self, name: str) -> list[int | None]:
        return [one.decision.desired for _, one in self.all if one.key == f"{NAMESPACE}/{name}"]


@asynccontextmanager
async def running(world: World, **options: Any) -> AsyncIterator[tuple[Direct, Journal]]:
    """A controller at work in that world."""
    client, journal = Direct(world), Journal(world)
    async with controlling(client, Options(**options), world.clock, told=journal):
        yield client, journal
