"""Runs on the standard output, in the form that was asked for."""

import sys
from collections.abc import Sequence
from shutil import get_terminal_size

import msgspec

from tidegauge.autoscale.replay.result import Run, report
from tidegauge.console.hpa.files import write_text
from tidegauge.console.hpa.page.page import page
from tidegauge.console.hpa.record import replaytable
from tidegauge.console.hpa.simulate import table as runtable

_NARROWEST = 60
"""Columns: narrower terminals break our lines themselves."""


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
