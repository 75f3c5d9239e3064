"""Recordings: what is written can be read, run again, and made a load of."""

import msgspec
import pytest
from msgspec.structs import replace

from tests.autoscale.engine.given import NOW, autoscaler, cpu_metric, pods, situation, usage
from tidegauge.autoscale.engine.answers import Answers, Failure, PodValue
from tidegauge.autoscale.engine.memory import Memory, Recommendation
from tidegauge.autoscale.engine.pods import Container, Kind, Pod
from tidegauge.autoscale.engine.situation import Scale, ScaleFailure
from tidegauge.autoscale.engine.spec import MetricName, Reference, decode_spec
from tidegauge.autoscale.engine.status import Condition, Status
from tidegauge.autoscale.replay.deriving import derive
from tidegauge.autoscale.replay.description import ContainerDescription, Description
from tidegauge.autoscale.replay.frames import Header
from tidegauge.autoscale.replay.recording import RecordingError, Writer, read
from tidegauge.autoscale.replay.rerunning import Other, rerun
from tidegauge.autoscale.replay.runs import Controller
from tidegauge.units.quantities import parse
from tidegauge.units.selectors import parse_label_selector

_HEADER = Header(namespace="ns", name="web", every=15.0, profile="1.37")


def _spec(**changes):
    settled = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 100,
        "metrics": [cpu_metric()],
    }
    return {**settled, **changes}


_BEHAVIOR = {
    "scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]},
    "scaleDown": {"policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
}


def _seen(at, replicas, cpu, **changes):
    """So many pods, each using so many millicores of the 100 that it requests."""
    answers = Answers(
        resource=tuple(usage(f"web-{i}", cpu, at=NOW + at - 5.0) for i in range(replicas))
    )
    return situation(
        now=NOW + at,
        scale=Scale(replicas, replicas, "app=web"),
        pods=pods(replicas),
        answers=answers,
        memory=Memory(),
        **changes,
    )


def _written(*situations, spec=None, header=_HEADER):
    writer = Writer(header)
    lines = [writer.header()]
    lines += [writer.frame(spec or _spec(), one) for one in situations]
    return b"".join(lines).splitlines(keepends=True)


_ODD = situation(
    memory=Memory(),
    autoscaler=autoscaler(
        status=Status(
            observed_generation=3,
            last_scale_time=NOW - 100,
            current_metrics=({"type": ""},),
            conditions=(Condition("AbleToScale", "True", "R", "m", NOW - 7),),
        )
    ),
    pods=(
        Pod(
            name="odd",
            phase="Pending",
            deleted=True,
            containers=(Container(name="c", kind=Kind.SIDECAR, requests={"cpu": parse("1500u")}),),
            pod_requests={"memory": parse("1Gi")},
            overhead={"cpu": parse("1500m")},
        ),
    ),
    answers=Answers(
        resource=Failure("no such API"),
        pods={
            MetricName(name="rps", selector={"matchLabels": {"a": "b"}}): (
                PodValue("odd", NOW, None, 7),
            ),
            MetricName(name="rps"): Failure("gone"),
        },
        object={(Reference(kind="Ingress", name="main"), MetricName(name="hits")): 5},
        external={MetricName(name="queue"): (1, 2), MetricName(name="other"): Failure("x")},
    ),
    others={"ns/other": parse_label_selector("app in (web,db),!canary,weight>5")},
)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(situation(memory=Memory()), id="plain"),
        pytest.param(_ODD, id="everything"),
        pytest.param(replace(_ODD, scale=ScaleFailure("no", unmapped=True)), id="no scale"),
    ],
)
def test_what_is_written_is_read(written):
    """Every field of a situation survives; the memory is in the header."""
    recording = read(_written(written), "web.jsonl")

    assert recording.situations == (written,)
    assert recording.header == _HEADER


def test_what_stays_is_written_once():
    """Spec and pods are left out of a line where they are as before, and read all the same."""
    lines = _written(_seen(0, 4, 50), _seen(15, 4, 60), _seen(30, 5, 60))

    assert [b'"spec"' in line for line in lines[1:]] == [True, False, False]
    assert [b'"pods"' in line for line in lines[1:]] == [True, False, True]
    assert [len(one.pods) for one in read(lines, "f").situations] == [4, 4, 5]


def test_gaps_are_kept_apart():
    """Moments at which nothing could be read are no situations."""
    lines = _written(_seen(0, 4, 50))
    lines.append(Writer(_HEADER).gap(NOW + 15, "refused"))
    recording = read(lines, "f")

    assert [gap.error for gap in recording.gaps] == ["refused"]
    assert len(recording.situations) == 1


def test_a_recording_that_was_cut_off_is_read_as_far_as_it_goes():
    """A last line without its end is what a killed recorder leaves."""
    lines = _written(_seen(0, 4, 50), _seen(15, 4, 60))

    assert len(read([*lines[:-1], lines[-1][:-20]], "f").situations) == 1


def _swapped(lines):
    return [lines[0], lines[2], lines[1]]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(lambda _: [], "f:1: is no recording", id="empty"),
        pytest.param(lambda _: [b"a,b\n"], "f:1: is no recording", id="something else"),
        pytest.param(lambda lines: lines[:1], "f: has no look at the HPA", id="no frame"),
        pytest.param(_swapped, "f:3: is not after the line before", id="not in order"),
        pytest.param(
            lambda lines: [lines[0].replace(b'"version":1', b'"version":9'), *lines[1:]],
            "f:1: tidegauge hpa recording of version 9 is not read",
            id="newer",
        ),
        pytest.param(
            lambda lines: [lines[0].replace(b"1.37", b"1.99"), *lines[1:]],
            "f:1: profile '1.99' is not known",
            id="profile",
        ),
        pytest.param(
            lambda lines: [lines[0], lines[1].replace(b'"at":', b'"at":"x","y":'), lines[2]],
            "f:2: Expected `float`, got `str`",
            id="wrong type",
        ),
        pytest.param(
            lambda lines: [lines[0], lines[1].replace(b'"maxReplicas":100', b'"maxReplicas":"x"')],
            "f: spec: Expected `int`, got `str`",
            id="wrong spec",
        ),
    ],
)
def test_refuses_what_is_no_recording(change, problem):
    """The file and the line are told."""
    lines = change(_written(_seen(0, 4, 50), _seen(15, 4, 60)))

    with pytest.raises(RecordingError) as caught:
        read(lines, "f")

    assert caught.value.problems[0].startswith(problem)


def _rerun(*situations, spec=None, header=_HEADER, other=None):
    recording = read(_written(*situations, spec=spec, header=header), "web.jsonl")
    controller = Controller(profile=header.profile, period=header.every)
    given = other and Other(decode_spec(other), other)
    return rerun("web.jsonl", recording, controller, given)


_RISE = (_seen(0, 4, 50), _seen(15, 4, 100), _seen(30, 8, 50), _seen(45, 9, 50))
"""The load doubles; the cluster doubles the size, and then somebody adds one by hand."""


def test_tells_what_the_cluster_did_at_each_step():
    """The size of the next frame is what became of this one; of the last nobody knows."""
    run = _rerun(*_RISE)

    assert [(step.at, step.had, step.size, step.cluster) for step in run.steps] == [
        (0, 4, 4, 4),
        (15, 4, 8, 8),
        (30, 8, 8, 9),
        (45, 9, 9, None),
    ]
    assert (run.began, run.seconds, run.scores, run.workload) == (NOW, 45, None, None)


def test_another_spec_decides_on_the_same_situations():
    """An open loop: with a maximum of 6 each step still begins at the recorded size."""
    run = _rerun(*_RISE, other=_spec(maxReplicas=6))

    assert [(step.had, step.size) for step in run.steps] == [(4, 4), (4, 6), (8, 6), (9, 6)]
    assert run.spec["maxReplicas"] == 6


def test_changes_of_the_cluster_count_for_policies():
    """Four were added at 15 where the policy allows two a minute, so at 30 nothing more may be."""
    scaled = autoscaler(Status(last_scale_time=NOW + 16))
    frames = (_seen(0, 4, 50), _seen(15, 4, 100), _seen(30, 8, 100, autoscaler=scaled))

    run = _rerun(*frames, spec=_spec(behavior=_BEHAVIOR))

    assert [step.size for step in run.steps] == [4, 6, 8]
    assert run.steps[2].reason.endswith("; policy used up: 2 pods in 60 s")


def test_changes_by_hand_do_not_count_for_policies():
    """The controller does not see them; one that it decided counts, even if its status is late."""
    by_hand = _rerun(
        _seen(0, 4, 50), _seen(15, 8, 100), _seen(30, 8, 100), spec=_spec(behavior=_BEHAVIOR)
    )
    decided = _rerun(_seen(0, 4, 100), _seen(15, 6, 100), spec=_spec(behavior=_BEHAVIOR))

    assert [step.size for step in by_hand.steps] == [4, 10, 10]
    assert [step.size for step in decided.steps] == [6, 6]


def test_policies_count_from_when_the_cluster_scaled():
    """It scaled at 1 and at 16, so a policy of 15 s was free again, though 15 was looked at."""
    policies = [{"type": "Pods", "value": 4, "periodSeconds": 15}]
    behavior = {**_BEHAVIOR, "scaleUp": {"policies": policies}}
    frames = [
        _seen(at, replicas, 100, autoscaler=autoscaler(Status(last_scale_time=scaled)))
        for at, replicas, scaled in ((0, 4, None), (15, 8, NOW + 1), (30, 12, NOW + 16))
    ]

    run = _rerun(*frames, spec=_spec(behavior=behavior))

    assert [step.size for step in run.steps] == [8, 12, 12]


def test_a_spec_that_changes_is_followed():
    """From then on it decides; its metrics are no longer those that the run is told of."""
    writer = Writer(_HEADER)
    lines = [
        writer.header(),
        writer.frame(_spec(), _seen(0, 4, 50)),
        writer.frame(_spec(metrics=[cpu_metric(25)]), _seen(15, 4, 50)),
    ]

    run = rerun("web.jsonl", read(lines, "f"), Controller())

    assert [step.size for step in run.steps] == [4, 8]
    assert [len(step.readings) for step in run.steps] == [1, 0]


def test_begins_with_what_the_controller_remembered():
    """A recommendation of 9 before the first frame holds the size."""
    header = replace(_HEADER, memory=Memory((Recommendation(NOW - 100, 9),)), assumed=("So.",))

    run = _rerun(_seen(0, 9, 10), header=header)

    assert (run.steps[0].size, run.assumptions) == (9, ("So.",))
    assert run.steps[0].reason.endswith("held by 9, the highest wanted until 0:03:20")


def test_is_json():
    """A run can be given to programs."""
    json = msgspec.json.decode(msgspec.json.encode(_rerun(*_RISE)))

    assert json["steps"][1]["groups"] == [
        {"group": "ready", "reason": "its sample counts", "count": 4, "names": []}
    ]


def test_usage_is_work():
    """4 pods at 100m are 0.4 cores, at 10 ms a request 40 per second, from the window's start."""
    frames = (_seen(0, 4, 50), _seen(15, 4, 50), _seen(30, 4, 100))
    derived = derive(read(_written(*frames), "f"), Description(), "f")

    assert (derived.load.times, derived.load.rates) == ((0, 15, 30), (20, 20, 40))
    assert (derived.load.began, derived.load.seconds) == (NOW - 20, 45)
    assert derived.description == Description(
        work=0.01,
        replicas=4,
        container="app",
        containers={"app": ContainerDescription(request=0.1)},
    )


def test_what_pods_use_idly_is_no_work():
    """Of the 200m that four pods use, 40m are idle: 8 requests per second at 20 ms."""
    frames = (_seen(0, 4, 50), _seen(15, 4, 50))
    said = Description(work=0.02, idle=0.01)

    assert derive(read(_written(*frames), "f"), said, "f").load.rates == (8, 8)


def test_the_same_figure_counts_once():
    """A metrics server that has nothing new makes no row."""
    frames = (_seen(0, 4, 50), _seen(15, 4, 50), _seen(30, 4, 50))
    stale = replace(frames[1], answers=frames[0].answers)

    assert derive(
        read(_written(frames[0], stale, frames[2]), "f"), Description(), "f"
    ).load.times == (
        0,
        30,
    )


def test_custom_metrics_become_columns():
    """Totals by name, so that a simulation has them."""
    queue = {"type": "External", "external": {"metric": {"name": "queue"}, "target": {}}}
    frames = [
        replace(
            one,
            answers=replace(one.answers, external={MetricName(name="queue"): (1000 * n, 500)}),
        )
        for n, one in enumerate((_seen(0, 4, 50), _seen(15, 4, 50)))
    ]

    derived = derive(read(_written(*frames, spec=_spec(metrics=[queue])), "f"), Description(), "f")

    assert derived.load.series == {"queue": (0.5, 1.5)}


@pytest.mark.parametrize(
    ("answers", "remedy"),
    [
        pytest.param(_seen(0, 4, 50).answers, "record for longer", id="too short"),
        pytest.param(
            Answers(external={MetricName(name="queue"): (1,)}),
            "only Resource metrics have it; give --load",
            id="none at all",
        ),
        pytest.param(
            Answers(resource=Failure("down")),
            "only Resource metrics have it; give --load",
            id="never served",
        ),
    ],
)
def test_without_usage_there_is_no_load(answers, remedy):
    """The remedy is told."""
    frame = replace(_seen(0, 4, 50), answers=answers)

    with pytest.raises(RecordingError) as caught:
        derive(read(_written(frame), "f"), Description(), "f")

    assert caught.value.problems == (f"f: has CPU usage of fewer than two moments: {remedy}",)
