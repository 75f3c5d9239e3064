"""The demo scales, tells why, and holds still when it should: seen over the API, as a viewer."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.console.demos import PERIOD as DEMO_PERIOD
from tests.console.demos import SECONDS, Watched, running
from tidegauge.cluster.client import Client
from tidegauge.console.access import api_access
from tidegauge.sandbox.apiserver.identities import CONTROLLER_USER
from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.sandbox.faults.playing import FaultError, Faults, read
from tidegauge.sandbox.simulation import library
from tidegauge.units.clock import SystemClock

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.live]

AUTOSCALERS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/tidegauge-controller"
PERIOD = 1.0
# The crowd comes 2 s after the start, and stays for the whole of a test.
SPEED = 10


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Watched]:
    with tempfile.TemporaryDirectory() as folder:
        async with running(
            Path(folder), speed=SPEED, controller=True, sync_period=PERIOD
        ) as watched:
            yield watched


@pytest_asyncio.fixture(loop_scope="module")
async def admin(lab: Watched) -> AsyncIterator[Client]:
    access = api_access(str(lab.demo.cluster.kubeconfig("admin")))
    async with Client(access, SystemClock()) as client:
        yield client


@pytest.fixture
def faults(lab: Watched) -> Faults:
    return lab.demo.faults


async def conditions(admin: Client, name: str) -> dict[str, tuple[str, str]]:
    """Status and reason, by type."""
    found = await admin.get(f"{AUTOSCALERS}/{name}", type=dict[str, Any])
    return {
        each["type"]: (each["status"], each["reason"])
        for each in found["status"].get("conditions", ())
    }


async def until_condition(lab: Watched, admin: Client, name: str, wanted: tuple[str, str]) -> None:
    """Until the HPA says so of whether it scales."""
    said: dict[str, tuple[str, str]] = {}
    async for _ in lab.looks(int(SECONDS / DEMO_PERIOD)):
        said = await conditions(admin, name)
        if said.get("ScalingActive") == wanted:
            return
    raise AssertionError(said)


async def test_the_load_scales_and_the_reason_is_told(lab: Watched, admin: Client) -> None:
    """Sizes, conditions and events are those of a real controller; the screen says why."""
    courses = lab.demo.courses

    await lab.until(
        lambda picture: any(row.name == "web" and row.ready > 3 for row in picture.autoscalers),
        "more pods of web that are ready",
    )

    step = courses.all["shop/web"].steps[0]
    assert step.after > step.before == 3
    assert "of 60% asks for " in step.why
    assert courses.unfounded == []
    found = await admin.get(f"{AUTOSCALERS}/web", type=dict[str, Any])
    assert found["status"]["lastScaleTime"]
    assert found["status"]["observedGeneration"] == 1
    events = await admin.get("/api/v1/namespaces/shop/events", type=dict[str, Any])
    assert any(
        event["reason"] == "SuccessfulRescale"
        and event["involvedObject"]["name"] == "web"
        and event["source"]["component"] == "horizontal-pod-autoscaler"
        for event in events["items"]
    )


async def test_the_controller_has_no_more_rights_than_it_needs(admin: Client) -> None:
    """It leads under its Lease, and may neither make pods nor read secrets."""
    lease = await admin.get(LEASE, type=dict[str, Any])
    assert lease["spec"]["holderIdentity"]

    user = f"system:serviceaccount:kube-system:{CONTROLLER_USER}"
    allowed = {}
    for verb, group, resource in (
        ("create", "", "pods"),
        ("list", "", "secrets"),
        ("update", "apps", "deployments"),
        ("list", "", "pods"),
    ):
        attributes = {"verb": verb, "group": group, "resource": resource, "namespace": "shop"}
        review = {"spec": {"user": user, "resourceAttributes": attributes}}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        answer = await admin.post(path, review, type=dict[str, Any])
        allowed[verb, resource] = answer["status"]["allowed"]
    assert [key for key, value in allowed.items() if value] == [("list", "pods")]


async def test_without_metrics_nothing_is_scaled(
    lab: Watched, admin: Client, faults: Faults
) -> None:
    """Neither up nor down, for as long as it lasts; conditions say why; then it goes on."""
    await faults.begin(read("metrics-away"))
    failed = ("False", "FailedGetResourceMetric")
    await until_condition(lab, admin, "api", failed)
    steps = {key: len(course.steps) for key, course in lab.demo.courses.all.items()}

    async for picture in lab.looks(12):
        assert all(row.use is None for row in picture.nodes)

    assert {key: len(course.steps) for key, course in lab.demo.courses.all.items()} == steps
    assert all(course.failing for course in lab.demo.courses.all.values())
    assert lab.demo.courses.all["shop/api"].now.startswith("no decision: ")
    await faults.clear()
    await until_condition(lab, admin, "api", ("True", "ValidMetricFound"))


async def test_what_is_held_back_stays_so_over_a_restart(lab: Watched, faults: Faults) -> None:
    """Until the same moment: the memory outlives the controller."""
    course = lab.demo.courses.all["shop/api"]
    await lab.until(lambda _: "held by" in course.now, "a size that is held")
    held = course.now.partition("; ")[2]

    await faults.begin(read("controller-restarted"))
    course.now = ""
    await lab.until(lambda _: course.now != "", "the next look")

    assert "until 0:" in held
    assert course.now.endswith(held)


async def test_a_second_autoscaler_stops_both(lab: Watched, admin: Client, faults: Faults) -> None:
    """Each says that it is not alone; when it is gone, the first goes on."""
    ambiguous = ("False", "AmbiguousSelector")
    await faults.begin(read("second-autoscaler"))

    await until_condition(lab, admin, "second", ambiguous)
    await until_condition(lab, admin, "api", ambiguous)

    await faults.clear()
    await until_condition(lab, admin, "api", ("True", "ValidMetricFound"))


async def test_one_container_without_a_request_is_enough(
    lab: Watched, admin: Client, faults: Faults
) -> None:
    """The HPA on whole pods can't go on; the one on a named container can."""
    await faults.begin(read("missing-request"))

    await until_condition(lab, admin, "api", ("False", "FailedGetResourceMetric"))

    assert "missing request for cpu in container logger" in lab.demo.courses.all["shop/api"].now
    assert (await conditions(admin, "web"))["ScalingActive"] == ("True", "ValidMetricFound")
    await faults.clear()
    await until_condition(lab, admin, "api", ("True", "ValidMetricFound"))


@pytest.mark.parametrize("name", ["second-autoscaler", "missing-request"])
async def test_a_story_without_autoscalers_has_no_such_fault(name: str, tmp_path: Path) -> None:
    """Which is told, with what has one."""
    cluster = EmbeddedCluster(tmp_path, library.shipped("leak"), this_machine=False)
    async with cluster, Faults(cluster) as faults:
        with pytest.raises(FaultError, match=f"{name}: .*; the stories shop-day"):
            await faults.begin(read(name))
