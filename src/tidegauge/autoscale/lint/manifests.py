"""Files of manifests: the objects in them, and the line of each field."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tidegauge.autoscale.lint.access import text_at
from tidegauge.autoscale.lint.yamlnodes import Values, YamlError, nodes, twice

LARGEST = 64 << 20
"""Bytes of a file: what kubectl prints of some thousands of pods."""

_LARGEST_MARKED = 1 << 20
"""Bytes of JSON up to which lines are told: its marks take ten times as long as its values."""


TEMPLATE = (
    "a template, as it seems: lint what it makes, as in `helm template . | tidegauge hpa lint -f -`"
)


class ManifestError(Exception):
    """A file that cannot be used: what is wrong, where, and what to do; but not which file."""


class TemplateError(ManifestError):
    """What it is made of is no YAML yet."""


@dataclass(frozen=True, slots=True)
class Document:
    """One object. `node` is what was parsed, with its marks; None where lines are not known."""

    manifest: dict[str, Any]
    node: yaml.Node | None
    start: int = 0
    """Lines before the text that the node's marks count from."""

    def line(self, path: str = "") -> int:
        """Of a field, or of the nearest thing around it that is there; from 1."""
        node = self.node
        line = node.start_mark.line if node else 0
        for key, index in _STEP.findall(path):
            found = child(node, int(index) if index else key)
            if found is None:
                break
            line, node = found
        return self.start + line + 1

    def twice(self) -> Iterator[tuple[str, int]]:
        """Paths of keys that are written twice, with the line of the second."""
        for path, line in twice(self.node) if self.node else ():
            yield path, self.start + line


_STEP = re.compile(r"\.?([^.\[]+)|\[([0-9]+)\]")
"""Keys with dots in them, as annotations have, end the search at what is above them."""


def child(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    """Line, from 0, and value of a key or of an entry."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


def documents(data: bytes) -> list[Document]:
    """All objects of a file; those of a List one by one. Raises ManifestError.

    YAML of any number of documents, or JSON objects one after the other.
    """
    if len(data) > LARGEST:
        raise ManifestError(f"larger than {LARGEST >> 20} MiB; split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(f"no UTF-8 at byte {error.start}, so no manifest") from error
    try:
        found = _json(text) if text.lstrip()[:1] == "{" else None
        found = _yaml(text) if found is None else found
    except YamlError as error:
        if "{{" in text:
            raise TemplateError(f"{error}; {TEMPLATE}") from error
        raise ManifestError(f"{error}{_hint(text, error.line)}") from error
    return [each for document in found for each in _unlisted(document)]


def _unlisted(document: Document) -> Iterator[Document]:
    items = document.manifest.get("items")
    if not (text_at(document.manifest, "kind").endswith("List") and isinstance(items, list)):
        yield document
        return
    listed = child(document.node, "items")
    for index, item in enumerate(items):
        found = child(listed[1], index) if listed else None
        if isinstance(item, dict):
            yield Document(item, found[1] if found else None, document.start)


def _yaml(text: str) -> list[Document]:
    found = []
    for node in nodes(text):
        value = Values().of(node)
        if isinstance(value, dict):
            found.append(Document(value, node))
        elif not isinstance(value, list | None):
            raise YamlError("this is a text, and no Kubernetes object", node.start_mark)
    return found


def _json(text: str) -> list[Document] | None:
    """None where it is no JSON, but may be YAML."""
    decoder, found, start = json.JSONDecoder(), [], 0
    while (start := _next(text, start)) < len(text):
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return None
        if isinstance(value, dict):
            found.append(Document(value, _marked(text[start:end]), text.count("\n", 0, start)))
        start = end
    return found


def _next(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _marked(text: str) -> yaml.Node | None:
    """For lines only: other than tabs, what YAML does not allow in JSON costs no more than them."""
    if len(text) > _LARGEST_MARKED:
        return None
    try:
        return next(nodes(text.replace("\t", " ")), None)
    except YamlError:
        return None


def _hint(text: str, line: int) -> str:
    lines = text.splitlines()
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    return "; there is a tab, and YAML is indented by spaces" if "\t" in here else ""
