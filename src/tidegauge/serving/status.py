"""Failures as Kubernetes' Status objects: their fields, and the texts that clients print."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tidegauge.serving.jsontext import printable
from tidegauge.units.gotext import quote


@dataclass(frozen=True, slots=True)
class Cause:
    reason: str
    message: str
    field: str


@dataclass(frozen=True, slots=True)
class Details:
    """What the failure is about; empty fields are left out of JSON and YAML."""

    name: str = ""
    group: str = ""
    kind: str = ""
    causes: tuple[Cause, ...] = ()
    retry_after: int = 0
    """Seconds."""

    def fields(self) -> dict[str, Any]:
        causes = [_filled(asdict(cause)) for cause in self.causes]
        name = printable(self.name)
        fields = {"name": name, "group": self.group, "kind": self.kind, "causes": causes}
        return _filled(fields | {"retryAfterSeconds": self.retry_after})


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class Status:
    code: int
    reason: str
    message: str
    details: Details | None = None

    def fields(self) -> dict[str, Any]:
        """The JSON object after kind and apiVersion, in the order of the wire."""
        fields: dict[str, Any] = {
            "metadata": {},
            "status": "Failure",
            "message": printable(self.message),
            "reason": self.reason,
        }
        if self.details is not None:
            fields["details"] = self.details.fields()
        return fields | {"code": self.code}


class StatusError(Exception):
    """A request fails with this status."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status


def bad_request(message: str) -> Status:
    return Status(400, "BadRequest", message)


def not_found(resource: str, name: str, group: str = "") -> Status:
    """The object does not exist; `resource` is the word for it, not always a real resource."""
    qualified = f"{resource}.{group}" if group else resource
    details = Details(name, group, resource)
    return Status(404, "NotFound", f"{qualified} {quote(name)} not found", details)


def no_such_resource() -> Status:
    message = "the server could not find the requested resource"
    return Status(404, "NotFound", message, Details())


def method_not_allowed() -> Status:
    message = "the server does not allow this method on the requested resource"
    return Status(405, "MethodNotAllowed", message, Details())


def watch_not_supported(group: str, resource: str) -> Status:
    message = f"watch is not supported on resources of kind {quote(f'{resource}.{group}')}"
    return Status(405, "MethodNotAllowed", message, Details(group=group, kind=resource))


def rejected_by_route(offered: Sequence[str]) -> Status:
    representations = ", ".join(offered)
    message = f"406: Not Acceptable\n\nAvailable representations: {representations}"
    return Status(406, "NotAcceptable", message, Details())


def not_acceptable(message: str) -> Status:
    return Status(406, "NotAcceptable", message)


def invalid_list_options(causes: Sequence[Cause]) -> Status:
    texts = [f"{cause.field}: {cause.message}" for cause in causes]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details = Details(group="meta.k8s.io", kind="ListOptions", causes=tuple(causes))
    return Status(422, "Invalid", f'ListOptions.meta.k8s.io "" is invalid: {text}', details)


def timed_out() -> Status:
    message = "Timeout: request did not complete within the allotted timeout"
    return Status(504, "Timeout", message, Details())
