"""Manifests in files: read, and put together with those that belong to them."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tidegauge.autoscale.lint.access import text_at
from tidegauge.autoscale.lint.manifests import Document, ManifestError, documents
from tidegauge.autoscale.lint.workloads import Key, key_of

_SUFFIXES = (".yaml", ".yml", ".json")


class Source(NamedTuple):
    """One object and the file it is in; `-` is the standard input."""

    file: str
    document: Document


def read(paths: Sequence[str], namespace: str) -> tuple[list[Source], list[str]]:
    """The objects of files and directories, and a problem for each file that can't be used.

    Objects without a namespace are given this one; there are cluster-wide ones among them, which
    nobody looks for in a namespace.
    """
    found: list[Source] = []
    problems: list[str] = []
    for path in paths:
        try:
            for file in _files(path):
                _add(file, found, problems)
        except OSError as error:
            problems.append(f"{error.filename or path}: {error.strerror or error}")
    for source in found:
        metadata = source.document.manifest.get("metadata")
        if namespace and isinstance(metadata, dict) and not metadata.get("namespace"):
            metadata["namespace"] = namespace
    return found, problems


def _files(path: str) -> Iterable[str]:
    """Hidden ones are nobody's manifests."""
    if path == "-" or not Path(path).is_dir():
        return [path]
    inside = sorted(each for each in Path(path).rglob("*") if each.suffix in _SUFFIXES)
    shown = [each for each in inside if not _hidden(each.relative_to(path))]
    return [str(each) for each in shown if each.is_file()]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _add(file: str, found: list[Source], problems: list[str]) -> None:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        found += [Source(file, document) for document in documents(data)]
    except ManifestError as error:
        problems.append(f"{file}: {error}")
    except OSError as error:
        problems.append(f"{file}: {error.strerror or error}; check the path and who may read it")


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
