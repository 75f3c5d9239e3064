"""The requests whose cost is compared: what kubectl, the HPA controller and dashboards ask for."""

from typing import NamedTuple

API = "/apis/metrics.k8s.io/v1beta1"
"""The version that both servers have."""

JSON, PROTOBUF = "application/json", "application/vnd.kubernetes.protobuf"

NAMESPACE = f"{API}/namespaces/fleet-1/pods"
ONE_POD = f"{NAMESPACE}/web-00001-000"


class Question(NamedTuple):
    name: str
    path: str
    accept: str
    limit: float | None
    """The ratio that is promised for time and CPU; None where nothing is."""
    times: int


ALL_PODS = (
    Question("all pods, JSON", f"{API}/pods", JSON, 0.15, 10),
    Question("all pods, protobuf", f"{API}/pods", PROTOBUF, 0.15, 10),
)

NAMESPACES = (
    Question("one namespace, JSON", NAMESPACE, JSON, 0.25, 100),
    Question(
        "HPA's list, all of a namespace, protobuf",
        f"{NAMESPACE}?labelSelector=app%3Dweb",
        PROTOBUF,
        0.2,
        100,
    ),
)

QUESTIONS = (
    *ALL_PODS,
    *NAMESPACES,
    Question("nodes, JSON", f"{API}/nodes", JSON, None, 100),
    Question("one pod, JSON", ONE_POD, JSON, 1.0, 500),
)

RENEWED = (*NAMESPACES, *ALL_PODS)
"""The smaller first: what they hold would not be new after the larger ones."""
