"""Files that verbs read and write, and what is wrong with them in words."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tidegauge.autoscale.replay import manifests, recording
from tidegauge.autoscale.replay.manifests import Given
from tidegauge.autoscale.replay.recording import Recording


class UnusableError(Exception):
    """A file that can't be used. `problems` holds every reason, a line each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


_T = TypeVar("_T")


class Attempts:
    """Tries one thing after the other, and keeps what went wrong with each."""

    def __init__(self, errors: tuple[type[Exception], ...]) -> None:
        self._errors = errors
        self.problems: list[str] = []

    def __call__(self, make: Callable[[], _T]) -> _T | None:
        """What was made; None where that failed with one of the errors."""
        try:
            return make()
        except self._errors as error:
            self.problems += getattr(error, "problems", [str(error)])
            return None


def read_bytes(path: str) -> bytes:
    """Raises UnusableError."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnusableError(f"cannot read {path}: {error.strerror}") from error


def text_of(data: bytes, source: str) -> str:
    """Raises UnusableError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableError(f"{source}: is no UTF-8 text") from error


def read_hpa(paths: Sequence[str], name: str = "") -> Given:
    """Raises UnusableError, ManifestError."""
    sources = [one for path in paths for one in manifests.read(read_bytes(path), path)]
    return manifests.choose(sources, name)


def read_recording(path: str) -> Recording:
    """Raises UnusableError, RecordingError."""
    return recording.read(read_bytes(path).splitlines(keepends=True), path)


def write_text(path: str, text: str) -> None:
    """Raises UnusableError."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnusableError(f"cannot write {path}: {error.strerror}") from error
