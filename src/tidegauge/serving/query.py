"""The query of a request: the first value of a key counts, malformed pieces are kept apart."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Query:
    """`values` has the first value of each key; `malformed` the pieces that could not be read.

    A malformed piece has a semicolon or a `%` that escapes nothing. The Go server drops such pieces
    without a word, and clients do send them in options that it ignores, so whoever reads the query
    decides whether one matters.
    """

    values: dict[str, str]
    malformed: tuple[str, ...] = ()

    def get(self, key: str) -> str:
        """The first value of a key, or the empty string."""
        return self.values.get(key, "")

    def is_set(self, key: str) -> bool:
        """Whether an option is there and not switched off: `watch` alone means watch."""
        return key in self.values and self.values[key].lower() not in ("false", "0")

    def __contains__(self, key: str) -> bool:
        return key in self.values


def parse_query(raw: str) -> Query:
    values: dict[str, str] = {}
    malformed = []
    for piece in filter(None, raw.split("&")):
        if ";" in piece or _BAD_ESCAPE.search(piece):
            malformed.append(piece)
            continue
        key, _, value = piece.partition("=")
        values.setdefault(unescape_plus(key), unescape_plus(value))
    return Query(values, tuple(malformed))


def unescape_plus(text: str) -> str:
    return unescape(text.replace("+", " "))


def unescape(text: str) -> str:
    """Percent escapes as text; bytes that are no UTF-8 become surrogate escapes."""
    if "%" not in text:
        return text
    raw = unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape")
