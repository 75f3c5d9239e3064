"""Objects in protobuf, as typed clients send them."""

import pytest

from tests.cluster.wire import entries, number, span
from tidegauge.sandbox.apiserver.wire import read


def envelope(version: str, kind: str, message: bytes) -> bytes:
    return b"k8s\x00" + span(1, span(1, version) + span(2, kind)) + span(2, message)


def test_deployment() -> None:
    """Texts, numbers, maps, lists, times and quantities are read by the numbers of their fields."""
    metadata = span(1, "web") + span(3, "") + span(8, number(1, 60)) + entries(11, {"app": "web"})
    requests = span(2, span(1, "cpu") + span(2, span(1, "100m")))
    container = span(1, "app") + span(2, "app:1") + span(8, requests)
    template = span(2, span(2, container) + number(4, 0))
    strategy = span(2, span(1, number(1, 1) + span(3, "25%")))
    spec = number(1, 0) + span(3, template) + span(4, strategy) + number(5, 0)

    found = read(envelope("apps/v1", "Deployment", span(1, metadata) + span(2, spec)))

    assert found == {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": "web",
            "creationTimestamp": "1970-01-01T00:01:00Z",
            "labels": {"app": "web"},
        },
        "spec": {
            "replicas": 0,
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "app",
                            "image": "app:1",
                            "resources": {"requests": {"cpu": "100m"}},
                        }
                    ],
                    "terminationGracePeriodSeconds": 0,
                }
            },
            "strategy": {"rollingUpdate": {"maxUnavailable": "25%"}},
        },
    }


def test_inlined_messages() -> None:
    """A struct that Go keeps inside another counts as part of the outer one, as in JSON."""
    volume = span(1, "v") + span(2, span(19, span(1, span(1, "cm"))))
    pod = span(2, span(1, volume))

    assert read(envelope("v1", "Pod", pod))["spec"]["volumes"] == [
        {"name": "v", "configMap": {"name": "cm"}}
    ]


def test_negative_numbers_bytes_and_flags() -> None:
    """Numbers may be negative, bytes are base64, false counts where it differs from nothing."""
    options = number(1, 2**64 - 1)
    secret = span(2, span(1, "k") + span(2, b"\xff\x00"))
    account = number(4, 0)

    assert read(envelope("v1", "DeleteOptions", options))["gracePeriodSeconds"] == -1
    assert read(envelope("v1", "Secret", secret))["data"] == {"k": "/wA="}
    assert read(envelope("v1", "ServiceAccount", account))["automountServiceAccountToken"] is False


def test_access_review() -> None:
    """Reviews come so too; their extra values are lists within a message."""
    extra = span(5, span(1, "k") + span(2, span(1, "v") + span(1, "w")))
    attributes = span(1, span(1, "ns") + span(2, "get") + span(5, "pods"))
    message = span(2, attributes + span(3, "jane") + extra)

    assert read(envelope("authorization.k8s.io/v1", "SubjectAccessReview", message))["spec"] == {
        "resourceAttributes": {"namespace": "ns", "verb": "get", "resource": "pods"},
        "user": "jane",
        "extra": {"k": ["v", "w"]},
    }


@pytest.mark.parametrize(
    "body",
    [envelope("v1", "Unknown", b""), envelope("v1", "Pod", b"\x0a\x05a"), b"k8s\x00\x0a"],
    ids=["kind", "cut off", "no envelope"],
)
def test_damaged(body: bytes) -> None:
    """What can't be read raises what decoding expects."""
    with pytest.raises((ValueError, IndexError)):
        read(body)
