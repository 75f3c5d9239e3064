"""Runs as text: small pictures, the steps that changed something, and scores side by side."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from tidegauge.autoscale.replay.figures import clock
from tidegauge.autoscale.replay.result import Run, Step
from tidegauge.console.hpa.scoretable import score_lines

_BARS = " ▁▂▃▄▅▆▇█"
_SIZE_WIDTH = 8


def table(runs: Sequence[Run], width: int, *, every: bool = False) -> str:
    """All of it, `width` columns wide. `every`: all steps, not only those that changed a size."""
    marks = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if len(runs) > 1 else " "
    lines: list[str] = []
    for mark, run in zip(marks, runs, strict=False):
        name = f"{mark} {run.name}: {run.hpa} for {run.target}, Kubernetes {run.profile}"
        lines.append(name.strip())
    for assumption in dict.fromkeys(one for run in runs for one in run.assumptions):
        lines += textwrap.wrap(assumption, width, initial_indent="  ", subsequent_indent="  ")
    lines += ["", *_pictures(marks, runs, width), ""]
    lines += [*_steps(marks, runs, width, every=every), "", *score_lines(marks, runs)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _pictures(marks: str, runs: Sequence[Run], width: int) -> Iterator[str]:
    """The load is the same for all."""
    room = width - 24
    yield _picture("load", [step.load or 0.0 for step in runs[0].steps], "/s", room)
    for mark, run in zip(marks, runs, strict=False):
        yield _picture(f"{mark} ready".strip(), [float(step.ready) for step in run.steps], "", room)
    yield f"{'':8}{'0:00:00':<{room - 10}}{clock(runs[0].seconds):>10}"


def _picture(name: str, values: Sequence[float], unit: str, room: int) -> str:
    """The highest of each part, by the height of a character."""
    highest = max(values, default=0.0)
    columns = min(room, len(values))
    edges = [column * len(values) // columns for column in range(columns + 1)]
    peaks = [max(values[begin:end]) for begin, end in pairwise(edges)]
    top = len(_BARS) - 1
    bars = "".join(
        _BARS[-(-round(peak * top * 1000) // round(highest * 1000 or 1))] for peak in peaks
    )
    return f"{name:<8}{bars:<{room}} to {highest:.4g}{unit}"


def _steps(marks: str, runs: Sequence[Run], width: int, *, every: bool) -> Iterator[str]:
    sizes = "".join(
        f"{f'SIZE {mark}'.strip():>{_SIZE_WIDTH}}" for mark, _ in zip(marks, runs, strict=False)
    )
    yield f"{'TIME':>8} {'LOAD':>6} {'NEEDS':>5}{sizes}  REASON"
    nothing = True
    for steps in zip(*(run.steps for run in runs), strict=True):
        changed = [every or step.size != step.had for step in steps]
        if any(changed):
            nothing = False
            yield from _row(marks, steps, changed, width)
    if nothing:
        yield "  the size never changed"


def _row(marks: str, steps: Sequence[Step], changed: Sequence[bool], width: int) -> Iterator[str]:
    first = steps[0]
    sizes = "".join(f"{_size(step):>{_SIZE_WIDTH}}" for step in steps)
    begin = f"{clock(first.at):>8} {_load(first):>6} {_demand(first):>5}{sizes}  "
    reasons: list[str] = []
    for mark, step, shown in zip(marks, steps, changed, strict=False):
        if shown:
            reason = f"{mark}: {step.reason}" if mark != " " else step.reason
            reasons += textwrap.wrap(reason, max(width - len(begin), 20), subsequent_indent="  ")
    for left, reason in zip_longest([begin], reasons, fillvalue=" " * len(begin)):
        yield left + reason


def _size(step: Step) -> str:
    return str(step.had) if step.size == step.had else f"{step.had}→{step.size}"


def _load(step: Step) -> str:
    return "" if step.load is None else f"{step.load:.4g}"


def _demand(step: Step) -> str:
    return "" if step.demand is None else str(step.demand)
