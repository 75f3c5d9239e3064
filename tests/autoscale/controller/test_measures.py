"""What the controller says about itself on /metrics."""

import asyncio

from prometheus_client import CollectorRegistry

from tests.autoscale.controller.test_controller import HPAS, world_with
from tests.autoscale.controller.virtual import run
from tests.autoscale.controller.world import NAMESPACE, Direct
from tidegauge.autoscale.controller import LeasePlace, Options, controlling

UPSTREAM = "horizontal_pod_autoscaler_controller"


def test_families():
    """Reconciles and computations by what they did, sizes by HPA, and how the controller is."""

    async def play():
        world = world_with("web", "idle", milli=240.0)
        world.load["idle"] = 50.0
        world.autoscaler("lost")
        registry = CollectorRegistry()
        async with controlling(Direct(world), Options(), world.clock, registry=registry):
            await asyncio.sleep(20)
            world.storage.delete(HPAS, NAMESPACE, "idle")
            await asyncio.sleep(1)

            def value(name, **labels):
                return registry.get_sample_value(f"{UPSTREAM}_{name}", labels)

            looks = [
                value("reconciliations_total", action="scale_up", error="none"),
                value("reconciliations_total", action="none", error="none"),
                value("reconciliations_total", action="none", error="internal"),
            ]
            kind = {"error": "none", "metric_type": "Resource"}
            metrics = [
                value("metric_computation_total", action="scale_up", **kind),
                value("metric_computation_duration_seconds_count", action="scale_up", **kind),
            ]
            sizes = [
                value("desired_replicas", namespace=NAMESPACE, hpa_name=name)
                for name in ("web", "idle", "lost")
            ]
            others = [
                registry.get_sample_value(f"tidegauge_controller_{name}")
                for name in ("leading", "queue_length", "memories", "queue_seconds_count")
            ]
            return looks, metrics, sizes, value("num_horizontal_pod_autoscalers"), others

    looks, metrics, sizes, number, others = run(play())

    # `web` twice, `idle` twice, and `lost` twice without a target. The action of a metric is
    # against the size in the status, which is zero at first.
    assert looks == [2.0, 2.0, 2.0]
    assert metrics == [3.0, 3.0]
    assert sizes == [5.0, None, None]
    assert number == 2.0
    assert others == [1.0, 0.0, 2.0, 6.0]


def test_no_longer_leading():
    """Sizes that another one decides from now on are not shown any more."""

    async def play():
        world = world_with("web", milli=240.0)
        registry, client = CollectorRegistry(), Direct(world)
        options = Options(lease=LeasePlace(namespace=NAMESPACE))
        labels = {"namespace": NAMESPACE, "hpa_name": "web"}
        found = []
        async with controlling(client, options, world.clock, registry=registry):
            for connected in (True, False):
                client.connected = connected
                await asyncio.sleep(20)
                found += [
                    registry.get_sample_value(f"{UPSTREAM}_desired_replicas", labels),
                    registry.get_sample_value("tidegauge_controller_leading"),
                ]
        return found

    assert run(play()) == [5.0, 1.0, None, 0.0]
