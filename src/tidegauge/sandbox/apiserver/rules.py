"""How a broken rule is said, and the patterns of names."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tidegauge.serving.status import Cause
from tidegauge.units.gotext import quote

LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
BAD_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', "
    f"regex used for validation is '{SUBDOMAIN}')"
)
BAD_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
    f"regex used for validation is '{LABEL}')"
)


def required(field: str, detail: str = "") -> Cause:
    text = f"Required value: {detail}" if detail else "Required value"
    return Cause("FieldValueRequired", text, field)


def wrong(field: str, value: Any, detail: str) -> Cause:
    shown = quote(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
    return Cause("FieldValueInvalid", f"Invalid value: {shown}: {detail}", field)


def not_negative(field: str, value: int | None) -> Iterator[Cause]:
    if value is not None and value < 0:
        yield wrong(field, value, "must be greater than or equal to 0")
