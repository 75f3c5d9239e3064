"""Files that are replaced while we run: certificate authorities, certificates, keys and tokens.

The whole file is read again at each check and compared. These files are small, reading one takes
some thirty microseconds, and so every way of replacing one is noticed: in place, by rename, by a
mounted Secret's symlink that turns elsewhere, within one tick of the file system's clock.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias

from tidegauge.units.clock import Clock

CHECK_SECONDS = 10.0
"""The kubelet itself takes up to a minute to bring a changed Secret or token into a pod."""

MAX_BYTES = 4 << 20
"""A dozen times the usual bundle of public authorities; keeps a wrong path from filling memory."""

Report: TypeAlias = Callable[[str, str | None], None]
"""Called when a thing's state changes: its name, and what is wrong with it, or None when fine."""


def unreported(name: str, problem: str | None) -> None:
    """The report for who asks for none."""


class FileError(Exception):
    """A file can't be used; the message names it and says what to do."""


class Source(Protocol):
    """Bytes that may change. `name` says where they come from."""

    name: str

    @property
    def content(self) -> bytes: ...

    def check(self) -> None:
        """Look at once instead of when it is next due."""


class Inline:
    """Bytes given once, such as the inline data of a kubeconfig file."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.content = content

    def check(self) -> None:
        """They can't change."""


class WatchedFile:
    """A file's content, looked at anew when asked for it, at most every `every` seconds.

    A file that can't be read, or is empty as when it is just being written, keeps its last good
    content. Raises FileError when there never was any.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        every: float = CHECK_SECONDS,
        report: Report = unreported,
    ) -> None:
        self.name = str(path)
        self._path = path
        self._clock = clock
        self._every = every
        self._report = report
        self._problem: str | None = None
        self._content = read_small(path)
        self._due = clock.monotonic() + every

    @property
    def content(self) -> bytes:
        if self._clock.monotonic() >= self._due:
            self.check()
        return self._content

    def check(self) -> None:
        self._due = self._clock.monotonic() + self._every
        try:
            content = read_small(self._path)
        except FileError as error:
            self._set_problem(str(error))
            return
        self._set_problem(None)
        if content != self._content:  # else keep the object: who asks compares by identity first
            self._content = content

    def _set_problem(self, problem: str | None) -> None:
        if problem != self._problem:
            self._problem = problem
            self._report(self.name, problem)


def read_small(path: Path) -> bytes:
    """A small file's content. Raises FileError when it is missing, unreadable, empty or huge."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}; check the path and who may read it") from error
    if not content.strip():
        raise FileError(f"{path}: the file is empty; write to a new file and rename it")
    if len(content) > MAX_BYTES:
        raise FileError(f"{path}: over {MAX_BYTES >> 20} MiB; this is the wrong file")
    return content


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Write beside and rename: who reads at the same moment sees the old file or the new one."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    temporary.replace(path)


def source(what: bytes | Path, name: str, clock: Clock, report: Report = unreported) -> Source:
    """Inline bytes under `name`, or a watched file."""
    if isinstance(what, Path):
        return WatchedFile(what, clock, report=report)
    return Inline(name, what)


class Bearer(Protocol):
    """Where a bearer token comes from."""

    def current(self) -> str:
        """The token to send, or an empty string for none."""

    def refused(self) -> None:
        """The other side answered 401: look for a newer token at once."""


class TokenBearer:
    """A bearer token from a file or given inline; what can't be a token keeps the last good one."""

    def __init__(self, source: Source, report: Report = unreported) -> None:
        self._source = source
        self._report = report
        self._token = parse_token(source.content, source.name)
        self._seen = source.content

    def current(self) -> str:
        content = self._source.content
        if content is not self._seen:
            self._seen = content
            self._take(content)
        return self._token

    def refused(self) -> None:
        self._source.check()

    def _take(self, content: bytes) -> None:
        try:
            self._token = parse_token(content, self._source.name)
        except FileError as error:
            self._report(self._source.name, str(error))
        else:
            self._report(self._source.name, None)


def parse_token(content: bytes, name: str) -> str:
    """A token without the blanks around it. Raises FileError for what can't stand in a header."""
    token = content.strip()
    if not token.isascii() or not all(0x21 <= byte <= 0x7E for byte in token):
        raise FileError(
            f"{name}: no bearer token: blanks, control or non-ASCII characters in it; "
            "give the file that holds the token and nothing else"
        )
    return token.decode("ascii")
