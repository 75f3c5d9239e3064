"""What an object says without saying it: the defaults that users see, kind by kind.

Objects are changed in place: they have just been read from a request.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

from tidegauge.autoscale.reading.defaults import defaulted
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
    plain = obj.pop("stringData", {})
    if plain:
        encoded = {key: b64encode(text.encode()).decode() for key, text in plain.items()}
        obj["data"] = obj.get("data", {}) | encoded


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
    obj["spec"] = defaulted(obj)["spec"]


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


_FIRST_NODE_PORT = 30_000


def assign_addresses(service: Object, others: Iterable[Object]) -> None:
    """An address, and ports of the nodes, that no other Service has, where it should have them."""
    spec = service["spec"]
    if spec["type"] == "ExternalName":
        return
    specs = [each["spec"] for each in others]
    used = {each.get("clusterIP") for each in specs}
    free = (f"10.96.{n // 256}.{n % 256}" for n in range(10, 1 << 16))
    spec.setdefault("clusterIP", next(address for address in free if address not in used))
    spec["clusterIPs"] = [spec["clusterIP"]]
    if spec["type"] in ("NodePort", "LoadBalancer"):
        defaults(spec, externalTrafficPolicy="Cluster")
        taken = {port.get("nodePort") for each in specs for port in each.get("ports") or ()}
        ports = (port for port in count(_FIRST_NODE_PORT) if port not in taken)
        for port in spec.get("ports") or ():
            defaults(port, nodePort=next(ports))
