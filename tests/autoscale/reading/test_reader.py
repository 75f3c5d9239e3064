"""What is read of a cluster, with which rights."""

import re

import pytest

from tests.autoscale.reading.served import (
    DEPLOYMENTS,
    PLACE,
    PODS,
    USAGE,
    forbidden,
    hpa,
    pod,
    serving,
    shop,
)
from tests.clock import ManualClock
from tidegauge.autoscale.engine.answers import Failure
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Scale, ScaleFailure
from tidegauge.autoscale.reading.reader import Reader
from tidegauge.cluster.access import Access
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import BadBody, Forbidden


@pytest.fixture
def served():
    with serving() as found:
        shop(found, hpa())
        yield found


async def observed(served, key="shop/web"):
    async with Client(Access("test", served.url), ManualClock()) as client:
        reader = Reader(client, ManualClock())
        near = await reader.neighbourhood("shop")
        return await reader.observe(key, near, Memory())


async def test_all_that_an_hpa_sees(served):
    """Enough to decide as its controller does."""
    got = await observed(served)

    assert got.situation.scale == Scale(2, 2, "app=web")
    assert [pod.name for pod in got.situation.pods] == ["web-0", "web-1"]
    assert decide(got.situation).desired == 3
    assert got.unread == ()
    assert (USAGE, {"labelSelector": "app=web"}) in served.asked


async def test_neighbours_selectors_are_known(served):
    """Two HPAs on one Deployment are ambiguous."""
    shop(served, hpa(), hpa("twin", scaleTargetRef=hpa()["spec"]["scaleTargetRef"]))

    got = await observed(served)

    assert list(got.situation.others) == ["shop/twin"]
    assert "controlled by more than one HPA" in str(decide(got.situation).outcome.error)


@pytest.mark.parametrize(
    ("path", "answer", "verb", "resource"),
    [
        (f"{DEPLOYMENTS}/web/scale", forbidden("scale"), "get", "deployments.apps/scale"),
        (PODS, forbidden("pods"), "list", "pods"),
        (USAGE, forbidden("usage"), "list", "pods.metrics.k8s.io"),
    ],
)
async def test_what_may_not_be_read_is_told(served, path, answer, verb, resource):
    """With what an administrator would grant."""
    served.answers[path] = answer

    got = await observed(served)

    assert [(one.verb, one.resource) for one in got.unread] == [(verb, resource)]


async def test_an_api_that_is_away_fails_for_the_controller_too(served):
    """In its words."""
    served.answers[USAGE] = 503, "service unavailable"

    got = await observed(served)

    said = "the server is currently unable to handle the request (get pods.metrics.k8s.io)"
    assert got.situation.answers.resource == Failure(said)
    assert got.unread == ()


@pytest.mark.parametrize(
    ("kind", "name", "failure"),
    [
        (
            "Rollout",
            "web",
            ScaleFailure('no matches for kind "Rollout" in group "apps"', unmapped=True),
        ),
        ("Deployment", "wbe", ScaleFailure(f'"{DEPLOYMENTS}/wbe/scale" not found')),
    ],
)
async def test_a_target_that_is_not_there(served, kind, name, failure):
    """The scale says why."""
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": name}
    served.answers[PLACE] = {"items": [hpa(scaleTargetRef=reference)]}

    assert (await observed(served)).situation.scale == failure


async def test_each_document_of_discovery_is_asked_for_once(served):
    """However many HPAs there are."""
    shop(served, *(hpa(f"web-{i}") for i in range(5)))

    async with Client(Access("test", served.url), ManualClock()) as client:
        reader = Reader(client, ManualClock())
        await reader.neighbourhood("shop")
        await reader.neighbourhood("shop")

    # Five at a time may ask before the first of them has the answer.
    assert sum(path == "/apis/apps/v1" for path, _ in served.asked) <= 5


async def test_custom_metrics_are_asked_for_by_the_preferred_version(served):
    """As discovery says."""
    target = {"type": "AverageValue", "averageValue": "10"}
    metric = {"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": target}}
    group = "custom.metrics.k8s.io"
    values = f"/apis/{group}/v1beta2/namespaces/shop/pods/*/hits"
    items = [{"describedObject": {"name": f"web-{i}"}, "value": "15"} for i in range(2)]
    served.answers |= {
        PLACE: {"items": [hpa(metrics=[metric])]},
        f"/apis/{group}": {
            "versions": [{"version": "v1beta1"}, {"version": "v1beta2"}],
            "preferredVersion": {"version": "v1beta2"},
        },
        values: {"items": items},
    }

    got = await observed(served)

    assert decide(got.situation).desired == 3


async def test_who_may_not_list_hpas_may_get_one(served):
    """By name."""
    served.answers[PLACE] = forbidden("hpas")

    async with Client(Access("test", served.url), ManualClock()) as client:
        reader = Reader(client, ManualClock())
        with pytest.raises(Forbidden):
            await reader.neighbourhood("shop")
        one = await reader.alone("shop", "web")

    assert one.autoscaler.key == "shop/web"


@pytest.mark.parametrize(
    ("path", "answer", "told"),
    [
        (PLACE, {"items": [hpa(metrics=None)]}, "horizontalpodautoscalers/web: Expected `array`"),
        (PODS, {"items": [pod("web-0", request="lots")]}, "/pods: quantities must match"),
        (PODS, {"items": [None]}, "Expected `object`, got `null`"),
        (PODS, {"items": [{"metadata": None}]}, "$.items[0].metadata"),
    ],
    ids=["an HPA", "a pod", "no pod", "a pod without a name"],
)
async def test_what_makes_no_sense_is_told_with_its_place(served, path, answer, told):
    """As an error of the cluster, not as a bug."""
    served.answers[path] = answer

    with pytest.raises(BadBody, match=re.escape(told)):
        await observed(served)
