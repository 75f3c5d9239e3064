"""Kinds that are served in two versions are the same objects, seen through either."""

import json
from typing import Any

import pytest

from tests.sandbox.apiserver.autoscalers import AUTOSCALERS, CPU, SLOWLY, STATUS, autoscaler
from tests.sandbox.apiserver.rig import MERGE, TABLE, Rig

V1, V2 = (
    f"/apis/autoscaling/{version}/namespaces/default/horizontalpodautoscalers"
    for version in ("v1", "v2")
)
EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events"


@pytest.fixture
def rig() -> Rig:
    return Rig()


def unversioned(obj: Any) -> Any:
    kept = ("name", "namespace", "annotations", "labels")
    metadata = {key: obj["metadata"][key] for key in kept if key in obj["metadata"]}
    return {"metadata": metadata, "spec": obj["spec"]}


@pytest.mark.parametrize("made", AUTOSCALERS, ids=lambda each: each["metadata"]["name"])
async def test_an_autoscaler_survives_being_written_in_the_older_version(
    rig: Rig, made: Any
) -> None:
    """Read in v1 and written back so, nothing of it is lost."""
    before = (await rig.ask("POST", V2, made)).json()
    name = made["metadata"]["name"]
    older = (await rig.ask("GET", f"{V1}/{name}")).json()
    assert older["apiVersion"] == "autoscaling/v1"
    assert "metrics" not in older["spec"]

    written = await rig.ask("PUT", f"{V1}/{name}", older)

    assert written.status == 200, written.text
    after = (await rig.ask("GET", f"{V2}/{name}")).json()
    assert by_kind(unversioned(after)) == by_kind(unversioned(before))


def by_kind(autoscaler: Any) -> Any:
    """With metrics in an order of their own: v1 puts the CPU's target last."""
    metrics = sorted(autoscaler["spec"].pop("metrics"), key=json.dumps)
    return autoscaler | {"metrics": metrics}


async def test_the_older_version_has_fields_for_the_cpu(rig: Rig) -> None:
    """Target and reading in percent; the whole status stands in annotations."""
    await rig.ask("POST", V2, autoscaler("web", CPU, behavior=SLOWLY))
    await rig.ask("PATCH", f"{V2}/web/status", {"status": STATUS}, Content_Type=MERGE)

    shown = (await rig.ask("GET", f"{V1}/web")).json()

    assert shown["spec"]["targetCPUUtilizationPercentage"] == 60
    assert shown["status"]["currentCPUUtilizationPercentage"] == 92
    annotations = shown["metadata"]["annotations"]
    assert annotations["team"] == "shop"
    behavior = json.loads(annotations["autoscaling.alpha.kubernetes.io/behavior"])
    assert behavior["ScaleDown"]["StabilizationWindowSeconds"] == 60
    readings = json.loads(annotations["autoscaling.alpha.kubernetes.io/current-metrics"])
    assert readings[1]["external"]["currentValue"] == "0"
    table = (await rig.ask("GET", V1, Accept=TABLE)).json()
    assert table["rows"][0]["cells"][2] == "cpu: 92%/60%"
    assert "spec" not in table["rows"][0]["object"]


async def test_one_made_in_the_older_version_gets_its_defaults(rig: Rig) -> None:
    """At least one pod and 80 % of the requested CPU, as `kubectl autoscale` leaves it to."""
    made = autoscaler("web")
    made |= {"apiVersion": "autoscaling/v1", "spec": made["spec"] | {"maxReplicas": 3}}
    del made["spec"]["metrics"]

    created = await rig.ask("POST", V1, made)

    assert created.json()["spec"]["targetCPUUtilizationPercentage"] == 80
    stored = (await rig.ask("GET", f"{V2}/web")).json()
    assert stored["spec"]["minReplicas"] == 1
    assert stored["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 80


@pytest.mark.parametrize(
    "text", ["{", "3", '[{"type":1}]', '[{"type":"Resource","resource":[]}]', '{"ScaleUp":3}']
)
async def test_annotations_that_make_no_sense_are_dropped(rig: Rig, text: str) -> None:
    """They come from anywhere, and never make the server fail."""
    made = autoscaler("web") | {"apiVersion": "autoscaling/v1"}
    del made["spec"]["metrics"]
    prefix = "autoscaling.alpha.kubernetes.io"
    names = (f"{prefix}/{name}" for name in ("metrics", "behavior", "conditions"))
    made["metadata"]["annotations"] = dict.fromkeys(names, text)

    answer = await rig.ask("POST", V1, made)

    assert answer.status < 500
    assert answer.status == 422 or "conditions" not in answer.json()["metadata"].get(
        "annotations", {}
    )


async def test_watches_speak_the_version_of_their_path(rig: Rig) -> None:
    """What was stored in v2 is told in v1."""
    await rig.ask("POST", V2, autoscaler("web", CPU))

    async with rig.watch(f"{V1}?watch=1") as events:
        told = await anext(events)

    assert told["object"]["apiVersion"] == "autoscaling/v1"
    assert told["object"]["spec"]["targetCPUUtilizationPercentage"] == 60


async def test_an_event_of_the_newer_group_is_one_of_the_core_group(rig: Rig) -> None:
    """Under other names of fields, by which it can be selected too."""
    event = {
        "metadata": {"name": "web.1", "namespace": "default"},
        "eventTime": "2026-11-24T10:00:00.000000Z",
        "reportingController": "horizontal-pod-autoscaler",
        "reportingInstance": "a",
        "action": "Scale",
        "reason": "SuccessfulRescale",
        "type": "Normal",
        "regarding": {"kind": "HorizontalPodAutoscaler", "name": "web", "namespace": "default"},
        "note": "New size: 3",
    }

    assert (await rig.ask("POST", EVENTS, event)).status == 201

    core = (await rig.ask("GET", "/api/v1/namespaces/default/events/web.1")).json()
    assert (core["message"], core["involvedObject"]["name"]) == ("New size: 3", "web")
    assert core["reportingComponent"] == "horizontal-pod-autoscaler"
    for query, count in {"web": 1, "api": 0}.items():
        found = await rig.ask("GET", f"{EVENTS}?fieldSelector=regarding.name%3D{query}")
        assert [each["note"] for each in found.json()["items"]] == ["New size: 3"] * count
    refused = await rig.ask("GET", f"{EVENTS}?fieldSelector=note%3Da")
    assert refused.status == 400
