"""Manifests in files: read, and put together with those that belong to them."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tidegauge.autoscale.lint.access import text_at
from tidegauge.autoscale.lint.manifests import (
    LARGEST,
    TEMPLATE,
    Document,
    ManifestError,
    TemplateError,
    documents,
)
from tidegauge.autoscale.lint.workloads import Key, key_of

Say = Callable[[str], None]

_SLOW = 1 << 20
"""Bytes of YAML that take more than a second."""

_SUFFIXES = (".yaml", ".yml", ".json")


class Source(NamedTuple):
    """One object and the file it is in; `-` is the standard input."""

    file: str
    document: Document


def read(paths: Sequence[str], namespace: str, say: Say) -> tuple[list[Source], list[str]]:
    """The objects of files and directories, and what is wrong with those that can't be used.

    Objects without a namespace are given this one; there are cluster-wide ones among them, which
    nobody looks for in a namespace.
    """
    intake = _Intake(say)
    for path in dict.fromkeys(paths):
        intake.add(path)
    for source in intake.found:
        metadata = source.document.manifest.get("metadata")
        if namespace and isinstance(metadata, dict) and not metadata.get("namespace"):
            metadata["namespace"] = namespace
    return intake.found, intake.problems


class _Intake:
    def __init__(self, say: Say) -> None:
        self._say = say
        self._files: set[str] = set()
        self.found: list[Source] = []
        self.problems: list[str] = []

    def add(self, path: str) -> None:
        """A file, or all of a directory; its templates are one problem together, as in a chart."""
        if path == "-" or not Path(path).is_dir():
            self._read(path)
            return
        templates: list[str] = []
        for file in _inside(path):
            self._read(file, templates)
        if templates:
            more = f" and {len(templates) - 1} more" if len(templates) > 1 else ""
            self.problems.append(f"{templates[0]}{more}: {TEMPLATE}")

    def _read(self, file: str, templates: list[str] | None = None) -> None:
        if file in self._files:
            return
        try:
            data = _bytes(file)
            if len(data) > _SLOW:
                self._say(f"reading {len(data) >> 20} MiB of {file}")
            self.found += [Source(file, document) for document in documents(data)]
            self._files.add(file)
        except ManifestError as error:
            if templates is not None and isinstance(error, TemplateError):
                templates.append(file)
            else:
                self.problems.append(f"{file}: {error}")
        except OSError as error:
            problem = error.strerror or str(error)
            self.problems.append(f"{file}: {problem}; check the path and who may read it")


def _inside(path: str) -> Iterable[str]:
    """Hidden ones are nobody's manifests."""
    files = sorted(each for each in Path(path).rglob("*") if each.suffix in _SUFFIXES)
    return [str(each) for each in files if each.is_file() and not _hidden(each.relative_to(path))]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _bytes(file: str) -> bytes:
    """One more than are read at most, so that it shows; devices have no end."""
    if file == "-":
        return sys.stdin.buffer.read(LARGEST + 1)
    with Path(file).open("rb") as opened:
        return opened.read(LARGEST + 1)


def groups(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Objects that belong together: no object is in a group twice.

    The same object twice means that folders describe different clusters, so each folder stands for
    itself; if it is twice in a folder, each file does.
    """
    yield from _split(sources, _SPLITS)


_Split = Callable[[Source], str]


def _folder(source: Source) -> str:
    return str(Path(source.file).parent)


def _file(source: Source) -> str:
    return source.file


_SPLITS: tuple[_Split, ...] = (_folder, _file)


def _split(sources: Sequence[Source], splits: tuple[_Split, ...]) -> Iterator[list[Source]]:
    if splits and _has_twins(sources):
        parts: dict[str, list[Source]] = {}
        for source in sources:
            parts.setdefault(splits[0](source), []).append(source)
        for part in parts.values():
            yield from _split(part, splits[1:])
    else:
        yield list(sources)


def _has_twins(sources: Iterable[Source]) -> bool:
    return any(number > 1 for number in _identities(sources).values())


def _identities(sources: Iterable[Source]) -> Counter[Key]:
    return Counter(
        key_of(source.document.manifest)
        for source in sources
        if text_at(source.document.manifest, "metadata.name")
    )
