"""Worlds for tests: small stories, a storage whose clock the simulation moves."""

import dataclasses
from typing import Any

from tests.clock import ManualClock
from tidegauge.sandbox.apiserver.storage import Storage
from tidegauge.sandbox.simulation import library
from tidegauge.sandbox.simulation.engine import EventClock
from tidegauge.sandbox.simulation.kubelet import Kubelet
from tidegauge.sandbox.simulation.machines import Machine, default_machines
from tidegauge.sandbox.simulation.meter import Meter
from tidegauge.sandbox.simulation.story import Story
from tidegauge.sandbox.simulation.world import World

START = 1_795_435_200.0

PLAIN = """
title: A plain web service
images:
  web:1: {pull: 2s, ready: 2s, cpu: 0, memory: 64Mi, memoryPerRate: 100Ki}
  web:2: {pull: 2s, ready: 2s, cpu: 0, memory: 64Mi}
  web:broken: {pull: 2s, ready: 5s, crashAfter: 2s, exitCode: 3}
workloads:
  - name: web
    namespace: shop
    replicas: 4
    containers:
      - name: web
        image: web:1
        requests: {cpu: 200m, memory: 96Mi}
        limits: {cpu: 400m, memory: 128Mi}
load:
  - {to: shop/web, rate: 50, work: 10ms}
"""


def plain(*replaced: tuple[str, str]) -> Story:
    """The plain story, with pieces of its text replaced."""
    text = PLAIN
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    return tell(text)


def tell(text: str) -> Story:
    return library.parse("story.yaml", text)


def world(
    story: Story,
    *,
    seed: int = 1,
    machines: list[Machine] | None = None,
    housekeeping: float = 10.0,
    begins: float | None = None,
) -> World:
    clock = EventClock(ManualClock())
    storage = Storage(clock, seed=seed)
    return World(
        storage,
        story,
        start=START,
        begins=begins,
        seed=seed,
        machines=machines,
        housekeeping=housekeeping,
        clock=clock,
    )


def one_worker(**changed: Any) -> list[Machine]:
    """A control plane of one and a single worker."""
    machines = default_machines()
    return [machines[0], dataclasses.replace(machines[3], **changed)]


def pods(of: World, app: str, namespace: str = "shop") -> list[dict[str, Any]]:
    """The pods of one workload, as objects."""
    found = of.storage.list("pods", namespace)
    return [pod for pod in found if pod["metadata"]["labels"].get("app") == app]


def ready(of: World, app: str, namespace: str = "shop") -> int:
    return sum(
        any(
            each["type"] == "Ready" and each["status"] == "True"
            for each in pod["status"].get("conditions", ())
        )
        for pod in pods(of, app, namespace)
    )


def kubelet_of(of: World, pod: dict[str, Any]) -> Kubelet:
    return of.kubelet(pod["spec"]["nodeName"])


def meters(of: World, app: str) -> list[Meter]:
    return [
        meter
        for kubelet in of.kubelets.values()
        for pod, _, meter in kubelet.running()
        if pod.app == app
    ]


def reasons(of: World, kind: str, namespace: str = "shop") -> set[str]:
    """Of the events about objects of that kind."""
    events = of.storage.list("events", namespace)
    return {each["reason"] for each in events if each["involvedObject"]["kind"] == kind}


def dump(of: World) -> dict[str, Any]:
    """All that anybody can see of a world: every object, every node's body, every flow."""
    resources = (
        "nodes",
        "pods",
        "deployments",
        "replicasets",
        "statefulsets",
        "events",
        "leases",
        "services",
        "horizontalpodautoscalers",
    )
    return {
        **{name: of.storage.list(name) for name in resources},
        "bodies": {name: each.resource_metrics() for name, each in of.kubelets.items()},
        "summaries": {name: each.summary() for name, each in of.kubelets.items()},
        "flows": of.flows,
    }
