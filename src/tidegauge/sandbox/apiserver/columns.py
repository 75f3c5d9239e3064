"""The columns of `kubectl get`, kind by kind."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tidegauge.sandbox.apiserver import cells
from tidegauge.sandbox.apiserver.autoscalertargets import targets_text
from tidegauge.sandbox.apiserver.cells import Cell, at, named, number
from tidegauge.sandbox.apiserver.podstatus import pod_status
from tidegauge.sandbox.apiserver.readable import UNKNOWN, UNSET, labels_text


class Column(NamedTuple):
    name: str
    cell: Cell
    wide: bool = False
    """Shown by `-o wide` only."""

    type: str = "string"


NAME = Column("Name", at("metadata.name"))
AGE = Column("Age", cells.age_of)
_OF_TEMPLATE = (
    Column("Containers", cells.template("name"), wide=True),
    Column("Images", cells.template("image"), wide=True),
)
_SELECTOR = Column("Selector", cells.selector, wide=True)

COLUMNS: Mapping[str, Sequence[Column]] = {
    "configmaps": (NAME, Column("Data", cells.size("data")), AGE),
    "events": (
        Column("Last Seen", cells.last_seen),
        Column("Type", at("type")),
        Column("Reason", at("reason")),
        Column("Object", cells.event_object),
        Column("Subobject", at("involvedObject.fieldPath"), wide=True),
        Column("Source", cells.event_source, wide=True),
        Column("Message", cells.event_message),
        Column("First Seen", cells.first_seen, wide=True),
        Column("Count", cells.event_count, wide=True),
        Column("Name", at("metadata.name"), wide=True),
    ),
    "namespaces": (NAME, Column("Status", at("status.phase")), AGE),
    "nodes": (
        NAME,
        Column("Status", cells.node_status),
        Column("Roles", cells.node_roles),
        AGE,
        Column("Version", at("status.nodeInfo.kubeletVersion")),
        Column("Internal-IP", cells.address("InternalIP"), wide=True),
        Column("External-IP", cells.address("ExternalIP"), wide=True),
        Column("OS-Image", named("status.nodeInfo.osImage", UNKNOWN), wide=True),
        Column("Kernel-Version", named("status.nodeInfo.kernelVersion", UNKNOWN), wide=True),
        Column(
            "Container-Runtime",
            named("status.nodeInfo.containerRuntimeVersion", UNKNOWN),
            wide=True,
        ),
    ),
    "pods": (
        NAME,
        Column("Ready", cells.pod_ready),
        Column("Status", lambda obj, _now: pod_status(obj).reason),
        Column("Restarts", lambda obj, now: pod_status(obj).restarts_text(now)),
        AGE,
        Column("IP", named("status.podIP"), wide=True),
        Column("Node", named("spec.nodeName"), wide=True),
        Column("Nominated Node", named("status.nominatedNodeName"), wide=True),
        Column("Readiness Gates", cells.readiness_gates, wide=True),
    ),
    "secrets": (NAME, Column("Type", at("type")), Column("Data", cells.size("data")), AGE),
    "services": (
        NAME,
        Column("Type", at("spec.type")),
        Column("Cluster-IP", cells.cluster_ip),
        Column("External-IP", cells.external_ip),
        Column("Port(s)", cells.ports),
        AGE,
        Column("Selector", lambda obj, _now: labels_text(obj["spec"].get("selector")), wide=True),
    ),
    "serviceaccounts": (NAME, AGE),
    "apiservices": (
        NAME,
        Column("Service", cells.service_of_api),
        Column("Available", cells.available),
        AGE,
    ),
    "deployments": (
        NAME,
        Column("Ready", cells.ready_of_wanted),
        Column("Up-to-date", number("status.updatedReplicas")),
        Column("Available", number("status.availableReplicas")),
        AGE,
        *_OF_TEMPLATE,
        _SELECTOR,
    ),
    "replicasets": (
        NAME,
        Column("Desired", number("spec.replicas"), type="integer"),
        Column("Current", number("status.replicas"), type="integer"),
        Column("Ready", number("status.readyReplicas"), type="integer"),
        AGE,
        *_OF_TEMPLATE,
        _SELECTOR,
    ),
    "statefulsets": (NAME, Column("Ready", cells.ready_of_wanted), AGE, *_OF_TEMPLATE),
    "horizontalpodautoscalers": (
        NAME,
        Column("Reference", cells.reference),
        Column("Targets", lambda obj, _now: targets_text(obj)),
        Column("MinPods", lambda obj, _now: str(obj["spec"].get("minReplicas", UNSET))),
        Column("MaxPods", number("spec.maxReplicas")),
        Column("Replicas", number("status.currentReplicas")),
        AGE,
    ),
    "leases": (NAME, Column("Holder", at("spec.holderIdentity")), AGE),
}
