"""Where our answers differ from the recorded ones on purpose: a pattern, and why."""

import re
from collections.abc import Mapping

from tests.transcripts.records import Asked, Record

REASONS: Mapping[str, str] = {
    # what is found in a request's lines, as `_lines` gives them: why
    r"labelSelector=(%ZZ|app%3Dweb;)": (
        "a selector that cannot be read is refused; dropped, the list would hold everything"
    ),
    r"^[A-Z]+ /debug/": "pages about the Go runtime and its log flags: we have neither",
    r"^[A-Z]+ /statusz": "a page about the Go process that no client reads",
    r"^GET /readyz/metric-storage-ready\b": (
        "while there is no data, this path also says which errors the kubelets answer with"
    ),
    r"^GET /metrics\b(.*\n)*Accept: application/vnd\.google\.protobuf": (
        "Prometheus takes text from whoever has no protobuf"
    ),
    r"\nExpect: bad": "an expectation we do not know may be ignored",
    r"\nTransfer-Encoding: gzip": "the wording of a 501",
}


def reason(record: Record) -> str | None:
    """Why a record is answered differently, or None where it must come out the same."""
    lines = _lines(record.asked)
    return next((why for pattern, why in REASONS.items() if re.search(pattern, lines)), None)


def _lines(asked: Asked) -> str:
    headers = [f"{name}: {value}" for name, value in asked.headers.items()]
    return "\n".join([f"{asked.method} {asked.path}", *headers])
