"""Where our answers differ from the recorded ones on purpose: a pattern, and why."""

import re
from collections.abc import Mapping

from tests.transcripts.records import Record

REASONS: Mapping[str, str] = {
    # method and path of the request: why
    "labelSelector=(%ZZ|app%3Dweb;)": (
        "a selector that cannot be read is refused; dropped, the list would hold everything"
    ),
    "^[A-Z]+ /debug/": "pages about the Go runtime and its log flags: we have neither",
    "^[A-Z]+ /statusz": "a page about the Go process that no client reads",
}


def reason(record: Record) -> str | None:
    """Why a record is answered differently, or None where it must come out the same."""
    asked = f"{record.asked.method} {record.asked.path}"
    return next((why for pattern, why in REASONS.items() if re.search(pattern, asked)), None)
