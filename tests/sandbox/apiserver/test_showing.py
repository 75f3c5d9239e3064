"""What kubectl shows of objects: ages, quantities, pods in one word, autoscalers in one line."""

from typing import Any

import pytest

from tidegauge.sandbox.apiserver.autoscalertargets import targets_text
from tidegauge.sandbox.apiserver.columns import COLUMNS
from tidegauge.sandbox.apiserver.kinds import KINDS
from tidegauge.sandbox.apiserver.podstatus import pod_status
from tidegauge.sandbox.apiserver.quantities import QuantityError, canonical, value_of
from tidegauge.sandbox.apiserver.readable import human_duration, selector_text

MINUTE, HOUR, DAY = 60, 3600, 86_400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (0.4, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (10 * MINUTE, "10m"),
        (179 * MINUTE, "179m"),
        (3 * HOUR + 61, "3h1m"),
        (8 * HOUR + MINUTE, "8h"),
        (2 * DAY + HOUR, "2d1h"),
        (8 * DAY + HOUR, "8d"),
        (2 * 365 * DAY + DAY, "2y1d"),
        (9 * 365 * DAY, "9y"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    """Ages have two units while the smaller one matters."""
    assert human_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("100", "100"),
        ("1e3", "1e3"),
        ("1000", "1k"),
        ("0", "0"),
        ("512Ki", "512Ki"),
        ("0.1n", "1n"),
        ("1001m", "1001m"),
    ],
)
def test_canonical_quantities(text: str, kept: str) -> None:
    """Quantities are kept in the shortest form of their family, of the same value."""
    assert canonical(text) == kept
    assert value_of(kept) == value_of(text) or text == "0.1n"


@pytest.mark.parametrize("text", ["", "x", "1Qi", "1 Gi", "--1"])
def test_no_quantities(text: str) -> None:
    """What is no quantity is refused."""
    with pytest.raises(QuantityError, match="must match the regular expression"):
        canonical(text)


RUNNING = {"state": {"running": {}}, "ready": True}


def waiting(reason: str) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason}}}


def ended(code: int, reason: str = "", **more: Any) -> dict[str, Any]:
    return {"state": {"terminated": {"exitCode": code, "reason": reason, **more}}}


def a_pod(
    *containers: dict[str, Any], inits: tuple[dict[str, Any], ...] = (), **more: Any
) -> dict[str, Any]:
    sidecar = {"restartPolicy": "Always"}
    return {
        "metadata": more.pop("metadata", {}),
        "spec": {
            "containers": [{"name": f"c{n}"} for n, _ in enumerate(containers)],
            "initContainers": [
                {"name": f"i{n}", **(sidecar if each.get("sidecar") else {})}
                for n, each in enumerate(inits)
            ],
        },
        "status": {
            "phase": "Running",
            "containerStatuses": [{"name": f"c{n}", **each} for n, each in enumerate(containers)],
            "initContainerStatuses": [{"name": f"i{n}", **each} for n, each in enumerate(inits)],
            **more,
        },
    }


@pytest.mark.parametrize(
    ("pod", "reason", "ready"),
    [
        (a_pod(RUNNING, RUNNING), "Running", "2/2"),
        (a_pod(waiting("CrashLoopBackOff"), RUNNING), "CrashLoopBackOff", "1/2"),
        (a_pod(ended(1, "Error")), "Error", "0/1"),
        (a_pod(ended(137, "OOMKilled")), "OOMKilled", "0/1"),
        (a_pod(ended(0, "", signal=9)), "Signal:9", "0/1"),
        (a_pod(ended(3)), "ExitCode:3", "0/1"),
        (a_pod(waiting("PodInitializing"), inits=(waiting("PodInitializing"),)), "Init:0/1", "0/1"),
        (a_pod(RUNNING, inits=(ended(1, "Error"),)), "Init:Error", "0/1"),
        (a_pod(RUNNING, inits=(ended(0),)), "Running", "1/1"),
        (a_pod(RUNNING, inits=({**RUNNING, "sidecar": True, "started": True},)), "Running", "2/2"),
        (a_pod(RUNNING, metadata={"deletionTimestamp": "x"}), "Terminating", "1/1"),
        (a_pod(RUNNING, reason="Evicted"), "Evicted", "1/1"),
        (a_pod(ended(0, "Completed"), phase="Succeeded"), "Completed", "0/1"),
        (a_pod(ended(0, "Completed"), RUNNING), "NotReady", "1/2"),
        (
            a_pod(
                phase="Pending",
                conditions=[{"type": "PodScheduled", "reason": "SchedulingGated"}],
            ),
            "SchedulingGated",
            "0/0",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_pod_in_one_word(pod: Any, reason: str, ready: str) -> None:
    """The word is the one that says why a pod is not simply running, as kubectl users know it."""
    status = pod_status(pod)

    assert (status.reason, f"{status.ready}/{status.total}") == (reason, ready)


def test_restarts_with_their_time() -> None:
    """Restarts are summed, and the last one dated."""
    last = {"lastState": {"terminated": {"finishedAt": "1970-01-01T00:01:40Z"}}}
    status = pod_status(a_pod({**RUNNING, "restartCount": 2, **last}, {**RUNNING}))

    assert status.restarts_text(400.0) == "2 (5m ago)"


def metric(target: dict[str, Any], name: str = "cpu") -> dict[str, Any]:
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def current(**reading: Any) -> dict[str, Any]:
    return {"type": "Resource", "resource": {"name": "cpu", "current": reading}}


@pytest.mark.parametrize(
    ("wanted", "measured", "text"),
    [
        ([], [], "<none>"),
        ([metric({"averageUtilization": 60})], [], "cpu: <unknown>/60%"),
        ([metric({"averageUtilization": 60})], [current(averageUtilization=42)], "cpu: 42%/60%"),
        ([metric({"averageValue": "1"})], [current(averageValue="210m")], "cpu: 210m/1"),
        (
            [metric({"averageUtilization": n}) for n in (1, 2, 3)],
            [],
            "cpu: <unknown>/1%, cpu: <unknown>/2% + 1 more...",
        ),
        (
            [{"type": "External", "external": {"target": {"averageValue": "5"}}}],
            [{"type": "External", "external": {"current": {"averageValue": "7"}}}],
            "7/5 (avg)",
        ),
        ([{"type": "Object", "object": {"target": {"value": "5"}}}], [{}], "<unknown>/5"),
        ([{"type": "Pods", "pods": {"target": {"averageValue": "5"}}}], [], "<unknown>/5"),
        ([{"type": "Other"}], [], "<unknown type>"),
    ],
    ids=[
        *("none", "unknown", "utilization", "value", "many"),
        *("external-average", "object", "pods", "unknown-type"),
    ],
)
def test_targets(wanted: Any, measured: Any, text: str) -> None:
    """Each metric is shown against its target; of more than two, the number."""
    autoscaler = {"spec": {"metrics": wanted}, "status": {"currentMetrics": measured}}

    assert targets_text(autoscaler) == text


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (None, "<none>"),
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        (
            {"matchExpressions": [{"key": "a", "operator": "In", "values": ["y", "x"]}]},
            "a in (x,y)",
        ),
        (
            {
                "matchExpressions": [
                    {"key": "a", "operator": "Exists"},
                    {"key": "b", "operator": "DoesNotExist"},
                ]
            },
            "a,!b",
        ),
    ],
    ids=["none", "labels", "in", "exists"],
)
def test_selector_text(selector: Any, text: str) -> None:
    """A selector is shown as one would type it."""
    assert selector_text(selector) == text


def test_every_kind_has_columns() -> None:
    """Whatever is stored can be shown as a table."""
    assert COLUMNS.keys() == {kind.resource for kind in KINDS}
