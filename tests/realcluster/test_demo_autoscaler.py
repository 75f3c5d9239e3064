"""Kubernetes' own HPA controller on the sandbox's API server: nothing that it needs is missing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.console.demos import running
from tests.realcluster import build, versions
from tests.realcluster.process import Process
from tidegauge.cluster.client import Client
from tidegauge.console.access import api_access
from tidegauge.units.clock import SystemClock

pytestmark = pytest.mark.realcluster

SPEED = 10
SECONDS = 90.0

FLAGS = (
    "--controllers=horizontal-pod-autoscaler-controller",
    "--horizontal-pod-autoscaler-sync-period=1s",
    "--leader-elect=true",
    "--secure-port=0",
    "--use-service-account-credentials=false",
)
MANAGER = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager"
AUTOSCALERS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
EVENTS = "/api/v1/namespaces/shop/events"


async def test_the_real_controller_scales_the_demo(tmp_path: Path) -> None:
    """It takes its Lease, reads and scales all HPAs, writes status and events as on any cluster."""
    binary = build.find("kube-controller-manager", versions.KUBERNETES)
    program = build.ensure([binary])[binary.label]
    async with running(tmp_path / "demo", speed=SPEED) as watched:
        kubeconfig = watched.demo.kubeconfig
        command: list[str | Path] = [program, f"--kubeconfig={kubeconfig}", *FLAGS]
        manager = Process("kube-controller-manager", command, tmp_path / "manager.log")
        await watched.complete()
        manager.start()
        try:
            async with (
                asyncio.timeout(SECONDS),
                Client(api_access(str(kubeconfig)), SystemClock()) as admin,
            ):
                autoscalers = await scaled(admin)
                lease = await admin.get(MANAGER, type=dict[str, Any])
                events = await admin.get(EVENTS, type=dict[str, Any])
        finally:
            manager.stop()
    assert lease["spec"]["holderIdentity"]
    for each in autoscalers:
        said = {one["type"]: one["status"] for one in each["status"]["conditions"]}
        assert said["AbleToScale"] == said["ScalingActive"] == "True", each
        assert each["status"]["observedGeneration"] == 1
        assert each["status"]["currentMetrics"]
    reasons = {
        (event["involvedObject"]["name"], event["reason"])
        for event in events["items"]
        if event["involvedObject"]["kind"] == "HorizontalPodAutoscaler"
    }
    assert {("web", "SuccessfulRescale"), ("search", "SuccessfulRescale")} <= reasons
    assert not any(reason.startswith("Failed") for _, reason in reasons), reasons


async def scaled(admin: Client) -> list[dict[str, Any]]:
    """All HPAs, once web and search have been given other sizes."""
    while True:
        found = await admin.get(AUTOSCALERS, type=dict[str, Any])
        times = {
            each["metadata"]["name"]: "lastScaleTime" in each["status"] for each in found["items"]
        }
        if times.get("web") and times.get("search"):
            return list(found["items"])
        await asyncio.sleep(0.2)
