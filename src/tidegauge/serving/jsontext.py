"""JSON as Go writes it: what could end a script element is escaped, and clients compare bytes."""

from functools import lru_cache
from typing import Any

import msgspec

_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


@lru_cache(maxsize=4096)  # names of pods and containers come again with every list
def quoted(text: str) -> str:
    """A text as a JSON string; what was no UTF-8 becomes the replacement character."""
    return dump(printable(text))


def dump(value: Any) -> str:
    """A JSON value on one line, keys in the order of the dict."""
    return msgspec.json.encode(value).decode().translate(_ESCAPES)


def indent(text: str) -> str:
    return msgspec.json.format(text, indent=2)


def printable(text: str) -> str:
    """Text from a URL may hold surrogate escapes, which no encoding can carry."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
