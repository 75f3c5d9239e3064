"""The part of the demo's screen and summary that tells of HPAs: pure, from figures to text."""

from typing import Any

import pytest

from tests.console.test_demo_screen import drawn, figures, seen, shown
from tidegauge.autoscale.controller import Reconciled
from tidegauge.autoscale.engine.answers import Answers, ContainerUsage, Failure, PodUsage
from tidegauge.autoscale.engine.memory import Memory, Recommendation
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, Situation
from tidegauge.autoscale.engine.spec import decode_spec
from tidegauge.console.demo.courses import Course, Courses, Step
from tidegauge.console.demo.picture import AutoscalerRow
from tidegauge.console.demo.scalingsummary import ScalingFigures
from tidegauge.sandbox.faults.declared import FAULTS
from tidegauge.sandbox.faults.playing import read

BEGAN = 1_795_435_200.0

SPEC = decode_spec(
    {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 2,
        "maxReplicas": 12,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "memory",
                    "target": {"type": "AverageValue", "averageValue": "100Mi"},
                },
            }
        ],
        "behavior": {
            "scaleUp": {"policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
            "scaleDown": {"policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
        },
    }
)


def reconciled(
    at: float, megabytes: int | None, size: int = 2, memory: Memory | None = None
) -> Any:
    """What the controller tells: each of `size` pods holds so much; None when nobody knows."""
    pods = [Pod(name=f"web-{number}", labels={"app": "web"}) for number in range(size)]
    answer: Any = Failure("away")
    if megabytes is not None:
        usage = (ContainerUsage("web", {"memory": megabytes * 2**20 * 1000}),)
        answer = [PodUsage(pod.name, BEGAN + at, 2.0, usage) for pod in pods]
    situation = Situation(
        autoscaler=Autoscaler(namespace="shop", name="web", spec=SPEC),
        scale=Scale(size, size, "app=web"),
        pods=pods,
        answers=Answers(resource=answer),
        memory=memory or Memory(),
        now=BEGAN + at,
    )
    return Reconciled(situation, decide(situation))


def test_a_step_is_kept_with_its_reason() -> None:
    """And what held it back; the present is told besides."""
    courses = Courses(BEGAN)
    courses.tell(reconciled(5, 100))
    courses.tell(reconciled(25, 450))
    courses.tell(reconciled(30, None, size=4))

    course = courses.all["shop/web"]
    assert course.first == 5
    assert course.steps == [
        Step(25, 2, 4, "memory 450Mi of 100Mi asks for 9; policy: 100% in 15 s")
    ]
    assert course.now.startswith("no decision: ")
    assert course.failing
    assert courses.unfounded == []


def test_a_size_that_was_refused_is_no_step() -> None:
    """Why the target did not take it is told."""
    told = reconciled(25, 450)
    courses = Courses(BEGAN)

    courses.tell(Reconciled(told.situation, decide(told.situation, "no quorum")))

    course = courses.all["shop/web"]
    assert course.steps == []
    assert course.failing
    assert course.now.endswith("; failed to rescale Deployment/shop/web: no quorum")


def test_what_holds_a_size_is_told_with_its_end() -> None:
    """By the clock of the demo."""
    courses = Courses(BEGAN)
    held = Memory(recommendations=(Recommendation(BEGAN + 10, 4),))
    courses.tell(reconciled(60, 20, size=4, memory=held))

    course = courses.all["shop/web"]
    assert course.now.endswith("held by 4, the highest wanted until 0:05:10")
    assert course.held
    assert course.last is None


def test_scaling_by_figures_that_nobody_had_would_be_told() -> None:
    """The engine never does so; were it broken, the summary would say it."""
    told = reconciled(25, 450)
    blind = Reconciled(
        Situation(
            autoscaler=told.situation.autoscaler,
            scale=told.situation.scale,
            pods=(),
            answers=Answers(),
            now=told.situation.now,
        ),
        told.decision,
    )
    courses = Courses(BEGAN)
    courses.tell(blind)

    assert courses.unfounded == ["shop/web: 2 to 4"]
    assert figures(scaling=ScalingFigures(5.0, courses)).broken() == [
        "shop/web: 2 to 4: nothing was to be scaled by metrics that nobody had"
    ]


WEB = AutoscalerRow("shop", "web", "Deployment/web", "cpu: 195%/60%", 2, 12, 6, 3)
API = WEB._replace(name="api", usage="cpu: 30%/75%", wanted=3)
COURSES = {
    "shop/web": Course(3, "cpu 80% of 60% asks for 9", steps=[Step(60, 3, 6, "cpu 195% of 60%")]),
    "shop/api": Course(3, "cpu 30% of 75%; held by 3", held=True),
}


def picture(*rows: AutoscalerRow) -> Any:
    return seen()._replace(autoscalers=rows)


def test_the_screen_tells_the_step_while_it_is_news_then_the_present() -> None:
    """At 0:01:15 a step of 0:01:00 is news, at 0:02:05 it is not."""
    what = shown(picture(API, WEB), courses=COURSES)

    news, later = drawn(what), drawn(what._replace(elapsed=125.0))

    assert "HPA OF SHOP  USAGE" in news
    assert "web          cpu: 195%/60%    3/6  2-12   3→6 0:01:00    cpu 195% of 60%" in news
    assert "web          cpu: 195%/60%    3/6  2-12   3→6 0:01:00    cpu 80% of 60% asks" in later
    assert "none yet       cpu 30% of 75%; held by 3" in news
    assert "0:01:00  web  3→6    cpu 195% of 60%" in later


AUTOSCALER = {
    "metadata": {
        "namespace": "shop",
        "name": "web",
        "creationTimestamp": "2026-11-23T12:00:00Z",
    },
    "spec": {
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "maxReplicas": 5,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"averageUtilization": 60}},
            }
        ],
    },
}


def condition(kind: str, status: str) -> dict[str, str]:
    return {"type": kind, "status": status, "message": f"{kind} is {status}"}


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ([], ""),
        ([condition("AbleToScale", "True")], "AbleToScale is True"),
        (
            [condition("AbleToScale", "True"), condition("ScalingLimited", "True")],
            "ScalingLimited is True",
        ),
        (
            [condition("ScalingLimited", "True"), condition("ScalingActive", "False")],
            "ScalingActive is False",
        ),
    ],
    ids=["new", "able", "limited", "inactive"],
)
def test_of_another_controller_its_conditions_are_told(conditions: Any, said: str) -> None:
    """The one that matters most; its target may be gone."""
    found = seen(autoscalers=[AUTOSCALER | {"status": {"conditions": conditions}}])

    (row,) = found.autoscalers
    assert (row.said, row.usage, row.wanted) == (said, "cpu: <unknown>/60%", 3)
    assert drawn(shown(found)).count(said or "none yet") == 1
    assert seen(autoscalers=[AUTOSCALER], deployments=[]).autoscalers[0].wanted is None


def test_namespaces_are_told_where_there_are_several() -> None:
    """And a target that is not there."""
    text = drawn(shown(picture(API, WEB._replace(namespace="sale", wanted=None))))

    assert "shop/api" in text
    assert "sale/web  cpu: 195%/60%   none" in text


def test_the_smallest_usual_terminal_has_every_autoscaler() -> None:
    """Below ten nodes, with the reason of what is news; pods that have just begun push none out."""
    rows = [API, WEB, *(API._replace(name=f"a{number}") for number in range(3))]
    gaps = [gap._replace(excused=True) for gap in seen(pod_metrics=[]).gaps]
    many = picture(*rows)._replace(nodes=[*seen().nodes] * 5, gaps=gaps * 9)

    lines = drawn(shown(many, courses=COURSES), 80, 24).splitlines()

    starts = [line.split()[0] for line in lines if line.strip()]
    assert [name for name in starts if name in {row.name for row in rows}] == [
        row.name for row in rows
    ]
    assert any("3→6 0:01:00    cpu 195% of 60%" in line for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 60)], ids=["small", "large"])
def test_every_fault_can_be_chosen(columns: int, rows: int) -> None:
    """Each has its letter on the screen; what it does is told where there is room."""
    text = drawn(shown(seen(), menu=True), columns, rows)

    assert [fault.name for fault in FAULTS if fault.name not in text] == []
    assert (FAULTS[0].happens in text) == (rows > 24)


def test_the_summary_has_every_step() -> None:
    """For people in the order of time, for programs by HPA."""
    courses = Courses(BEGAN)
    courses.tell(reconciled(25, 450))
    found = figures(last=picture(WEB), scaling=ScalingFigures(5.0, courses))

    assert "  scaling       1 step of 1 HPA\n" in found.as_text()
    reason = "memory 450Mi of 100Mi asks for 9; policy: 100% in 15 s"
    assert f"    0:00:25  shop/web  2→4  {reason}\n" in found.as_text()
    (told,) = found.as_json()["autoscalers"]
    assert told["steps"] == [{"seconds": 25.0, "from": 2, "to": 4, "reason": reason}]
    assert (told["replicas"], told["readyReplicas"], told["now"]) == (6, 3, reason)


@pytest.mark.parametrize(
    ("changed", "first", "broken"),
    [
        ({}, None, ["shop/web: was to be looked at by the controller, and never was"]),
        ({"scaling": ScalingFigures(None)}, None, []),
        ({"seconds": 10.0}, None, []),
        ({"faults": [read("watch-cut")]}, None, []),
        ({}, 13.0, []),
        ({}, 20.0, ["shop/web: was to be looked at within 14s, not 20.0s"]),
        ({"last": picture(WEB._replace(age=45.0))}, 19.0, []),
        ({"last": picture(WEB._replace(age=3.0))}, None, []),
    ],
    ids=["never", "no controller", "early", "a fault", "soon", "late", "made later", "just made"],
)
def test_every_autoscaler_is_to_be_looked_at(
    changed: dict[str, Any], first: float | None, broken: list[str]
) -> None:
    """In time, where there is a controller and nothing is broken on purpose."""
    courses = Courses(BEGAN)
    if first is not None:
        courses.tell(reconciled(first, 100))
    usual = {"last": picture(WEB._replace(age=300.0)), "scaling": ScalingFigures(5.0, courses)}

    assert figures(**usual | changed).broken() == broken
