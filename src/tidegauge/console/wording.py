"""Declared flags in words: for `--help`, and as tables for the documentation."""

import textwrap
from collections.abc import Iterator, Mapping
from itertools import groupby

from tidegauge.console.declaring import Declared

_WIDTH = 80
"""Of a terminal, where nobody has made it wider."""


def explained(flags: Mapping[str, Declared]) -> str:
    """Each flag with its meaning, by section, as plain text."""
    parts = []
    for section, members in _sections(flags):
        parts.append(f"\n{section}:\n")
        parts.extend(f"{_spelling(declared)}\n{_indented(declared)}\n" for declared in members)
    return "".join(parts)


def tables(flags: Mapping[str, Declared]) -> Iterator[str]:
    """The lines of a table of Markdown for each section."""
    for section, members in _sections(flags):
        yield from ("", f"## {section}", "", "| flag | default | meaning |", "|---|---|---|")
        yield from map(_row, members)


def _sections(flags: Mapping[str, Declared]) -> Iterator[tuple[str, Iterator[Declared]]]:
    return groupby(flags.values(), key=lambda declared: declared.section)


def _spelling(declared: Declared) -> str:
    flag = declared.flag
    letter = f"-{flag.short}, " if flag.short else "    "
    return f"  {letter}--{declared.name} {flag.kind.placeholder}".rstrip()


def _indented(declared: Declared) -> str:
    default = _default(declared)
    text = declared.flag.meaning + (f" (default {default})" if default else "")
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=" " * 10,
        subsequent_indent=" " * 10,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _default(declared: Declared) -> str:
    shown = declared.flag.default or declared.show(declared.default)
    return "" if shown == "false" else shown


def _row(declared: Declared) -> str:
    flag = declared.flag
    letter = f"`-{flag.short}`, " if flag.short else ""
    name = f"{letter}`{f'--{declared.name} {flag.kind.placeholder}'.rstrip()}`"
    shown = declared.show(declared.default)
    default = flag.default or (f"`{shown}`" if shown else "")
    return f"| {name} | {default} | {flag.meaning} |"
