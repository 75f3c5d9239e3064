"""The table of the chart's values in docs/install.md, made of the comments in values.yaml."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from tests.deploy.helm import CHART, ROOT

PAGE = ROOT / "docs" / "install.md"
BEGIN, END = "<!-- values: made by `make deploy-files` -->\n", "<!-- end of values -->\n"
MARK = "# --"
# Longer defaults would widen the table beyond reading.
LONGEST = 40


class UncommentedError(Exception):
    """A value without a comment; names it."""


def page() -> str:
    """The page with a fresh table."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


def table() -> str:
    """One line for each value that can be set.

    Raises:
        UncommentedError: it is in values.yaml, but not explained there.

    """
    text = (CHART / "values.yaml").read_text()
    lines = ["| value | default | meaning |", "|---|---|---|"]
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for path, default, meaning in _rows(node, text.splitlines(), ""):
        lines.append(f"| `{path}` | {_shown(default)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _rows(node: Any, lines: list[str], prefix: str) -> Iterator[tuple[str, Any, str]]:
    for key, value in node.value:
        path, meaning = prefix + key.value, _comment(lines, key.start_mark.line)
        if isinstance(value, yaml.MappingNode) and value.value and _is_group(value, lines):
            yield from _rows(value, lines, f"{path}.")
        elif meaning:
            yield path, yaml.SafeLoader("").construct_document(value), meaning
        else:
            raise UncommentedError(f"{path}: put a comment above it that begins with '{MARK}'")


def _is_group(node: yaml.MappingNode, lines: list[str]) -> bool:
    """Whether values below it have a comment of their own, as its first one or one below that."""
    key, value = node.value[0]
    if _comment(lines, key.start_mark.line):
        return True
    return isinstance(value, yaml.MappingNode) and bool(value.value) and _is_group(value, lines)


def _comment(lines: list[str], line: int) -> str:
    """What stands right above a line, from the mark on; empty without one."""
    found: list[str] = []
    while line and (text := lines[line - 1].strip()).startswith("#"):
        found.insert(0, text)
        if text.startswith(MARK):
            return " ".join(part.removeprefix(MARK).strip("# ") for part in found)
        line -= 1
    return ""


def _shown(default: Any) -> str:
    if default is None:
        return ""
    text = json.dumps(default)
    return f"`{text}`" if len(text) <= LONGEST else "see values.yaml"
