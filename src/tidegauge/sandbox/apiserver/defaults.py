"""What an object says without saying it: the defaults that users see, kind by kind.

Objects are changed in place: they have just been read from a request.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Object = dict[str, Any]

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_NOT_READY = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATED_SECONDS = 300
_FILE_MODE = 0o644


def fill_in(resource: str, obj: Object) -> None:
    """Give an object of that resource all its defaults."""
    if filler := _FILLERS.get(resource):
        filler(obj)


def _defaults(target: Object, **values: Any) -> None:
    for key, value in values.items():
        target.setdefault(key, value)


def _namespace(obj: Object) -> None:
    _defaults(obj, spec={}, status={})
    _defaults(obj["spec"], finalizers=["kubernetes"])
    _defaults(obj["status"], phase="Active")
    labels = obj["metadata"].setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")


def _secret(obj: Object) -> None:
    _defaults(obj, type="Opaque")


def _service(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    _defaults(spec, type="ClusterIP", sessionAffinity="None")
    for port in spec.get("ports") or ():
        _defaults(port, protocol="TCP")
        if "port" in port:
            _defaults(port, targetPort=port["port"])
    if spec["type"] != "ExternalName":
        _defaults(spec, internalTrafficPolicy="Cluster", ipFamilyPolicy="SingleStack")
        _defaults(spec, ipFamilies=["IPv4"])


def _pod(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    _pod_spec(spec)
    _defaults(spec, enableServiceLinks=True, preemptionPolicy="PreemptLowerPriority", priority=0)
    account = spec.get("serviceAccountName") or "default"
    spec |= {"serviceAccountName": account, "serviceAccount": account}
    tolerated = spec.setdefault("tolerations", [])
    for taint in _NOT_READY:
        if not any(each.get("key") in (taint, None) for each in tolerated):
            tolerated.append(
                {
                    "key": taint,
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": _TOLERATED_SECONDS,
                }
            )
    status = obj.setdefault("status", {})
    _defaults(status, phase="Pending", qosClass=quality_of_service(spec))


def _pod_spec(spec: Object) -> None:
    _defaults(
        spec,
        restartPolicy="Always",
        terminationGracePeriodSeconds=30,
        dnsPolicy="ClusterFirst",
        securityContext={},
        schedulerName="default-scheduler",
    )
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        _container(container)
    for volume in spec.get("volumes") or ():
        for source in ("configMap", "secret", "downwardAPI", "projected"):
            if source in volume:
                _defaults(volume[source], defaultMode=_FILE_MODE)


def _container(container: Object) -> None:
    _defaults(
        container,
        imagePullPolicy=_pull_policy(container.get("image", "")),
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        resources={},
    )
    resources = container["resources"]
    if resources.get("limits"):
        resources["requests"] = resources["limits"] | resources.get("requests", {})
    for port in container.get("ports") or ():
        _defaults(port, protocol="TCP")
    for probe in filter(None, map(container.get, _PROBES)):
        _defaults(probe, **_PROBE)
        if "httpGet" in probe:
            _defaults(probe["httpGet"], scheme="HTTP", path="/")


def _pull_policy(image: str) -> str:
    name = image.rpartition("/")[2]
    tagged = ":" in name and not name.endswith(":latest")
    return "IfNotPresent" if tagged or "@" in name else "Always"


def quality_of_service(spec: Mapping[str, Any]) -> str:
    """The class by which nodes choose whom to evict first."""
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    resources = [each.get("resources") or {} for each in containers]
    if not any(each.get("requests") or each.get("limits") for each in resources):
        return "BestEffort"
    guaranteed = all(
        each.get("limits", {}).keys() >= {"cpu", "memory"}
        and each.get("requests", {}) == each["limits"]
        for each in resources
    )
    return "Guaranteed" if guaranteed else "Burstable"


def _template(spec: Object) -> None:
    template = spec.setdefault("template", {})
    _defaults(template, metadata={}, spec={})
    _pod_spec(template["spec"])


def _deployment(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    _template(spec)
    _defaults(spec, replicas=1, strategy={}, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = spec["strategy"]
    _defaults(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _defaults(strategy, rollingUpdate={})
        _defaults(strategy["rollingUpdate"], maxUnavailable="25%", maxSurge="25%")


def _replica_set(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    _template(spec)
    _defaults(spec, replicas=1)


def _stateful_set(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    _template(spec)
    _defaults(
        spec,
        replicas=1,
        podManagementPolicy="OrderedReady",
        revisionHistoryLimit=10,
        updateStrategy={},
        persistentVolumeClaimRetentionPolicy={"whenDeleted": "Retain", "whenScaled": "Retain"},
    )
    _defaults(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _defaults(spec["updateStrategy"], rollingUpdate={"partition": 0, "maxUnavailable": 1})


def _autoscaler(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    _defaults(spec, minReplicas=1)
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
        _defaults(behavior, **{direction: {}})
        _defaults(behavior[direction], **values)


def _api_service(obj: Object) -> None:
    service = obj.setdefault("spec", {}).get("service")
    if service is not None:
        _defaults(service, port=443)


def _event(obj: Object) -> None:
    _defaults(obj, reportingComponent="", reportingInstance="")


def _node(obj: Object) -> None:
    spec, status = obj.setdefault("spec", {}), obj.setdefault("status", {})
    if "podCIDR" in spec:
        _defaults(spec, podCIDRs=[spec["podCIDR"]])
    if "capacity" in status:
        _defaults(status, allocatable=dict(status["capacity"]))
    _defaults(status, daemonEndpoints={"kubeletEndpoint": {"Port": 0}}, nodeInfo={})
    _defaults(status["nodeInfo"], **dict.fromkeys(_NODE_INFO, ""))


_NODE_INFO = (
    "architecture",
    "bootID",
    "containerRuntimeVersion",
    "kernelVersion",
    "kubeProxyVersion",
    "kubeletVersion",
    "machineID",
    "operatingSystem",
    "osImage",
    "systemUUID",
)


def first_status(resource: str) -> Object | None:
    """The status that an object of that resource is created with, besides what pods have."""
    statuses: Mapping[str, Object] = {
        "deployments": {},
        "horizontalpodautoscalers": {"desiredReplicas": 0, "currentMetrics": None},
        "replicasets": {"replicas": 0},
        "services": {"loadBalancer": {}},
        "statefulsets": {"replicas": 0, "availableReplicas": 0},
    }
    return statuses.get(resource)


def fill_in_status(resource: str, obj: Object) -> None:
    """What Go writes in a status though it is not set."""
    status = obj.get("status", {})
    if resource == "pods":
        for part in ("containerStatuses", "initContainerStatuses"):
            for container in status.get(part) or ():
                _defaults(container, lastState={}, state={})
        if "podIP" in status:
            _defaults(status, podIPs=[{"ip": status["podIP"]}])
    elif resource == "nodes":
        _node(obj)


_FILLERS: Mapping[str, Callable[[Object], None]] = {
    "apiservices": _api_service,
    "deployments": _deployment,
    "events": _event,
    "horizontalpodautoscalers": _autoscaler,
    "namespaces": _namespace,
    "nodes": _node,
    "pods": _pod,
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
