"""Whole simulations, small enough to be worked out by hand."""

import pytest
from msgspec.structs import replace

from tests.autoscale.replay.given import APP, cpu, load, run, setup, sizes
from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.replay.workload import Container, Measuring


def _external(target, name="queue", kind="AverageValue"):
    field = kind[0].lower() + kind[1:]
    metric = {"metric": {"name": name}, "target": {"type": kind, field: str(target)}}
    return {"type": "External", "external": metric}


def _pods(target, name="rps"):
    metric = {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": target}}
    return {"type": "Pods", "pods": metric}


def _container(name, percent):
    target = {"type": "Utilization", "averageUtilization": percent}
    return {
        "type": "ContainerResource",
        "containerResource": {"name": "cpu", "container": name, "target": target},
    }


def test_a_steady_load_on_target_changes_nothing():
    """Two pods at half of their request each, which is the target."""
    steps, scores = run(setup(load((0, 100), seconds=300)))

    assert sizes(steps) == {}
    assert {step.reason for step in steps} == {"cpu 50% of 50%, within tolerance"}
    assert (scores.rescales, scores.pod_hours) == (0, pytest.approx(2 * 300 / 3600))


def test_doubles_with_the_load_as_soon_as_it_is_measured():
    """The load doubles at 60; the look at 75 has it in full, and two more pods are needed."""
    steps, _ = run(setup(load((0, 100), (60, 200), seconds=120)))

    assert sizes(steps) == {75: 4}
    assert steps[5].readings[0].usage == 100


def test_a_delay_of_the_metrics_delays_the_decision():
    """With a delay of 10 s the look at 75 can be read at 85, and is at 90."""
    measuring = Measuring(period=15, window=15, delay=10)
    steps, _ = run(setup(load((0, 100), (60, 200), seconds=120), measuring=measuring))

    assert sizes(steps) == {90: 4}


def test_a_longer_window_sees_it_bit_by_bit():
    """Over 60 s usage rises by quarters: 62 % at 75, outside of the tolerance, then 75 % and so on.

    62 % of the target of 50 % times 2 is 2.48, so 3 pods; these stay missing until looked at twice.
    """
    measuring = Measuring(period=15, window=60, delay=0)
    steps, _ = run(setup(load((0, 100), (60, 200), seconds=90), measuring=measuring))

    assert sizes(steps) == {75: 3}


def test_scaling_down_waits_for_the_stabilization_window():
    """The load halves at 60, which the metrics show at 75. The last recommendation of 4 was at 60,
    so it holds until 360; an entry exactly that old still counts.
    """
    steps, _ = run(setup(load((0, 200), (60, 100), seconds=420), replicas=4))

    assert sizes(steps) == {375: 2}
    assert steps[5].reason == (
        "cpu 25% of 50% asks for 2; held by 4, the highest wanted until 0:06:00"
    )


def test_flags_of_the_controller_count():
    """A window of a minute lets go a minute later, a tolerance of 2 holds for ever."""
    down = setup(load((0, 200), (60, 100), seconds=420), replicas=4)
    quick = Settings(downscale_stabilization=60)

    assert sizes(run(replace(down, settings=quick))[0]) == {135: 2}
    assert sizes(run(replace(down, settings=Settings(tolerance=2.0)))[0]) == {}


def test_the_profile_decides_at_the_edge_of_the_tolerance():
    """55 % of 50 % is within the tolerance now; before 1.33 floats put it outside."""
    edge = setup(load((0, 110), seconds=60))

    assert sizes(run(edge)[0]) == {}
    assert sizes(run(replace(edge, profile=PROFILES["1.32"]))[0]) == {0: 3}


def test_new_pods_take_time_and_are_left_out_until_then():
    """Created at 75, running at 85, ready at 105: without a sample at 90, with one from before it
    was ready at 105, counted from 120 on.
    """
    steps, _ = run(
        setup(load((0, 100), (60, 200), seconds=165), start_delay=10.0, ready_delay=20.0)
    )
    seen = {step.at: {group.group: group.count for group in step.groups} for step in steps[5:]}

    assert sizes(steps) == {75: 4}
    assert [step.ready for step in steps] == [2] * 7 + [4] * 4
    assert seen == {
        75: {"ready": 2},
        90: {"ready": 2, "missing": 2},
        105: {"ready": 2, "unready": 2},
        120: {"ready": 4},
        135: {"ready": 4},
        150: {"ready": 4},
    }


def test_saturated_pods_use_their_limit_and_no_more():
    """400 a second for pods that do 200: usage stops at 100 %, so 4 are asked for, not 8."""
    steps, scores = run(setup(load((0, 100), (60, 400), seconds=90)))

    assert sizes(steps) == {75: 4}
    assert steps[5].saturation == 2
    assert steps[5].waiting == pytest.approx(200 * 15)
    assert (scores.worst_saturation, scores.worst_saturation_at) == (2, 60)


def test_surplus_is_dropped_where_that_was_chosen():
    """Two pods for 15 s under twice their capacity lose as much as they serve."""
    steps, scores = run(setup(load((0, 100), (60, 400), seconds=75), queue=False))

    assert (scores.dropped, scores.late, scores.waiting) == (pytest.approx(3000), 0, 0)
    assert scores.requests == pytest.approx(scores.served + scores.dropped)
    assert [step.dropped for step in steps] == [0, 0, 0, 0, 0]


def test_pods_without_room_stay_pending_and_serve_nothing():
    """Eight are asked for, but there is room for three."""
    steps, scores = run(setup(load((0, 300), seconds=200), room=3))

    assert steps[-1].pods > 3
    assert {step.ready for step in steps[2:]} == {3}
    assert scores.peak_pods == 3


def test_a_queue_can_be_what_scales():
    """20 a second too many come from 60 on, so 300 wait at 75: three pods at 100 for each."""
    steps, _ = run(
        setup(
            load((0, 100), (60, 220), seconds=120),
            _external(100),
            origins={"queue": "queue"},
        )
    )

    assert {step.at: step.readings[0].usage for step in steps[4:6]} == {60: 0, 75: 150}
    assert sizes(steps)[75] == 3


def test_scales_to_zero_and_back_by_an_external_metric():
    """Without load to zero as soon as the window lets go; from zero by the load offered."""
    steps, _ = run(
        setup(
            load((0, 100), (60, 0), (450, 100), seconds=520),
            _external(50, "requests"),
            minReplicas=0,
        )
    )

    assert sizes(steps) == {375: 0, 465: 2}


def test_pods_metrics_are_what_each_pod_serves():
    """200 a second on two pods are 100 each, twice the target."""
    steps, _ = run(setup(load((0, 200), seconds=20), _pods("50")))

    assert sizes(steps) == {0: 4}
    assert steps[0].readings[0].usage == 100


def test_a_column_of_the_load_is_a_metric():
    """The column's value is taken as it stands when it was looked at."""
    column = load((0, 100), (60, 100), seconds=90, depth=(100.0, 400.0))
    steps, _ = run(setup(column, _external(50, "depth")))

    assert [step.readings[0].usage * step.had for step in steps] == [100, 100, 100, 100, 400, 400]
    assert sizes(steps) == {60: 4, 75: 8}


def test_a_sidecar_can_be_what_scales():
    """The proxy's share alone counts where the metric names it."""
    proxy = Container(name="proxy", work=0.002, request=0.1)
    steps, _ = run(
        setup(load((0, 100), seconds=20), _container("proxy", 50), containers=(APP, proxy))
    )

    assert steps[0].readings[0].usage == 100
    assert sizes(steps) == {0: 4}


def test_a_missing_request_fails_the_metric_as_it_does_in_a_cluster():
    """The words are the controller's."""
    steps, _ = run(
        setup(load((0, 100), seconds=20), containers=(Container(name="app", work=0.01),))
    )

    assert "missing request for cpu in container app of Pod web-1" in steps[0].reason
    assert steps[0].readings[0].failure


def test_the_same_setup_gives_the_same_run():
    """There is no chance in it."""
    busy = setup(
        load(*((at, 50.0 + at % 450) for at in range(0, 1800, 7)), seconds=1800),
        cpu(60),
        start_delay=7.0,
        ready_delay=11.0,
    )

    assert run(busy) == run(busy)


def test_steps_follow_the_sync_period():
    """A reconcile each 30 s, the first at the beginning, none at the very end."""
    steps, _ = run(setup(load((0, 100), seconds=120), period=30.0))

    assert [step.at for step in steps] == [0, 30, 60, 90]


def test_the_load_before_the_beginning_is_that_of_the_first_row():
    """So that the first step decides by measured usage; nothing waits from before."""
    steps, scores = run(setup(load((0, 400), seconds=15)))

    assert steps[0].readings[0].usage == 100
    assert steps[0].waiting == 0
    assert scores.requests == pytest.approx(400 * 15)
