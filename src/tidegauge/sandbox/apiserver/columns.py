"""The columns of `kubectl get`, kind by kind: a name and how its cell is read from the object."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tidegauge.sandbox.apiserver.autoscalertargets import targets_text
from tidegauge.sandbox.apiserver.podstatus import condition, pod_status
from tidegauge.sandbox.apiserver.readable import (
    NONE,
    UNKNOWN,
    UNSET,
    age,
    joined,
    labels_text,
    selector_text,
)

Object = Mapping[str, Any]
Cell = Callable[[Object, float], Any]
"""From an object and the time now."""


class Column(NamedTuple):
    name: str
    cell: Cell
    wide: bool = False
    """Shown by `-o wide` only."""

    type: str = "string"


def _at(path: str, default: Any = "") -> Cell:
    """What stands at a path of field names."""
    names = path.split(".")

    def cell(obj: Object, _now: float) -> Any:
        value: Any = obj
        for name in names:
            value = (value or {}).get(name)
        return default if value is None else value

    return cell


def _number(path: str) -> Cell:
    return _at(path, 0)


def _named(path: str, nothing: str = NONE) -> Cell:
    """Text, where no text shows as nothing."""
    look = _at(path)
    return lambda obj, now: look(obj, now) or nothing


def _age(obj: Object, now: float) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _size(path: str) -> Cell:
    look = _at(path, {})
    return lambda obj, now: len(look(obj, now))


def _pod_ready(obj: Object, _now: float) -> str:
    status = pod_status(obj)
    return f"{status.ready}/{status.total}"


def _readiness_gates(obj: Object, _now: float) -> str:
    gates = obj["spec"].get("readinessGates")
    if not gates:
        return NONE
    passed = [
        gate
        for gate in gates
        if condition(obj.get("status", {}), gate["conditionType"]).get("status") == "True"
    ]
    return f"{len(passed)}/{len(gates)}"


def _node_status(obj: Object, _now: float) -> str:
    ready = condition(obj.get("status", {}), "Ready")
    words = ["Unknown"] if not ready else ["Ready" if ready["status"] == "True" else "NotReady"]
    if obj.get("spec", {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


_ROLE, _OLD_ROLE = "node-role.kubernetes.io/", "kubernetes.io/role"


def _node_roles(obj: Object, _now: float) -> str:
    labels = obj["metadata"].get("labels", {})
    roles = {label.removeprefix(_ROLE) for label in labels if label.startswith(_ROLE)}
    roles |= {labels[_OLD_ROLE]} if labels.get(_OLD_ROLE) else set()
    return joined(sorted(filter(None, roles)))


def _address(kind: str) -> Cell:
    def cell(obj: Object, _now: float) -> str:
        addresses = obj.get("status", {}).get("addresses") or ()
        return next((each["address"] for each in addresses if each["type"] == kind), NONE)

    return cell


def _cluster_ip(obj: Object, _now: float) -> str:
    return next(iter(obj["spec"].get("clusterIPs") or ()), NONE)


def _external_ip(obj: Object, _now: float) -> str:
    spec = obj["spec"]
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName", ""))
        case "LoadBalancer":
            ingress = obj.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
            found = [each.get("ip") or each.get("hostname", "") for each in ingress]
            return ",".join([*found, *spec.get("externalIPs", ())]) or "<pending>"
    return joined(spec.get("externalIPs") or ())


def _ports(obj: Object, _now: float) -> str:
    def text(port: Object) -> str:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"

    return joined([text(port) for port in obj["spec"].get("ports") or ()])


def _ready_of_wanted(obj: Object, _now: float) -> str:
    wanted = obj["spec"].get("replicas", 1)
    return f"{obj.get('status', {}).get('readyReplicas', 0)}/{wanted}"


def _template(field: str) -> Cell:
    def cell(obj: Object, _now: float) -> str:
        containers = obj["spec"]["template"]["spec"]["containers"]
        return ",".join(each.get(field, "") for each in containers)

    return cell


def _selector(obj: Object, _now: float) -> str:
    return selector_text(obj["spec"].get("selector"))


def _reference(obj: Object, _now: float) -> str:
    target = obj["spec"]["scaleTargetRef"]
    return f"{target['kind']}/{target['name']}"


def _service_of_api(obj: Object, _now: float) -> str:
    service = obj["spec"].get("service")
    return f"{service['namespace']}/{service['name']}" if service else "Local"


def _available(obj: Object, _now: float) -> str:
    found = condition(obj.get("status", {}), "Available")
    if not found:
        return "Unknown"
    return "True" if found["status"] == "True" else f"{found['status']} ({found.get('reason')})"


def _last_seen(obj: Object, now: float) -> str:
    series = obj.get("series") or {}
    seen = series.get("lastObservedTime") or obj.get("lastTimestamp")
    return age(seen, now) if seen else _first_seen(obj, now)


def _first_seen(obj: Object, now: float) -> str:
    return age(obj.get("firstTimestamp") or obj.get("eventTime"), now)


def _event_count(obj: Object, _now: float) -> int:
    return (obj.get("series") or {}).get("count") or obj.get("count") or 1


def _event_object(obj: Object, _now: float) -> str:
    about = obj.get("involvedObject", {})
    return "/".join(filter(None, (about.get("kind", "").lower(), about.get("name"))))


def _event_source(obj: Object, _now: float) -> str:
    source = obj.get("source") or {}
    parts = source.get("component") or obj.get("reportingComponent") or "", source.get("host")
    return ", ".join(filter(None, parts))


def _event_message(obj: Object, _now: float) -> str:
    return str(obj.get("message", "")).strip()


NAME = Column("Name", _at("metadata.name"))
AGE = Column("Age", _age)
_OF_TEMPLATE = (
    Column("Containers", _template("name"), wide=True),
    Column("Images", _template("image"), wide=True),
)
_SELECTOR = Column("Selector", _selector, wide=True)

COLUMNS: Mapping[str, Sequence[Column]] = {
    "configmaps": (NAME, Column("Data", _size("data")), AGE),
    "events": (
        Column("Last Seen", _last_seen),
        Column("Type", _at("type")),
        Column("Reason", _at("reason")),
        Column("Object", _event_object),
        Column("Subobject", _at("involvedObject.fieldPath"), wide=True),
        Column("Source", _event_source, wide=True),
        Column("Message", _event_message),
        Column("First Seen", _first_seen, wide=True),
        Column("Count", _event_count, wide=True),
        Column("Name", _at("metadata.name"), wide=True),
    ),
    "namespaces": (NAME, Column("Status", _at("status.phase")), AGE),
    "nodes": (
        NAME,
        Column("Status", _node_status),
        Column("Roles", _node_roles),
        AGE,
        Column("Version", _at("status.nodeInfo.kubeletVersion")),
        Column("Internal-IP", _address("InternalIP"), wide=True),
        Column("External-IP", _address("ExternalIP"), wide=True),
        Column("OS-Image", _named("status.nodeInfo.osImage", UNKNOWN), wide=True),
        Column("Kernel-Version", _named("status.nodeInfo.kernelVersion", UNKNOWN), wide=True),
        Column(
            "Container-Runtime",
            _named("status.nodeInfo.containerRuntimeVersion", UNKNOWN),
            wide=True,
        ),
    ),
    "pods": (
        NAME,
        Column("Ready", _pod_ready),
        Column("Status", lambda obj, _now: pod_status(obj).reason),
        Column("Restarts", lambda obj, now: pod_status(obj).restarts_text(now)),
        AGE,
        Column("IP", _named("status.podIP"), wide=True),
        Column("Node", _named("spec.nodeName"), wide=True),
        Column("Nominated Node", _named("status.nominatedNodeName"), wide=True),
        Column("Readiness Gates", _readiness_gates, wide=True),
    ),
    "secrets": (NAME, Column("Type", _at("type")), Column("Data", _size("data")), AGE),
    "services": (
        NAME,
        Column("Type", _at("spec.type")),
        Column("Cluster-IP", _cluster_ip),
        Column("External-IP", _external_ip),
        Column("Port(s)", _ports),
        AGE,
        Column("Selector", lambda obj, _now: labels_text(obj["spec"].get("selector")), wide=True),
    ),
    "serviceaccounts": (NAME, AGE),
    "apiservices": (
        NAME,
        Column("Service", _service_of_api),
        Column("Available", _available),
        AGE,
    ),
    "deployments": (
        NAME,
        Column("Ready", _ready_of_wanted),
        Column("Up-to-date", _number("status.updatedReplicas")),
        Column("Available", _number("status.availableReplicas")),
        AGE,
        *_OF_TEMPLATE,
        _SELECTOR,
    ),
    "replicasets": (
        NAME,
        Column("Desired", _number("spec.replicas"), type="integer"),
        Column("Current", _number("status.replicas"), type="integer"),
        Column("Ready", _number("status.readyReplicas"), type="integer"),
        AGE,
        *_OF_TEMPLATE,
        _SELECTOR,
    ),
    "statefulsets": (NAME, Column("Ready", _ready_of_wanted), AGE, *_OF_TEMPLATE),
    "horizontalpodautoscalers": (
        NAME,
        Column("Reference", _reference),
        Column("Targets", lambda obj, _now: targets_text(obj)),
        Column("MinPods", lambda obj, _now: str(obj["spec"].get("minReplicas", UNSET))),
        Column("MaxPods", _number("spec.maxReplicas")),
        Column("Replicas", _number("status.currentReplicas")),
        AGE,
    ),
    "leases": (NAME, Column("Holder", _at("spec.holderIdentity")), AGE),
}
