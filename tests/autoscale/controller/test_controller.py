"""The whole controller against the sandbox's API server, in virtual time."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from tests.autoscale.controller.virtual import BEGIN, run
from tests.autoscale.controller.world import NAMESPACE, Direct, World, running
from tidegauge.autoscale.controller import ConfigMapPlace, LeasePlace, Options, controlling
from tidegauge.autoscale.controller.keeping import ConfigMapKeeper
from tidegauge.autoscale.controller.targets import Target, Targets
from tidegauge.autoscale.controller.writing import NotLeadingError, Writer
from tidegauge.autoscale.reading import objects
from tidegauge.cluster.errors import Forbidden, Status, TooManyRequests

HPAS = "horizontalpodautoscalers"
SCALE = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/web/scale"
STATUS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/{HPAS}/web/status"
USAGE = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"


def world_with(*names, milli=40.0, replicas=1):
    world = World()
    for name in names:
        world.workload(name, replicas, milli)
        world.autoscaler(name)
    return world


def test_scales_up():
    """A workload with too much to do gets more pods at the first look, and the HPA says why."""

    async def play():
        world = world_with("web", milli=240.0)
        async with running(world):
            await asyncio.sleep(1)
        return world

    world = run(play())

    assert world.replicas("web") == 4  # 240 / 50 is 5, and one pod may become four at once
    status = world.get(HPAS, "web")["status"]
    assert (status["currentReplicas"], status["desiredReplicas"]) == (1, 4)
    assert status["observedGeneration"] == 1
    assert world.condition("web", "ScalingLimited") == ("True", "ScaleUpLimit")
    (event,) = world.events()
    assert event["involvedObject"]["uid"] == world.get(HPAS, "web")["metadata"]["uid"]
    assert event["source"] == {"component": "horizontal-pod-autoscaler"}
    assert event["message"] == (
        "New size: 4; reason: cpu resource utilization (percentage of request) above target"
    )


def test_every_period():
    """An HPA is looked at once a period, however often its status is written in between."""

    async def play():
        world = world_with("web")
        async with running(world) as (_, journal):
            await asyncio.sleep(20)
            world.change(HPAS, "web", status={"desiredReplicas": 7})
            await asyncio.sleep(30)
        return journal.times("web")

    assert run(play()) == pytest.approx([0.0, 15.0, 30.0, 45.0], abs=0.1)


def test_a_new_spec_at_once():
    """A changed spec is looked at when it comes; the next look comes when it would have."""

    async def play():
        world = world_with("web")
        async with running(world) as (_, journal):
            await asyncio.sleep(7)
            world.change(HPAS, "web", spec={"minReplicas": 3}, metadata={"generation": 2})
            await asyncio.sleep(13)
        return world, journal.times("web")

    world, times = run(play())

    assert times == pytest.approx([0.0, 7.0, 15.0], abs=0.1)
    assert world.replicas("web") == 3


def test_one_that_comes_later():
    """A new HPA is looked at when it comes, and no more once it is gone."""

    async def play():
        world = world_with("web")
        async with running(world) as (_, journal):
            await asyncio.sleep(4)
            world.workload("late", 1, 240.0)
            world.autoscaler("late")
            await asyncio.sleep(20)
            world.storage.delete(HPAS, NAMESPACE, "late")
            await asyncio.sleep(30)
        return journal.times("late")

    assert run(play()) == pytest.approx([4.0, 19.0], abs=0.1)


def test_sees_its_own_writes():
    """While the watch is behind our own write nothing is decided; once it has caught up, it is."""

    async def play():
        world = world_with("web", milli=240.0)
        async with running(world) as (client, journal):
            await asyncio.sleep(0.5)  # the watch is open, and the first look was taken
            client.flowing.clear()
            world.load["web"] = 400.0
            await asyncio.sleep(24.5)
            while_behind = journal.times("web")
            client.flowing.set()
            await asyncio.sleep(1)
        return while_behind, journal.times("web")

    while_behind, times = run(play())

    # The look at 15 s writes a status whose echo does not come, so the one at 30 s has to wait.
    assert while_behind == pytest.approx([0.0, 15.0], abs=0.1)
    assert times[:2] == while_behind


def test_a_watch_that_is_dead():
    """An HPA whose watch brings nothing any more is looked at all the same now and then, and what
    is written fits what is there.
    """

    async def play():
        world = world_with("web", milli=240.0)
        async with running(world) as (client, journal):
            await asyncio.sleep(0.5)
            client.flowing.clear()
            world.load["web"] = 400.0
            await asyncio.sleep(95)
            return journal.times("web"), world

    times, world = run(play())

    assert times == pytest.approx([0.0, 15.0, 90.0], abs=0.1)
    assert world.get(HPAS, "web")["status"]["currentReplicas"] == 8
    assert {event["reason"] for event in world.events()} == {"SuccessfulRescale"}


def test_gone_while_looked_at():
    """An HPA that is deleted in the middle of a look leaves nothing behind."""

    async def play():
        world = world_with("web", milli=240.0)
        registry = CollectorRegistry()
        client = Direct(world)
        client.latency = lambda path: 1.0 if path == SCALE else 0.0
        async with controlling(client, Options(), world.clock, registry=registry):
            await asyncio.sleep(1.5)  # its size is on its way
            world.storage.delete(HPAS, NAMESPACE, "web")
            await asyncio.sleep(60)
            labels = {"namespace": NAMESPACE, "hpa_name": "web"}
            family = "horizontal_pod_autoscaler_controller_desired_replicas"
            return (
                world.replicas("web"),
                registry.get_sample_value(family, labels),
                registry.get_sample_value("tidegauge_controller_memories"),
            )

    assert run(play()) == (4, None, 0.0)


@pytest.mark.parametrize("step", [-1800.0, 1800.0], ids=["back", "ahead"])
def test_the_clock_is_set(step):
    """A clock that is set neither lengthens nor shortens a window."""

    async def play():
        world = world_with("web", milli=200.0, replicas=4)
        async with running(world):
            await asyncio.sleep(5)
            world.load["web"] = 50.0
            await asyncio.sleep(115)
            world.clock.ahead += step
            while world.replicas("web") == 4:
                await asyncio.sleep(1)
            return world.clock.monotonic()

    assert 300.0 < run(play()) <= 317.0


@pytest.mark.parametrize(
    ("wait", "times", "reasons"),
    [
        (1.0, 2, {"SuccessfulRescale"}),
        (0.0, 1, {"FailedGetScale"}),
        (60.0, 1, {"FailedGetScale"}),
    ],
    ids=["later", "unsaid", "much-later"],
)
def test_a_busy_api_server(wait, times, reasons):
    """What is to be asked again in a moment is asked again, and nothing is said of it."""

    async def play():
        world = world_with("web", milli=240.0)
        left = {"GET": times, "PUT": times}

        def busy(method, path):
            if path == SCALE and left[method]:
                left[method] -= 1
                status = Status(429, "TooManyRequests", "not now")
                raise TooManyRequests(path, 429, status, wait)

        client = Direct(world)
        client.before = busy
        async with controlling(client, Options(), world.clock):
            await asyncio.sleep(10)
        return {event["reason"] for event in world.events()}

    assert run(play()) == reasons


def test_a_size_on_its_way_when_the_lease_was_lost():
    """It does not overwrite the size that the next leader has set meanwhile."""

    async def play():
        world = world_with("web", milli=240.0)
        client, leading = Direct(world), [True]
        targets = Targets(client, Writer(client, lambda: leading[0]), world.clock)
        target = await targets.read(objects.autoscaler(world.get(HPAS, "web")))
        assert isinstance(target, Target)

        def meanwhile(method, _path):
            if method == "PUT":
                leading[0] = False
                world.change("deployments", "web", spec={"replicas": 7})

        client.before = meanwhile
        with pytest.raises(NotLeadingError):
            await targets.rescale(target, 4)
        return world.replicas("web")

    assert run(play()) == 7


def test_one_list_for_all():
    """HPAs of a namespace share one list of its pods' usage; one alone asks for its own pods."""

    async def play(*names):
        world = world_with(*names, milli=240.0)
        async with running(world):
            await asyncio.sleep(1)
        return [path for _, path in world.requests].count(USAGE), [*map(world.replicas, names)]

    assert run(play("a", "b", "c")) == (1, [4, 4, 4])
    assert run(play("a")) == (1, [4])


def test_they_stay_together():
    """HPAs that share a list do so for ever, however long each look takes; those whose looks are
    apart ask for their own pods only, which is cheaper then.
    """

    async def play(*, apart):
        world = world_with("a", "b", "c", "d")
        async with running(world) as (client, _):
            client.latency = lambda path: 0.2 if "/a" in path else 0.01
            if apart:
                for name in "abcd":
                    world.storage.delete(HPAS, NAMESPACE, name)
                    await asyncio.sleep(3)
                    world.autoscaler(name)
            await asyncio.sleep(300)
            world.asked.clear()
            await asyncio.sleep(60)
        return world.asked

    assert run(play(apart=False)) == [""] * 4
    assert set(run(play(apart=True))) == {f"app={name}" for name in "abcd"}


def test_usage_without_labels():
    """A metrics server whose items do not say their pods' labels is asked for each selector."""

    async def play():
        world = world_with("a", "b", milli=240.0)
        world.labelled = False
        async with running(world):
            await asyncio.sleep(16)
            replicas, asked = world.replicas("a"), [*world.asked]
            world.labelled = True
            await asyncio.sleep(600)
            world.asked.clear()
            await asyncio.sleep(15)
        return replicas, asked, world.asked

    replicas, without, with_labels = run(play())

    assert replicas == 5
    assert sorted(without) == ["", *["app=a"] * 2, *["app=b"] * 2]
    assert with_labels == [""]  # another one was put in its place


def test_conflicting_scale():
    """Who else writes the target costs another try, and nothing is said of it."""

    async def play():
        world = world_with("web", milli=240.0)
        left = [3]

        def meddle(method, path):
            if (method, path) == ("PUT", SCALE) and left[0]:
                left[0] -= 1
                world.change("deployments", "web", metadata={"labels": {"turn": str(left)}})

        async with running(world) as (client, _):
            client.before = meddle
            await asyncio.sleep(1)
        return world

    world = run(play())

    assert world.replicas("web") == 4
    assert [event["reason"] for event in world.events()] == ["SuccessfulRescale"]
    assert [method for method, path in world.requests if path == SCALE] == ["GET", "PUT"] * 4


def test_refused_scale():
    """A size that is not taken is told in event and condition, and the status keeps the old one."""

    async def play():
        world = world_with("web", milli=240.0)

        def forbid(method, path):
            if (method, path) == ("PUT", SCALE):
                raise Forbidden(path, 403, Status(403, "Forbidden", "not you"))

        async with running(world) as (client, _):
            client.before = forbid
            await asyncio.sleep(1)
        return world

    world = run(play())

    assert world.replicas("web") == 1
    assert world.condition("web", "AbleToScale") == ("False", "FailedUpdateScale")
    assert world.get(HPAS, "web")["status"]["desiredReplicas"] == 0
    (event,) = world.events()
    assert event["message"] == (
        "New size: 4; reason: cpu resource utilization (percentage of request) above target; "
        "error: not you"
    )


def test_conflicting_status():
    """Who edits an HPA while its status is written loses nothing, and neither does the status."""

    async def play():
        world = world_with("web", milli=240.0)

        def meddle(method, path):
            if (method, path) == ("PUT", STATUS):
                client.before = lambda *_: None
                world.change(HPAS, "web", metadata={"labels": {"team": "b"}})

        async with running(world) as (client, _):
            client.before = meddle
            await asyncio.sleep(1)
        return world

    world = run(play())

    assert world.get(HPAS, "web")["metadata"]["labels"] == {"team": "b"}
    assert world.get(HPAS, "web")["status"]["desiredReplicas"] == 4
    assert [event["reason"] for event in world.events()] == ["SuccessfulRescale"]


def test_refused_status():
    """A status that cannot be written is told in an event."""

    async def play():
        world = world_with("web")

        def forbid(method, path):
            if (method, path) == ("PUT", STATUS):
                raise Forbidden(path, 403, Status(403, "Forbidden", "not you"))

        async with running(world) as (client, _):
            client.before = forbid
            await asyncio.sleep(1)
        return world

    (event,) = run(play()).events()

    assert (event["reason"], event["message"]) == ("FailedUpdateStatus", "not you")


def test_what_a_status_write_keeps():
    """Labels, annotations, finalizers, owners and the beginning of the name stay as they are."""
    own = {
        "generateName": "we",
        "labels": {"team": "a"},
        "annotations": {"note": "b"},
        "finalizers": ["example.com/c"],
        "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "d", "uid": "e"}],
    }

    async def play():
        world = world_with("web", milli=240.0)
        world.change(HPAS, "web", metadata=own)
        async with running(world):
            await asyncio.sleep(1)
        return world.get(HPAS, "web")

    got = run(play())

    assert got["status"]["desiredReplicas"] == 4
    assert {key: got["metadata"][key] for key in own} == own


def test_missing_target():
    """What is said again and again is one event that is counted."""

    async def play():
        world = World()
        world.autoscaler("web")
        async with running(world):
            await asyncio.sleep(35)
        return world

    world = run(play())

    assert world.condition("web", "AbleToScale") == ("False", "FailedGetScale")
    (event,) = world.events()
    assert event["message"] == 'deployments.apps "web" not found'
    assert event["count"] == 3


def test_two_for_one_workload():
    """Neither scales, and both say with whom they would have to share."""

    async def play():
        world = world_with("web", milli=240.0)
        world.autoscaler("another", "web")
        async with running(world, workers=1):
            await asyncio.sleep(31)
        return world

    world = run(play())

    assert world.condition("web", "ScalingActive") == ("False", "AmbiguousSelector")
    assert world.condition("another", "ScalingActive") == ("False", "AmbiguousSelector")


def test_another_namespace():
    """With namespaces given, only they are watched; others are not even asked about."""

    async def play():
        world = world_with("web", milli=240.0)
        world.storage.create("namespaces", {"metadata": {"name": "other"}, "spec": {}})
        async with running(world, namespaces=("other",)):
            await asyncio.sleep(1)
        return world

    world = run(play())

    assert world.replicas("web") == 1
    assert {path for _, path in world.requests} == {
        f"/apis/autoscaling/v2/namespaces/other/{HPAS}",
        "/api/v1/namespaces/other/pods",
    }


def test_one_that_cannot_be_read():
    """An HPA that we do not understand is told in the log, and does not stop the others."""

    async def play():
        world = world_with("good", milli=240.0)
        world.autoscaler("bad", "good", metrics="none")
        async with running(world):
            await asyncio.sleep(1)
        return world.replicas("good")

    with capture_logs() as logs:
        assert run(play()) == 4
    assert [(one["key"], one["cause"]) for one in logs if one["log_level"] == "warning"] == [
        ("shop/bad", "unreadable")
    ]


def test_a_bug_in_one():
    """What goes wrong with one HPA for no reason that we know does not stop the others."""

    async def play():
        world = world_with("bad", "good")
        async with running(world) as (client, journal):

            def fail(_method, path):
                if "/deployments/bad/" in path:
                    raise ZeroDivisionError

            client.before = fail
            await asyncio.sleep(16)
        return journal.times("good")

    with capture_logs() as logs:
        assert len(run(play())) == 2
    assert [one["key"] for one in logs if one["log_level"] == "error"] == ["shop/bad"] * 2


@pytest.mark.parametrize(
    ("memory", "down_at"),
    # Windows of 300 s from the first look, at 0 s and 120 s; the next look may be a period later.
    [(None, 420.0), (ConfigMapPlace(namespace=NAMESPACE), 300.0)],
    ids=["forgotten", "kept"],
)
def test_restart(memory, down_at):
    """A controller that remembers scales down when the window since the load ends; one that has
    forgotten waits for a whole window from its start, as upstream does.
    """

    async def play():
        world = world_with("web", milli=200.0, replicas=4)
        async with running(world, memory=memory):
            await asyncio.sleep(5)
            world.load["web"] = 50.0
            await asyncio.sleep(115)
        async with running(world, memory=memory):
            while world.replicas("web") == 4:
                await asyncio.sleep(1)
            return world.clock.monotonic()

    assert down_at < run(play()) <= down_at + 17


def test_made_anew():
    """An HPA that was deleted and made again remembers nothing of the old one."""

    async def play():
        world = world_with("web", milli=200.0, replicas=4)
        async with running(world) as (_, journal):
            await asyncio.sleep(20)
            world.storage.delete(HPAS, NAMESPACE, "web")
            world.autoscaler("web")
            await asyncio.sleep(1)
        return journal.all[-1][1].decision.outcome.memory

    assert min(one.at for one in run(play()).recommendations) == pytest.approx(BEGIN + 20)


LEASE = LeasePlace(namespace=NAMESPACE)
RULES = {
    "scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]},
    "scaleDown": {"policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
}


def another(name):
    return LeasePlace(namespace=NAMESPACE, identity=name)


def test_one_leads():
    """Of two controllers one works; when it is told to stop the other goes on at once."""

    async def play():
        world = world_with("web")
        async with AsyncExitStack() as first:
            _, journal = await first.enter_async_context(running(world, lease=another("a")))
            await asyncio.sleep(1)
            async with running(world, lease=another("b")) as (_, other):
                await asyncio.sleep(60)
                stood_by = other.times("web")
                await first.aclose()
                stopped = world.clock.monotonic()
                await asyncio.sleep(10)
                return journal.times("web"), stood_by, stopped, other.times("web")

    worked, stood_by, stopped, went_on = run(play())

    assert len(worked) == 5
    assert stood_by == []
    # At most the longest pause between two looks at the lease.
    assert stopped < went_on[0] <= stopped + 2.2 * 2.0


@pytest.mark.parametrize("silent", [False, True], ids=["refused", "silent"])
def test_cut_off(silent):
    """A leader that cannot renew writes nothing any more before another one may, whether its
    connections are refused or nothing is ever answered; later it stands by.
    """

    async def play():
        world = world_with("web")
        async with (
            running(world, lease=another("a")) as (client, journal),
            AsyncExitStack() as second,
        ):
            await asyncio.sleep(1)
            other = (await second.enter_async_context(running(world, lease=another("b"))))[1]
            await asyncio.sleep(20)
            cut = world.clock.monotonic()
            if silent:
                client.answering.clear()
            else:
                client.connected = False
            await asyncio.sleep(60)
            client.connected = True
            client.answering.set()
            await asyncio.sleep(60)
            return cut, journal.times("web"), other.times("web")

    cut, first, second = run(play())

    assert max(first) < cut + 10.0
    # The other waits for the lease's duration from when it has seen the last sign, and it looks
    # after 2 to 4.4 seconds each.
    assert cut + 13.0 <= second[0] < cut + 15.0 + 2.2 * 2.0
    assert len(second) >= 7


def test_a_connection_that_hangs():
    """One request for the Lease that is never answered does not cost it: there is time for another
    one.
    """

    async def play():
        world = world_with("web")
        async with running(world, lease=LEASE) as (client, journal):
            await asyncio.sleep(1)
            hangs = iter([1e6])
            client.latency = lambda path: next(hangs, 0.0) if "/leases/" in path else 0.0
            await asyncio.sleep(60)
        return journal.times("web")

    with capture_logs() as logs:
        times = run(play())
    assert times == pytest.approx([0.0, 15.0, 30.0, 45.0, 60.0], abs=0.1)
    election = [one["event"] for one in logs if one["event"].startswith("election")]
    assert election == ["election failed", "election recovered"]
    assert "no longer leading" not in {one["event"] for one in logs}


def test_who_leads_is_told():
    """The Lease has an event that says who leads, as with Kubernetes' own controllers."""

    async def play():
        world = world_with()
        async with running(world, lease=another("a")):
            await asyncio.sleep(1)
        return world.events("Lease"), world.get("leases", LEASE.name)["metadata"]

    (event,), lease = run(play())

    assert (event["reason"], event["message"]) == ("LeaderElection", "a became leader")
    assert event["involvedObject"]["apiVersion"] == "coordination.k8s.io/v1"
    assert event["involvedObject"]["uid"] == lease["uid"]


def test_told_to_stop_in_the_middle():
    """What was begun is finished: the status is written, the event told, the scaling remembered."""
    place = ConfigMapPlace(namespace=NAMESPACE)

    async def play():
        world = world_with("web", milli=240.0)
        world.change(HPAS, "web", spec={"behavior": RULES})
        scaling = asyncio.Event()

        def stop(method, path):
            if (method, path) == ("PUT", SCALE):
                scaling.set()

        async with running(world, lease=LEASE, memory=place) as (client, _):
            client.before = stop
            client.latency = lambda _path: 0.1
            await scaling.wait()
        client = Direct(world)
        keeper = ConfigMapKeeper(client, Writer(client, lambda: True), place.namespace, place.name)
        return world, (await keeper.load(world.clock.now()))["shop/web"].memory

    world, memory = run(play())

    assert world.get(HPAS, "web")["status"]["desiredReplicas"] == 5
    assert [event["reason"] for event in world.events()] == ["SuccessfulRescale"]
    assert [one.change for one in memory.ups] == [4]


def test_an_answer_that_never_comes():
    """Told to stop while a reconcile hangs, it ends all the same, and gives the lease back."""

    async def play():
        world = world_with("web")
        async with running(world, lease=LEASE) as (client, _):
            await asyncio.sleep(14)
            client.answering.clear()
            await asyncio.sleep(2)
            stopping = world.clock.monotonic()
            asyncio.get_running_loop().call_later(6, client.answering.set)
        return world.clock.monotonic() - stopping, world.get("leases", LEASE.name)["spec"]

    took, lease = run(play())

    assert took < 10
    assert lease.get("holderIdentity", "") == ""


def test_memories_that_cannot_be_kept():
    """Told to stop while ConfigMaps are not answered for, it ends well within the half minute that
    a pod has, and gives the lease back.
    """

    async def play():
        world = world_with("web")
        place = ConfigMapPlace(namespace=NAMESPACE)
        async with running(world, lease=LEASE, memory=place) as (client, _):
            await asyncio.sleep(14)
            client.latency = lambda path: 1e6 if "configmaps" in path else 0.0
            stopping = world.clock.monotonic()
        return world.clock.monotonic() - stopping, world.get("leases", LEASE.name)["spec"]

    with capture_logs() as logs:
        took, lease = run(play())

    assert took < 8
    assert "the last memories are not kept" in {one["event"] for one in logs}
    assert lease.get("holderIdentity", "") == ""
