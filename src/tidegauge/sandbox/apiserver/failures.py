"""Why a write fails, as Status objects with the texts that clients print."""

from collections.abc import Sequence

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


def other_uid(kind: Kind, name: str, wanted: str, actual: str) -> Status:
    """A deletion means an object that was there before, under the same name."""
    message = (
        f"Operation cannot be fulfilled on {kind.kind} {quote(name)}: the UID in the precondition "
        f"({wanted}) does not match the UID in record ({actual}). The object might have been "
        "deleted and then recreated"
    )
    return Status(409, "Conflict", message, Details(name, kind.group, kind.kind))


def other_version(kind: Kind, name: str, wanted: str, actual: str) -> Status:
    """A deletion means an older version of the object."""
    message = (
        f"Operation cannot be fulfilled on {kind.kind} {quote(name)}: the ResourceVersion in the "
        f"precondition ({wanted}) does not match the ResourceVersion in record ({actual}). The "
        "object might have been modified"
    )
    return Status(409, "Conflict", message, Details(name, kind.group, kind.kind))


def invalid(kind: Kind, name: str, causes: list[Cause]) -> Status:
    """The object breaks rules of its kind, each named with the path of its field."""
    texts = [f"{cause.field}: {cause.message}" for cause in causes]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details = Details(name, kind.group, kind.kind, tuple(causes))
    subject = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    return Status(422, "Invalid", f"{subject} {quote(name)} is invalid: {text}", details)


def bad_dry_run(options: str, value: str) -> Status:
    text = f'Unsupported value: ["{value}"]: supported values: "All"'
    cause = Cause("FieldValueNotSupported", text, "dryRun")
    details = Details(group="meta.k8s.io", kind=options, causes=(cause,))
    message = f'{options}.meta.k8s.io "" is invalid: dryRun: {text}'
    return Status(422, "Invalid", message, details)


def gone_version(version: int, oldest: int) -> Status:
    """The changes since then are no longer known."""
    return Status(410, "Expired", f"too old resource version: {version} ({oldest})")


def gone_page() -> Status:
    """A page of a list that is no longer kept."""
    message = "The provided continue parameter is too old to display a consistent list result."
    return Status(410, "Expired", f"{message} Start a new list without the continue parameter.")


def future_version(version: int, current: int) -> Status:
    cause = Cause("ResourceVersionTooLarge", "Too large resource version", "")
    message = f"Timeout: Too large resource version: {version}, current: {current}"
    return Status(504, "Timeout", message, Details(causes=(cause,), retry_after=1))


def unsupported_media(accepted: Sequence[str]) -> Status:
    kinds = ", ".join(accepted)
    text = "the body of the request was in an unknown format - accepted media types include"
    return Status(415, "UnsupportedMediaType", f"{text}: {kinds}")


def unsupported_patch() -> Status:
    return Status(415, "UnsupportedMediaType", "415: Unsupported Media Type", Details())


def unprocessable(_error: Exception) -> Status:
    """The patch could be read but does not fit; Kubernetes does not say how."""
    message = "the server rejected our request due to an error in our request"
    return Status(422, "Invalid", message, Details())


def terminating(kind: Kind, name: str, namespace: str) -> Status:
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    subject = f"{kind.qualified} {quote(name)}"
    cause = Cause("NamespaceTerminating", f"namespace {namespace} is being terminated", "")
    details = Details(name, kind.group, kind.resource, (cause,))
    return Status(403, "Forbidden", f"{subject} is forbidden: {why}", details)


def _about(kind: Kind, name: str) -> Details:
    return Details(name, kind.group, kind.resource)
