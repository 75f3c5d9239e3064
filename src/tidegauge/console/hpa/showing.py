"""Runs on the standard output, in the form that was asked for."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from shutil import get_terminal_size
from typing import Annotated, ClassVar

import msgspec

from tidegauge.autoscale.replay.result import Run, report
from tidegauge.console.declaring import Flag
from tidegauge.console.hpa.files import write_text
from tidegauge.console.hpa.page.page import page
from tidegauge.console.hpa.record import replaytable
from tidegauge.console.hpa.simulate import table as runtable
from tidegauge.console.kinds import SWITCH, TEXT

_NARROWEST = 60
"""Columns: narrower terminals break our lines themselves."""


@dataclass(frozen=True, kw_only=True)
class Showing:
    title: ClassVar = "Output"

    output: Annotated[
        str, Flag(TEXT, "Form of the output.", short="o", choices=("table", "json", "html"))
    ] = "table"
    all: Annotated[bool, Flag(SWITCH, "Every step in the table, not only changes.")] = False
    html: Annotated[str, Flag(TEXT, "Write the page to this file as well.")] = ""


def show(runs: Sequence[Run], form: str, html: str, *, every: bool) -> None:
    """`form` is table, json or html; `html` a file for the page, if any. Raises UnusableError."""
    if html:
        write_text(html, page(runs))
    if form == "json":
        sys.stdout.write(msgspec.json.encode(report(runs)).decode() + "\n")
    elif form == "html":
        sys.stdout.write(page(runs))
    else:
        sys.stdout.write(_table(runs, max(get_terminal_size().columns, _NARROWEST), every=every))


def _table(runs: Sequence[Run], width: int, *, every: bool) -> str:
    if runs[0].workload is None:
        return replaytable.table(runs[0], width, every=every)
    return runtable.table(runs, width, every=every)
