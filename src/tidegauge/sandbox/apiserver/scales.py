"""The scale subresource: how many replicas a workload has and should have, whatever its kind."""

from typing import Any

from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.readable import selector_text
from tidegauge.sandbox.apiserver.rules import wrong
from tidegauge.sandbox.apiserver.storage import Object
from tidegauge.serving.status import Cause, Details, Status, StatusError
from tidegauge.units.gotext import quote

SCALE = Kind("autoscaling", "v1", "Scale", "scales", "scale")

_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(obj: Object) -> Object:
    """The Scale of a Deployment, ReplicaSet or StatefulSet."""
    metadata = obj["metadata"]
    replicas = obj["spec"].get("replicas", 0)
    current = obj.get("status", {}).get("replicas", 0)
    status = {"replicas": current, "selector": selector_text(obj["spec"].get("selector"))}
    return {
        "kind": SCALE.kind,
        "apiVersion": SCALE.api_version,
        "metadata": {key: metadata[key] for key in _METADATA if key in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }


def rescaled(obj: Object, scale: Any) -> Object:
    """The workload with the replicas that its new Scale says. Raises StatusError 422."""
    replicas = scale.get("spec", {}).get("replicas", 0)
    if not isinstance(replicas, int) or replicas < 0:
        cause = wrong("spec.replicas", replicas, "must be greater than or equal to 0")
        raise StatusError(_invalid(obj["metadata"]["name"], cause))
    version = scale.get("metadata", {}).get("resourceVersion")
    metadata = {key: value for key, value in obj["metadata"].items() if key != "resourceVersion"}
    if version:
        metadata["resourceVersion"] = version
    return obj | {"metadata": metadata, "spec": obj["spec"] | {"replicas": replicas}}


def _invalid(name: str, cause: Cause) -> Status:
    details = Details(name, SCALE.group, SCALE.kind, (cause,))
    text = f"{cause.field}: {cause.message}"
    message = f"Scale.{SCALE.group} {quote(name)} is invalid: {text}"
    return Status(422, "Invalid", message, details)
