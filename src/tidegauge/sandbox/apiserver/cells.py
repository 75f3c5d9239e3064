"""How one cell of `kubectl get` is read from an object, kind by kind."""

from collections.abc import Callable, Mapping
from typing import Any

from tidegauge.sandbox.apiserver.podstatus import condition, pod_status
from tidegauge.sandbox.apiserver.readable import NONE, age, joined, selector_text

Object = Mapping[str, Any]
Cell = Callable[[Object, float], Any]
"""From an object and the time now."""


def at(path: str, default: Any = "") -> Cell:
    """What stands at a path of field names."""
    names = path.split(".")

    def cell(obj: Object, _now: float) -> Any:
        value: Any = obj
        for name in names:
            value = (value or {}).get(name)
        return default if value is None else value

    return cell


def number(path: str) -> Cell:
    return at(path, 0)


def named(path: str, nothing: str = NONE) -> Cell:
    """Text, where no text shows as nothing."""
    look = at(path)
    return lambda obj, now: look(obj, now) or nothing


def age_of(obj: Object, now: float) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def size(path: str) -> Cell:
    look = at(path, {})
    return lambda obj, now: len(look(obj, now))


def pod_ready(obj: Object, _now: float) -> str:
    status = pod_status(obj)
    return f"{status.ready}/{status.total}"


def readiness_gates(obj: Object, _now: float) -> str:
    gates = obj["spec"].get("readinessGates")
    if not gates:
        return NONE
    passed = [
        gate
        for gate in gates
        if condition(obj.get("status", {}), gate["conditionType"]).get("status") == "True"
    ]
    return f"{len(passed)}/{len(gates)}"


def node_status(obj: Object, _now: float) -> str:
    ready = condition(obj.get("status", {}), "Ready")
    words = ["Unknown"] if not ready else ["Ready" if ready["status"] == "True" else "NotReady"]
    if obj.get("spec", {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


_ROLE, _OLD_ROLE = "node-role.kubernetes.io/", "kubernetes.io/role"


def node_roles(obj: Object, _now: float) -> str:
    labels = obj["metadata"].get("labels", {})
    roles = {label.removeprefix(_ROLE) for label in labels if label.startswith(_ROLE)}
    roles |= {labels[_OLD_ROLE]} if labels.get(_OLD_ROLE) else set()
    return joined(sorted(filter(None, roles)))


def address(kind: str) -> Cell:
    def cell(obj: Object, _now: float) -> str:
        addresses = obj.get("status", {}).get("addresses") or ()
        return next((each["address"] for each in addresses if each["type"] == kind), NONE)

    return cell


def cluster_ip(obj: Object, _now: float) -> str:
    return next(iter(obj["spec"].get("clusterIPs") or ()), NONE)


def external_ip(obj: Object, _now: float) -> str:
    spec = obj["spec"]
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName", ""))
        case "LoadBalancer":
            ingress = obj.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
            found = [each.get("ip") or each.get("hostname", "") for each in ingress]
            return ",".join([*found, *spec.get("externalIPs", ())]) or "<pending>"
    return joined(spec.get("externalIPs") or ())


def ports(obj: Object, _now: float) -> str:
    def text(port: Object) -> str:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"

    return joined([text(port) for port in obj["spec"].get("ports") or ()])


def ready_of_wanted(obj: Object, _now: float) -> str:
    wanted = obj["spec"].get("replicas", 1)
    return f"{obj.get('status', {}).get('readyReplicas', 0)}/{wanted}"


def template(field: str) -> Cell:
    def cell(obj: Object, _now: float) -> str:
        containers = obj["spec"]["template"]["spec"]["containers"]
        return ",".join(each.get(field, "") for each in containers)

    return cell


def selector(obj: Object, _now: float) -> str:
    return selector_text(obj["spec"].get("selector"))


def reference(obj: Object, _now: float) -> str:
    target = obj["spec"]["scaleTargetRef"]
    return f"{target['kind']}/{target['name']}"


def service_of_api(obj: Object, _now: float) -> str:
    service = obj["spec"].get("service")
    return f"{service['namespace']}/{service['name']}" if service else "Local"


def available(obj: Object, _now: float) -> str:
    found = condition(obj.get("status", {}), "Available")
    if not found:
        return "Unknown"
    return "True" if found["status"] == "True" else f"{found['status']} ({found.get('reason')})"


def last_seen(obj: Object, now: float) -> str:
    series = obj.get("series") or {}
    seen = series.get("lastObservedTime") or obj.get("lastTimestamp")
    return age(seen, now) if seen else first_seen(obj, now)


def first_seen(obj: Object, now: float) -> str:
    return age(obj.get("firstTimestamp") or obj.get("eventTime"), now)


def event_count(obj: Object, _now: float) -> int:
    return (obj.get("series") or {}).get("count") or obj.get("count") or 1


def event_object(obj: Object, _now: float) -> str:
    about = obj.get("involvedObject", {})
    return "/".join(filter(None, (about.get("kind", "").lower(), about.get("name"))))


def event_source(obj: Object, _now: float) -> str:
    source = obj.get("source") or {}
    parts = source.get("component") or obj.get("reportingComponent") or "", source.get("host")
    return ", ".join(filter(None, parts))


def event_message(obj: Object, _now: float) -> str:
    return str(obj.get("message", "")).strip()
