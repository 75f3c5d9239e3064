"""Why a write fails, as Status objects with the texts that clients print."""

from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.serving.status import Cause, Details, Status
from tidegauge.units.gotext import quote


def already_exists(kind: Kind, name: str) -> Status:
    message = f"{kind.qualified} {quote(name)} already exists"
    return Status(409, "AlreadyExists", message, _about(kind, name))


def conflict(kind: Kind, name: str, why: str) -> Status:
    message = f"Operation cannot be fulfilled on {kind.qualified} {quote(name)}: {why}"
    return Status(409, "Conflict", message, _about(kind, name))


def changed_since(kind: Kind, name: str) -> Status:
    """Somebody else has written since the caller read."""
    why = "the object has been modified; please apply your changes to the latest version"
    return conflict(kind, name, f"{why} and try again")


def replaced(kind: Kind, name: str, wanted: str, actual: str) -> Status:
    """The caller means an object that was there before, under the same name."""
    why = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {actual}"
    return conflict(kind, name, why)


def invalid(kind: Kind, name: str, causes: list[Cause]) -> Status:
    """The object breaks rules of its kind, each named with the path of its field."""
    texts = [f"{cause.field}: {cause.message}" for cause in causes]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details = Details(name, kind.group, kind.kind, tuple(causes))
    subject = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    return Status(422, "Invalid", f"{subject} {quote(name)} is invalid: {text}", details)


def expired() -> Status:
    message = "The resourceVersion for the provided watch is too old."
    return Status(410, "Expired", message)


def _about(kind: Kind, name: str) -> Details:
    return Details(name, kind.group, kind.resource)
