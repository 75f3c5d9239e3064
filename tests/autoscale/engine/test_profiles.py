"""Each switch of a profile, off and on; and which version has which."""

import pytest
from msgspec.structs import asdict, replace

from tests.autoscale.engine.given import (
    QUEUE,
    autoscaler,
    pod,
    pods,
    queue_metric,
    situation,
    usage,
    usages,
    view,
)
from tidegauge.autoscale.engine.answers import Answers
from tidegauge.autoscale.engine.decision import Path
from tidegauge.autoscale.engine.errors import MetricError
from tidegauge.autoscale.engine.grouping import Group
from tidegauge.autoscale.engine.podmetrics import by_resource_average, by_utilization
from tidegauge.autoscale.engine.pods import Container, Kind
from tidegauge.autoscale.engine.profiles import NEWEST, PROFILES, Profile, nearest
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.requests import RequestError, requests_by_pod
from tidegauge.autoscale.engine.situation import Scale
from tidegauge.autoscale.engine.status import Condition, ConditionType, Status
from tidegauge.autoscale.engine.tolerance import tolerance_of
from tidegauge.autoscale.engine.valuemetrics import by_external_average, by_external_value
from tidegauge.units.quantities import parse

MOST, LEAST = 2**31 - 1, -(2**31)

SINCE = {
    "two_sided_tolerance": "1.33",
    "tolerance_by_direction": "1.33",
    "left_out_at_target": "1.32",
    "container_may_be_missing": "1.33",
    "container_must_exist": "1.37",
    "sidecar_requests": "1.32",
    "pod_level_resources": "1.37",
    "guarded_overflow": "1.37",
    "scale_to_zero": "1.37",
    "zero_by_condition": "1.37",
    "observed_generation": "1.37",
    "succeeded_ignored": None,
}
"""The first of our profiles that has it."""


@pytest.mark.parametrize("version", PROFILES)
def test_a_version_has_the_switches_of_its_time(version: str) -> None:
    """What one version has, the later ones have; every switch is named here."""
    versions = list(PROFILES)
    expected = {
        name: since is not None and versions.index(since) <= versions.index(version)
        for name, since in SINCE.items()
    }

    assert asdict(PROFILES[version]) == expected


def with_switch(name: str, value: bool) -> Profile:
    return replace(NEWEST, **{name: value})


@pytest.mark.parametrize(("on", "held"), [(True, True), (False, False)])
def test_two_sided_tolerance(on: bool, held: bool) -> None:
    """At 55/50 only the newer test tolerates."""
    tolerance = tolerance_of(0.1, None, None, with_switch("two_sided_tolerance", on))

    assert tolerance.holds(55 / 50) is held


@pytest.mark.parametrize(("on", "up", "down"), [(True, 0.2, 0.0), (False, 0.1, 0.1)])
def test_tolerance_by_direction(on: bool, up: float, down: float) -> None:
    """Before it was a field, the flag ruled both directions; zero is a value."""
    tolerance = tolerance_of(0.1, 0.2, 0.0, with_switch("tolerance_by_direction", on))

    assert (tolerance.up, tolerance.down) == (up, down)


@pytest.mark.parametrize("on", [True, False])
def test_container_may_be_missing(on: bool) -> None:
    """A pod without the container is left out, or fails the metric."""
    answers = Answers(
        resource=(*usages(90, 90, 90).resource, usage("web-3", 90, container="other")),  # type: ignore[misc]
    )
    given = view(answers=answers, profile=with_switch("container_may_be_missing", on))

    if on:
        got = by_resource_average(given, "cpu", "app", 50)
        assert got.pods[3].group is Group.MISSING
    else:
        with pytest.raises(MetricError, match="container app not present in metrics for pod ns/w"):
            by_resource_average(given, "cpu", "app", 50)


@pytest.mark.parametrize(("on", "request_milli"), [(True, 150), (False, 100)])
def test_sidecar_requests(on: bool, request_milli: int) -> None:
    """A sidecar's request counts or does not; that of a plain init container never does."""
    extra = [
        Container(name="setup", kind=Kind.INIT, requests={"cpu": parse("1")}),
        Container(name="mesh", kind=Kind.SIDECAR, requests={"cpu": parse("50m")}),
    ]
    one = pod("web-0")
    one = replace(one, containers=(*extra, *one.containers))

    got = requests_by_pod([one], "", "cpu", with_switch("sidecar_requests", on))

    assert got == {"web-0": request_milli}


@pytest.mark.parametrize(("on", "replicas"), [(True, 4), (False, 2)])
def test_left_out_at_target(on: bool, replicas: int) -> None:
    """Two of four pods without a sample, the others on target: nothing is done, or half is."""
    given = view(answers=usages(50, 50), profile=with_switch("left_out_at_target", on))

    assert by_resource_average(given, "cpu", "", 50).replicas == replicas


@pytest.mark.parametrize("on", [True, False])
def test_container_must_exist(on: bool) -> None:
    """A pod without the container fails the metric, or counts as requesting nothing."""
    profile = with_switch("container_must_exist", on)

    if on:
        with pytest.raises(RequestError, match="container mesh not found in Pod web-0"):
            requests_by_pod(pods(1), "mesh", "cpu", profile)
    else:
        assert requests_by_pod(pods(1), "mesh", "cpu", profile) == {"web-0": 0}


@pytest.mark.parametrize(("on", "request_milli"), [(True, 310), (False, 100)])
def test_pod_level_resources(on: bool, request_milli: int) -> None:
    """The pod's own request with its overhead, or that of its containers."""
    one = pod("web-0", pod_requests={"cpu": parse("300m")}, overhead={"cpu": parse("10m")})

    got = requests_by_pod([one], "", "cpu", with_switch("pod_level_resources", on))

    assert got == {"web-0": request_milli}


@pytest.mark.parametrize(
    ("values", "on", "by_value", "by_average"),
    [
        ((2**62,), True, MOST, MOST),
        ((2**62,), False, LEAST, LEAST),
        ((2**62, 2**62), True, MOST, MOST),
        ((2**62, 2**62), False, LEAST, LEAST),
        ((-3000,), True, -12, MOST),
        ((-3000,), False, -12, -3),
    ],
)
def test_guarded_overflow(
    values: tuple[int, ...], on: bool, by_value: int, by_average: int
) -> None:
    """A huge sum asks for the most there is, or for less than nothing; so may one below zero."""
    given = view(
        answers=Answers(external={QUEUE: values}), profile=with_switch("guarded_overflow", on)
    )

    assert by_external_value(given, QUEUE, 1000).replicas == by_value
    assert by_external_average(given, QUEUE, 1000).replicas == by_average


OURS = Condition(ConditionType.SCALED_TO_ZERO.value, "True", "ScaledToZero", "", 0.0)


@pytest.mark.parametrize(("on", "path"), [(True, Path.METRICS), (False, Path.DISABLED)])
def test_scale_to_zero(on: bool, path: Path) -> None:
    """A zero that was made here is left again, or stays and loses its mark."""
    given = situation(
        autoscaler=autoscaler(Status(conditions=(OURS,)), minReplicas=0, metrics=[queue_metric()]),
        scale=Scale(0, 0, "app=web"),
        answers=Answers(external={QUEUE: (50_000,)}),
        profile=with_switch("scale_to_zero", on),
    )

    got = decide(given)

    assert got.path is path
    kinds = {one.type for one in got.outcome.status.conditions}
    assert (ConditionType.SCALED_TO_ZERO in kinds) is on


@pytest.mark.parametrize(("on", "path"), [(True, Path.DISABLED), (False, Path.METRICS)])
def test_zero_by_condition(on: bool, path: Path) -> None:
    """A zero that somebody else made switches the HPA off; before, a minimum of zero sufficed."""
    given = situation(
        autoscaler=autoscaler(minReplicas=0, metrics=[queue_metric()]),
        scale=Scale(0, 0, "app=web"),
        answers=Answers(external={QUEUE: (50_000,)}),
        profile=with_switch("zero_by_condition", on),
    )

    assert decide(given).path is path


@pytest.mark.parametrize(("on", "generation"), [(True, 1), (False, None)])
def test_observed_generation(on: bool, generation: int | None) -> None:
    """The status names the generation, or drops what stood there."""
    given = situation(
        autoscaler=autoscaler(Status(observed_generation=7)),
        profile=with_switch("observed_generation", on),
    )

    assert decide(given).outcome.status.observed_generation == generation


@pytest.mark.parametrize(("on", "group"), [(True, Group.IGNORED), (False, Group.MISSING)])
def test_succeeded_ignored(on: bool, group: Group) -> None:
    """A pod that has ended well is no pod, or one whose sample is missing."""
    given = view(
        pods=(*pods(3), pod("web-3", phase="Succeeded")),
        answers=usages(50, 50, 50),
        profile=with_switch("succeeded_ignored", on),
    )

    assert by_utilization(given, "cpu", "", 50).pods[3].group is group


def test_missing_pods_are_busy_up_to_the_target() -> None:
    """Since before the oldest profile: a target above 100 % is what a missing pod is taken for."""
    given = view(answers=usages(100, 100, 100))

    got = by_utilization(given, "cpu", "", 150)

    assert got.assumed == {"web-3": 150}


@pytest.mark.parametrize(
    ("version", "name"),
    [((1, 20), "1.26"), ((1, 26), "1.26"), ((1, 31), "1.26"), ((1, 36), "1.33"), ((2, 0), "1.37")],
)
def test_the_profile_nearest_to_a_version(version, name):
    """Not newer, unless all are."""
    assert nearest(*version) == name
