"""The defaults of pods and of the templates that pods are made from."""

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_NOT_READY = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATED_SECONDS = 300
_FILE_MODE = 0o644


def defaults(target: Object, **values: Any) -> None:
    """Put in what is not there."""
    for key, value in values.items():
        target.setdefault(key, value)


def fill_in_pod(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    fill_in_pod_spec(spec)
    if spec["terminationGracePeriodSeconds"] < 0:
        spec["terminationGracePeriodSeconds"] = 1
    defaults(spec, enableServiceLinks=True, preemptionPolicy="PreemptLowerPriority", priority=0)
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
    defaults(status, phase="Pending", qosClass=quality_of_service(spec))


def fill_in_pod_spec(spec: Object) -> None:
    defaults(
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
                defaults(volume[source], defaultMode=_FILE_MODE)


def _container(container: Object) -> None:
    defaults(
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
        defaults(port, protocol="TCP")
    for probe in filter(None, map(container.get, _PROBES)):
        defaults(probe, **_PROBE)
        if "httpGet" in probe:
            defaults(probe["httpGet"], scheme="HTTP", path="/")


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
