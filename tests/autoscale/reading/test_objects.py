"""Objects of the API as records, and back."""

from copy import deepcopy
from typing import Any

import pytest

from tests.autoscale.reading.served import hpa
from tests.autoscale.reading.served import pod as manifest
from tidegauge.autoscale.engine.answers import Failure
from tidegauge.autoscale.engine.pods import Kind, ReadyCondition
from tidegauge.autoscale.engine.situation import Scale
from tidegauge.autoscale.engine.status import Condition, Status
from tidegauge.autoscale.reading.defaults import defaulted
from tidegauge.autoscale.reading.errortexts import error_text, failure
from tidegauge.autoscale.reading.mapping import (
    ApiGroup,
    ApiResource,
    GroupVersion,
    group_of,
    no_match,
)
from tidegauge.autoscale.reading.objects import autoscaler, pod, scale
from tidegauge.autoscale.reading.written import status_json
from tidegauge.cluster import errors
from tidegauge.units.quantities import parse

NOON = 1_795_435_200.0
LONG_AGO = 1_577_836_800.0
STATUS = {
    "observedGeneration": 3,
    "lastScaleTime": "2026-11-23T12:00:00Z",
    "currentReplicas": 2,
    "desiredReplicas": 4,
    "currentMetrics": [{"type": ""}],
    "conditions": [
        {
            "type": "AbleToScale",
            "status": "True",
            "reason": "ReadyForNewScale",
            "message": "fine",
            "lastTransitionTime": "2026-11-23T12:00:00Z",
        }
    ],
}


def test_an_hpa_is_read():
    """With its spec and status."""
    got = autoscaler({**hpa(), "status": STATUS})

    assert (got.key, got.spec.minimum, got.spec.metrics[0].resource.name) == ("shop/web", 1, "cpu")
    condition = Condition("AbleToScale", "True", "ReadyForNewScale", "fine", NOON)
    assert got.status.conditions == (condition,)
    assert (got.status.last_scale_time, got.status.desired_replicas) == (NOON, 4)


def test_a_status_is_written_as_it_was_read():
    """Nothing is lost on the way; fractions of seconds are cut."""
    status = autoscaler({**hpa(), "status": STATUS}).status

    assert status_json(status) == STATUS
    assert status_json(Status(last_scale_time=NOON + 0.9))["lastScaleTime"].endswith("00Z")
    assert "lastScaleTime" not in status_json(Status())


def test_a_pod_is_read():
    """Containers by what they are for, requests at every level, readiness with its time."""
    given = deepcopy(manifest("web-0"))
    given["metadata"]["deletionTimestamp"] = "2026-11-23T12:00:00Z"
    given["spec"] |= {
        "initContainers": [
            {"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"cpu": 1}}},
            {"name": "init", "resources": None},
        ],
        "resources": {"requests": {"cpu": "2"}},
        "overhead": {"cpu": "5m"},
    }

    got = pod(given)

    kinds = [(one.name, one.kind) for one in got.containers]
    assert kinds == [("app", Kind.CONTAINER), ("proxy", Kind.SIDECAR), ("init", Kind.INIT)]
    assert got.containers[1].requests == {"cpu": parse("1")}
    assert (got.pod_requests, got.overhead) == ({"cpu": parse("2")}, {"cpu": parse("5m")})
    assert got.deleted
    assert got.started == LONG_AGO
    assert got.ready == ReadyCondition("True", LONG_AGO)


def test_what_is_not_there_is_empty():
    """A pod that was just created, a scale of a target without a selector."""
    got = pod({"metadata": {"name": "new"}, "spec": {}, "status": {"phase": "Pending"}})

    assert (got.started, got.ready, got.containers, got.labels) == (None, None, (), {})
    assert scale({"spec": {}, "status": {"replicas": 1}}) == Scale(0, 1, "")


def test_defaults_of_an_hpa():
    """One replica at least, 80 % of cpu, and no behaviour unless there is one."""
    got = defaulted({"spec": {"maxReplicas": 3, "metrics": None, "behavior": None}})["spec"]

    assert (got["minReplicas"], got["behavior"]) == (1, None)
    assert got["metrics"][0]["resource"]["target"]["averageUtilization"] == 80


def test_defaults_of_a_behaviour():
    """Both directions; each field that is given stays, also an empty list of policies."""
    given: dict[str, Any] = {
        "scaleDown": {"policies": [], "stabilizationWindowSeconds": None, "tolerance": "0.2"}
    }
    manifest = {"spec": {"behavior": given}}

    got = defaulted(manifest)["spec"]["behavior"]

    assert got["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert [one["value"] for one in got["scaleUp"]["policies"]] == [4, 100]
    assert got["scaleDown"] == {"selectPolicy": "Max", "policies": [], "tolerance": "0.2"}
    assert manifest == {"spec": {"behavior": given}}


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (ApiResource("g.io", "v1", "as"), "/apis/g.io/v1/namespaces/ns/as/a%2Fb/scale"),
        (ApiResource("", "v1", "pods"), "/api/v1/namespaces/ns/pods/a%2Fb/scale"),
        (ApiResource("x.io", "v2", "things", namespaced=False), "/apis/x.io/v2/things/a%2Fb/scale"),
    ],
)
def test_paths_of_resources(resource, path):
    """With their parts quoted."""
    assert resource.path("ns", "a/b", "scale") == path


def test_groups_and_versions():
    """The preferred version comes first; the core group has no name."""
    versions = (GroupVersion("v1"), GroupVersion("v2"))

    assert ApiGroup("g", versions, GroupVersion("v2")).by_preference == ("v2", "v1")
    assert (group_of("apps/v1"), group_of("v1")) == ("apps", "")
    assert no_match("g", "Thing") == 'no matches for kind "Thing" in group "g"'


def refused(code, reason="", message=""):
    status = errors.Status(code=code, reason=reason, message=message)
    return errors.error_answer("https://api/x", code, status)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (refused(404, "NotFound", 'pods "web" not found'), 'pods "web" not found'),
        (
            refused(404, "", "404 page not found"),
            "the server could not find the requested resource",
        ),
        (refused(503, "", "away"), "the server is currently unable to handle the request"),
        (
            refused(500, "", "oh"),
            'an error on the server ("oh") has prevented the request from succeeding',
        ),
        (refused(403), "unknown"),
        (
            refused(418),
            "the server responded with the status code 418 but did not return more information",
        ),
        (errors.Unreachable("https://api/x", "refused"), "refused"),
    ],
)
def test_failures_in_client_gos_words(error, text):
    """A Status speaks for itself, and so does what never came; else it says what was asked."""
    silent = isinstance(error, errors.ErrorAnswer) and not error.status.reason
    whole = f"{text} (get pods)" if silent else text

    assert error_text(error, "pods") == whole
    assert failure(error, "pods") == Failure(whole)
