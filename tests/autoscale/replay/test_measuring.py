"""What metric APIs answer of simulated pods: averages, windows, delays, and who is left out."""

import pytest
from msgspec.structs import replace

from tidegauge.autoscale.engine.answers import ContainerUsage, PodUsage, PodValue
from tidegauge.autoscale.replay.fleet import Fleet
from tidegauge.autoscale.replay.measuring import Figure, Meter, milli
from tidegauge.autoscale.replay.traffic import Traffic
from tidegauge.autoscale.replay.workload import Container, Measuring, Workload

_APP = Container(name="app", work=0.01, idle=0.05, starting=0.8)


class _World:
    """One pod at the beginning; looks each 15 s from 0 on."""

    def __init__(self, measuring=None, containers=(_APP,), replicas=1):
        self.workload = Workload(
            containers=containers,
            replicas=replicas,
            start_delay=5,
            ready_delay=20,
            measuring=measuring or Measuring(),
        )
        self.fleet = Fleet(self.workload, "web", {}, ())
        self.fleet.begin(replicas, 0.0)
        self.traffic = Traffic(self.workload.capacity, queue=True)
        self.meter = Meter(self.workload, 0.0)
        self.now = 0.0

    def flow(self, until, rate):
        """Let it flow, in pieces between looks and changes of pods."""
        while True:
            if self.fleet.next_change <= self.now:
                self.fleet.advance(self.now, self.traffic.each)
            if self.meter.next_look <= self.now:
                self.meter.look(self.traffic, 0)
            if self.now >= until:
                return
            upcoming = min(until, self.fleet.next_change, self.meter.next_look)
            self.traffic.flow(upcoming - self.now, rate, self.fleet.ready)
            self.now = upcoming

    def resize(self, replicas):
        self.fleet.resize(replicas, self.now, self.traffic.each)

    def span(self):
        found = self.meter.span(self.now)
        assert found
        return found

    def usage(self, delay=0.0):
        span = self.meter.span(self.now + delay)
        return None if span is None else span.usage(self.fleet.pods)


def _app(cpu):
    return (ContainerUsage("app", {"cpu": cpu}),)


def test_nothing_is_known_before_two_looks():
    """A rate takes two looks, and the delay until the second can be read."""
    world = _World(Measuring(delay=10))
    world.flow(15, 10)

    assert world.usage(delay=9.9) is None
    assert world.usage(delay=10) == [PodUsage("web-1", 15, 15, _app(150))]


def test_usage_is_the_average_of_the_window():
    """10 requests per second for 10 s, then 40 for 5 s: 20 on average, beside what is idle."""
    world = _World(Measuring(delay=0))
    world.flow(10, 10)
    world.flow(15, 40)

    assert world.usage() == [PodUsage("web-1", 15, 15, _app(250))]


def test_a_longer_window_is_of_more_looks():
    """A window of three periods; at first of as many as there are."""
    world = _World(Measuring(period=15, window=45, delay=0))
    world.flow(15, 0)
    first = world.usage()
    world.flow(45, 30)
    later = world.usage()
    world.flow(60, 30)

    assert first == [PodUsage("web-1", 15, 15, _app(50))]
    assert later == [PodUsage("web-1", 45, 45, _app(250))]
    assert world.usage() == [PodUsage("web-1", 60, 45, _app(350))]


def test_a_new_pod_has_no_sample_until_two_looks():
    """Created at 60, it runs from 65: looked at at 75 and at 90."""
    world = _World(Measuring(delay=0))
    world.flow(60, 0)
    world.resize(2)
    world.flow(75, 0)
    early = [one.pod for one in world.usage()]
    world.flow(90, 0)

    assert early == ["web-1"]
    assert [one.pod for one in world.usage()] == ["web-1", "web-2"]


def test_a_starting_pod_uses_what_starting_takes():
    """It runs from 65 and is ready at 85, so from 75 to 90 it starts for 10 s and serves for 5."""
    world = _World(Measuring(delay=0))
    world.flow(60, 20)
    world.resize(2)
    world.flow(90, 20)

    young = world.usage()[1]
    assert young == PodUsage("web-2", 90, 15, _app(milli((10 * 0.8 + 5 * 0.05 + 5 * 0.1) / 15)))


def test_a_starting_pod_is_throttled_at_its_limit():
    """Whatever it would use."""
    app = replace(_APP, limit=0.5)
    world = _World(Measuring(delay=0), (app,))
    world.flow(60, 0)
    world.resize(2)
    world.flow(90, 0)

    assert world.usage()[1].containers == _app(milli((10 * 0.5 + 5 * 0.05) / 15))


def test_every_container_is_measured():
    """Each container has its own cost of a request; memory is that of the moment."""
    app = Container(name="app", work=0.01, memory=100e6, memory_per_rate=1e6)
    world = _World(Measuring(delay=0), (app, Container(name="proxy", work=0.001, idle=0.01)))
    world.flow(10, 10)
    world.flow(15, 40)

    assert world.usage()[0].containers == (
        ContainerUsage("app", {"cpu": 200, "memory": 140_000_000_000}),
        ContainerUsage("proxy", {"cpu": 30}),
    )


def test_each_pod_has_its_own_requests():
    """Served per second by each, over the window; of the new pod since it is ready."""
    world = _World(Measuring(delay=0))
    world.flow(60, 20)
    world.resize(2)
    world.flow(90, 20)

    assert world.span().per_pod(world.fleet.pods) == [
        PodValue("web-1", 90, 15, milli((10 * 20 + 5 * 10) / 15)),
        PodValue("web-2", 90, 15, milli(5 * 10 / 15)),
    ]


def test_totals_tell_offered_served_and_waiting():
    """At 30 a second for pods that can do 20, a third waits."""
    app = Container(name="app", work=0.01, limit=0.2)
    world = _World(Measuring(delay=0), (app,))
    world.flow(15, 30)
    span = world.span()

    assert {figure.value: span.total(figure) for figure in Figure} == pytest.approx(
        {"requests": 30, "served": 20, "queue": 150}
    )


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (0.25, 250), (0.2500001, 251), (0.1 + 0.2, 300), (1e-9, 1)]
)
def test_milli_units_are_rounded_up(value, expected):
    """As Kubernetes reads nano-units, but without the noise of floats."""
    assert milli(value) == expected
