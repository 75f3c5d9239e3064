"""Why the API server refuses an object: the causes of its Status, in its words."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from tidegauge.units.gotext import quote


class Cause(NamedTuple):
    """One entry of `details.causes`."""

    field: str
    reason: str
    message: str


def invalid(field: str, value: Any, detail: str) -> Cause:
    """A value out of its range or form."""
    return Cause(field, "FieldValueInvalid", f"Invalid value: {_shown(value)}: {detail}")


def required(field: str, detail: str = "") -> Cause:
    """A value that is missing."""
    return Cause(field, "FieldValueRequired", f"Required value{detail and ': ' + detail}")


def unsupported(field: str, value: str, choices: Iterable[str]) -> Cause:
    """A value that is none of a few."""
    known = ", ".join(map(quote, sorted(choices)))
    message = f"Unsupported value: {quote(value)}: supported values: {known}"
    return Cause(field, "FieldValueNotSupported", message)


def forbidden(field: str, detail: str) -> Cause:
    """A value that must not be there."""
    return Cause(field, "FieldValueForbidden", f"Forbidden: {detail}")


def too_long(field: str, most: int) -> Cause:
    """More bytes than are kept."""
    return Cause(field, "FieldValueTooLong", f"Too long: may not be more than {most} bytes")


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, int) else quote(str(value))
