"""What is kept of pods and HPAs, and how it is found."""

import json

import pytest

from tests.autoscale.controller.world import NAMESPACE, pod_manifest
from tidegauge.autoscale.controller.watched import Pods, autoscalers_in, pods_in
from tidegauge.autoscale.reading import objects
from tidegauge.units.selectors import parse_label_selector

SINCE = "2026-11-23T12:00:00Z"
WEB = {"app": "web"}
SIDECAR = {"name": "log", "restartPolicy": "Always", "resources": {"requests": {"cpu": "5m"}}}


def kept(pod):
    """The record of a pod that a watch says was added."""
    line = json.dumps({"type": "ADDED", "object": pod}).encode()
    return pods_in("").form.event(line).record


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"status": {"phase": "Pending"}},
        {"status": {"phase": "Failed", "conditions": []}},
        {"spec": {"containers": [], "initContainers": [SIDECAR], "overhead": {"cpu": "1"}}},
        {"spec": {"containers": [{"name": "a"}], "resources": {"requests": {"cpu": "2"}}}},
    ],
    ids=["running", "pending", "failed", "sidecar", "pod-level"],
)
def test_a_pod(parts):
    """All that decides is kept, and it is the same as when it is read by itself."""
    pod = pod_manifest("web-0", WEB, SINCE) | parts

    record = kept(pod)

    assert record.key == (NAMESPACE, "web-0")
    assert record.pod == objects.pod(pod)


def test_pods_of_one_template_share():
    """What is the same in all of them is there once."""
    first, second = (kept(pod_manifest(name, WEB, SINCE)).pod for name in ("web-0", "web-1"))

    assert first.labels is second.labels
    assert first.containers is second.containers


def test_pods_by_selector():
    """By name, of one namespace, as last heard of; what is gone is gone."""
    pods = Pods()
    for name, labels in (("b", WEB), ("c", {"app": "cart"}), ("a", WEB), ("d", WEB)):
        pods.put(kept(pod_manifest(name, labels, SINCE)))
    pods.put(kept(pod_manifest("d", {"app": "cart"}, SINCE)))

    def found(namespace=NAMESPACE):
        return [pod.name for pod in pods.select(namespace, parse_label_selector("app=web"))]

    assert found() == ["a", "b"]
    assert found("elsewhere") == []
    assert (len(pods), pods.count(NAMESPACE)) == (4, 4)
    for name in "abcd":
        pods.remove((NAMESPACE, name))
    assert (found(), len(pods), list(pods.keys())) == ([], 0, [])


@pytest.mark.parametrize(
    ("namespace", "pods", "autoscalers"),
    [
        ("", "/api/v1/pods", "/apis/autoscaling/v2/horizontalpodautoscalers"),
        (
            "a",
            "/api/v1/namespaces/a/pods",
            "/apis/autoscaling/v2/namespaces/a/horizontalpodautoscalers",
        ),
    ],
)
def test_paths(namespace, pods, autoscalers):
    """Of the whole cluster, or of one namespace."""
    assert pods_in(namespace).path == pods
    assert autoscalers_in(namespace).path == autoscalers
