"""What an object says without saying it: the defaults that users see, kind by kind.

Objects are changed in place: they have just been read from a request.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tidegauge.sandbox.apiserver.poddefaults import defaults, fill_in_pod, fill_in_pod_spec
from tidegauge.sandbox.apiserver.statuses import fill_in_node

Object = dict[str, Any]


def fill_in(resource: str, obj: Object) -> None:
    """Give an object of that resource all its defaults."""
    if filler := _FILLERS.get(resource):
        filler(obj)


def _namespace(obj: Object) -> None:
    defaults(obj, spec={}, status={})
    defaults(obj["spec"], finalizers=["kubernetes"])
    defaults(obj["status"], phase="Active")
    labels = obj["metadata"].setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")


def _secret(obj: Object) -> None:
    defaults(obj, type="Opaque")


def _service(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    defaults(spec, type="ClusterIP", sessionAffinity="None")
    for port in spec.get("ports") or ():
        defaults(port, protocol="TCP")
        if "port" in port:
            defaults(port, targetPort=port["port"])
    if spec["type"] != "ExternalName":
        defaults(spec, internalTrafficPolicy="Cluster", ipFamilyPolicy="SingleStack")
        defaults(spec, ipFamilies=["IPv4"])


def _template(spec: Object) -> None:
    template = spec.setdefault("template", {})
    defaults(template, metadata={}, spec={})
    fill_in_pod_spec(template["spec"])


def _deployment(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    _template(spec)
    defaults(spec, replicas=1, strategy={}, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = spec["strategy"]
    defaults(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        defaults(strategy, rollingUpdate={})
        defaults(strategy["rollingUpdate"], maxUnavailable="25%", maxSurge="25%")


def _replica_set(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    _template(spec)
    defaults(spec, replicas=1)


def _stateful_set(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    _template(spec)
    defaults(
        spec,
        replicas=1,
        podManagementPolicy="OrderedReady",
        revisionHistoryLimit=10,
        updateStrategy={},
        persistentVolumeClaimRetentionPolicy={"whenDeleted": "Retain", "whenScaled": "Retain"},
    )
    defaults(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        defaults(spec["updateStrategy"], rollingUpdate={"partition": 0, "maxUnavailable": 1})


def _autoscaler(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    defaults(spec, minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    if "behavior" in spec:
        _behavior(spec["behavior"])


def _behavior(behavior: Object) -> None:
    rules: dict[str, Object] = {
        "scaleUp": {
            "stabilizationWindowSeconds": 0,
            "selectPolicy": "Max",
            "policies": [
                {"type": "Pods", "value": 4, "periodSeconds": 15},
                {"type": "Percent", "value": 100, "periodSeconds": 15},
            ],
        },
        "scaleDown": {
            "selectPolicy": "Max",
            "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
        },
    }
    for direction, values in rules.items():
        defaults(behavior, **{direction: {}})
        defaults(behavior[direction], **values)


def _api_service(obj: Object) -> None:
    service = obj.setdefault("spec", {}).get("service")
    if service is not None:
        defaults(service, port=443)


def _event(obj: Object) -> None:
    defaults(obj, reportingComponent="", reportingInstance="")


_FILLERS: Mapping[str, Callable[[Object], None]] = {
    "apiservices": _api_service,
    "deployments": _deployment,
    "events": _event,
    "horizontalpodautoscalers": _autoscaler,
    "namespaces": _namespace,
    "nodes": fill_in_node,
    "pods": fill_in_pod,
    "replicasets": _replica_set,
    "secrets": _secret,
    "services": _service,
    "statefulsets": _stateful_set,
}


def assign_cluster_ip(service: Object, taken: Iterable[str]) -> None:
    """An address of the services' range that nobody has, for a Service that should have one."""
    spec = service["spec"]
    if spec["type"] == "ExternalName":
        return
    used = set(taken)
    free = (f"10.96.{n // 256}.{n % 256}" for n in range(10, 1 << 16))
    spec.setdefault("clusterIP", next(address for address in free if address not in used))
    spec["clusterIPs"] = [spec["clusterIP"]]
