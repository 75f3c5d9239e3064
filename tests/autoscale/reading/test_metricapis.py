"""Questions to the metric APIs, and what their answers are worth."""

import json

import pytest

from tidegauge.autoscale.engine.answers import Answers, ContainerUsage, Failure, PodUsage, PodValue
from tidegauge.autoscale.engine.spec import MetricName, Reference, decode_spec
from tidegauge.autoscale.reading.mapping import ApiGroup, GroupVersion
from tidegauge.autoscale.reading.metricapis import (
    Catalogue,
    Question,
    choose_version,
    query,
    questions,
)

AVERAGE = {"type": "AverageValue", "averageValue": "1"}
INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "main"}
URGENT = {"matchLabels": {"class": "urgent"}}
MAIN = Reference(api_version="networking.k8s.io/v1", kind="Ingress", name="main")
CATALOGUE = Catalogue(custom="v1beta2", described={MAIN: "ingresses.networking.k8s.io"})


def asked(*metrics, catalogue=CATALOGUE):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = decode_spec({"scaleTargetRef": target, "maxReplicas": 3, "metrics": metrics})
    return questions(spec.metrics, "shop", "app=web", catalogue)


def resource(name):
    return {"type": "Resource", "resource": {"name": name, "target": AVERAGE}}


def pods(name, selector=None):
    return {
        "type": "Pods",
        "pods": {"metric": {"name": name, "selector": selector}, "target": AVERAGE},
    }


def external(name, selector=None):
    metric = {"name": name, "selector": selector}
    return {"type": "External", "external": {"metric": metric, "target": AVERAGE}}


def of_object(described, name="hits"):
    metric = {"describedObject": described, "metric": {"name": name}, "target": AVERAGE}
    return {"type": "Object", "object": metric}


@pytest.mark.parametrize(
    ("metric", "path", "params", "called"),
    [
        (
            resource("cpu"),
            "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods",
            {"labelSelector": "app=web"},
            "pods.metrics.k8s.io",
        ),
        (
            pods("hits", URGENT),
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/pods/%2A/hits",
            {"labelSelector": "app=web", "metricLabelSelector": "class=urgent"},
            "pods.custom.metrics.k8s.io *",
        ),
        (
            of_object(INGRESS),
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/ingresses.networking.k8s.io/main/hits",
            {},
            "ingresses.networking.k8s.io.custom.metrics.k8s.io main",
        ),
        (
            of_object({"apiVersion": "v1", "kind": "Namespace", "name": "other"}),
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/metrics/hits",
            {},
            "metrics.custom.metrics.k8s.io hits",
        ),
        (
            external("queue length/1", URGENT),
            "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue%20length%2F1",
            {"labelSelector": "class=urgent"},
            "queue length/1.external.metrics.k8s.io",
        ),
    ],
    ids=["resource", "pods", "object", "namespace", "external"],
)
def test_where_each_type_of_metric_is_asked_for(metric, path, params, called):
    """As upstream's clients ask, with names quoted and no empty selector."""
    (question,) = asked(metric)

    assert (question.path, dict(question.params), question.asked) == (path, params, called)


def test_equal_questions_are_asked_once():
    """Resources share one list; series of one name are told apart by their selectors."""
    resources = resource("cpu"), resource("memory")
    found = asked(*resources, external("q"), external("q", URGENT), external("q"))

    assert len(list(found)) == 3
    assert len(set(found)) == 3


def test_no_question_is_put_that_cannot_be():
    """Without an API, or with an object of a kind that nobody knows, the failure stands there."""
    found = asked(pods("hits"), of_object(INGRESS), catalogue=Catalogue())
    unknown = asked(of_object(INGRESS), catalogue=Catalogue(custom="v1beta1"))
    broken = asked(external("q", {"matchExpressions": [{"key": "a", "operator": "Near"}]}))

    answers = found.answers({})
    assert list(found) == list(unknown) == list(broken) == []
    said = "no custom metrics API (custom.metrics.k8s.io) registered"
    assert answers.pods[MetricName(name="hits")] == Failure(said)
    (failure,) = unknown.answers({}).object.values()
    assert "unable to map kind Ingress.networking.k8s.io to resource" in failure.message


def test_answers_go_where_the_engine_looks():
    """By metric; what nobody answered is as if it were empty."""
    found = asked(resource("cpu"), external("q"), of_object(INGRESS))
    by_path = {question.path.rpartition("/")[2]: question for question in found}

    got = found.answers({by_path["pods"]: Failure("gone"), by_path["q"]: (5,)})

    assert got == Answers(
        resource=Failure("gone"),
        external={MetricName(name="q"): (5,)},
    )


def decoded(metric, document):
    (question,) = asked(metric)
    return question.answer(json.dumps(document).encode())


def test_usage_is_read_in_milli_units():
    """Times in seconds; what is null is as if it were not there."""
    item = {
        "metadata": {"name": "web-0", "labels": None},
        "timestamp": "2026-11-23T12:00:00.5Z",
        "window": "1m15s",
        "containers": [{"name": "app", "usage": {"cpu": "250000001n", "memory": "2Ki"}}],
    }

    (got,) = decoded(resource("cpu"), {"items": [item]})

    containers = (ContainerUsage("app", {"cpu": 251, "memory": 2_048_000}),)
    assert got == PodUsage("web-0", 1_795_435_200.5, 75.0, containers)
    assert decoded(resource("cpu"), {"items": None}) == ()


def test_values_of_pods_are_read():
    """A window that is not given stays unknown."""
    named = {"describedObject": {"kind": "Pod", "name": "web-0"}, "value": "1500m"}
    whole = {**named, "timestamp": "2026-11-23T12:00:00Z", "windowSeconds": 30}

    got = decoded(pods("hits"), {"items": [named, whole]})

    assert got[1] == PodValue("web-0", 1_795_435_200.0, 30.0, 1500)
    assert (got[0].window, got[0].timestamp) == (None, -62_135_596_800.0)


def test_series_from_outside_are_read():
    """One value for each."""
    items = [{"metricName": "q", "value": "2"}, {"metricName": "q", "value": 3}]

    assert decoded(external("q"), {"items": items}) == (2000, 3000)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"items": []}, "returned 0 results when we asked for exactly one"),
        ({"items": [{"value": "1"}, {"value": "2"}]}, "returned 2 results"),
        ({"items": [{"value": "many"}]}, "quantities"),
        ({"items": 5}, "Expected `array | null`"),
    ],
    ids=["none", "two", "no quantity", "no list"],
)
def test_an_answer_that_cannot_be_used_is_a_failure(document, said):
    """With a text, not with a crash."""
    got = decoded(of_object(INGRESS), document)

    assert isinstance(got, Failure)
    assert said in got.message


def test_a_single_value_of_an_object_is_read():
    """In milli-units; null is nought, as in Go."""
    assert decoded(of_object(INGRESS), {"items": [{"value": "2k"}]}) == 2_000_000
    assert decoded(of_object(INGRESS), {"items": [{"value": None}]}) == 0


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (None, ""),
        ({}, ""),
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        (
            {
                "matchLabels": {"m": "1"},
                "matchExpressions": [
                    {"key": "z", "operator": "Exists"},
                    {"key": "y", "operator": "DoesNotExist"},
                    {"key": "a", "operator": "In", "values": ["c", "b"]},
                    {"key": "b", "operator": "NotIn", "values": ["d"]},
                ],
            },
            "a in (b,c),b notin (d),m=1,!y,z",
        ),
    ],
    ids=["none", "empty", "labels", "expressions"],
)
def test_selectors_as_text(selector, text):
    """Sorted by key, values too."""
    assert query(selector) == text


@pytest.mark.parametrize(
    ("versions", "preferred", "chosen"),
    [
        (("v1beta2", "v1beta1"), "v1beta2", "v1beta2"),
        (("v1beta2", "v1beta1"), "v1beta1", "v1beta1"),
        (("v9", "v1beta1"), "v9", "v1beta1"),
        (("v9",), "v9", Failure("no known available metric versions found")),
    ],
)
def test_the_version_of_the_custom_metrics_api(versions, preferred, chosen):
    """The preferred one, or the first that is known."""
    served = tuple(map(GroupVersion, versions))
    group = ApiGroup("custom.metrics.k8s.io", served, GroupVersion(preferred))

    assert choose_version(group) == chosen


def test_what_a_role_has_to_grant():
    """Lists of usage and of series; of custom metrics a subresource of the object."""
    metrics = resource("cpu"), pods("hits"), of_object(INGRESS), external("q")

    assert [question.access for question in asked(*metrics)] == [
        ("list", "pods.metrics.k8s.io"),
        ("get", "pods.custom.metrics.k8s.io/hits"),
        ("get", "ingresses.networking.k8s.io.custom.metrics.k8s.io/hits"),
        ("list", "q.external.metrics.k8s.io"),
    ]


def test_questions_can_be_shared_between_hpas():
    """Equal ones are one key."""
    (first,), (second,) = asked(external("q")), asked(external("q"))

    assert isinstance(first, Question)
    assert {first: 1}[second] == 1
