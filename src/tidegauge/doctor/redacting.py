"""Keeps out of the evidence what may be secret in the words that containers are run with.

Pods' specs may be read by many who may read no Secret, and people do write passwords there; an
archive for support goes further than that.
"""

import re
from collections.abc import Iterator, Sequence

_SECRET = "(?:token|passw|secret|credential|api-?key)"  # noqa: S105  (a pattern of names)
_NAMED = re.compile(rf"([\w-]*{_SECRET}[\w-]*\s*[=:]\s*)\S+", re.IGNORECASE)
_FLAG = re.compile(rf"--?[\w-]*{_SECRET}[\w-]*", re.IGNORECASE)
_USERINFO = re.compile(r"(\w://)[^/@\s]+@")

REDACTED = "REDACTED"


def harmless(words: Sequence[str]) -> tuple[str, ...]:
    """The same words, with what may be secret replaced: values of what is named so, and users and
    passwords in URLs.
    """
    return tuple(_each(words))


def _each(words: Sequence[str]) -> Iterator[str]:
    before = ""
    for word in words:
        if _FLAG.fullmatch(before) and not word.startswith("-"):
            yield REDACTED
        else:
            yield _USERINFO.sub(rf"\1{REDACTED}@", _NAMED.sub(rf"\1{REDACTED}", word))
        before = word
