"""What can go wrong with a fake kubelet's answers, and body changes for `Fault.transform`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

Transform = Callable[[bytes], bytes]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """How a kubelet misbehaves from now on; the default one does not.

    Attributes:
        silent: takes connections and never says a word, not even TLS's.
        delay: seconds before each answer.
        hang: reads the request and never answers.
        status: answered instead of 200, with a short text.
        transform: changes the body on its way out.
        size: the body is filled up to that many bytes with lines of pods unheard of.
        endless: the body goes on like that for ever.
        reset_after: after that many bytes of the body the connection is reset.

    """

    silent: bool = False
    delay: float = 0.0
    hang: bool = False
    status: int = 200
    transform: Transform | None = None
    size: int = 0
    endless: bool = False
    reset_after: int | None = None


HEALTHY = Fault()


def replace(pattern: bytes, replacement: bytes) -> Transform:
    """Change what matches, line by line."""
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda body: compiled.sub(replacement, body)


def without_lines(pattern: bytes) -> Transform:
    """Leave out the lines in which `pattern` is found."""
    compiled = re.compile(pattern)

    def leave_out(body: bytes) -> bytes:
        kept = [line for line in body.splitlines(keepends=True) if not compiled.search(line)]
        return b"".join(kept)

    return leave_out


def with_lines(*lines: bytes) -> Transform:
    """Put lines in front, where they are met before anything else."""
    return lambda body: b"".join(line + b"\n" for line in lines) + body


def crlf(body: bytes) -> bytes:
    """Line ends as on Windows."""
    return body.replace(b"\n", b"\r\n")


def instead(fixed: bytes) -> Transform:
    """A body that never changes."""
    return lambda _: fixed
