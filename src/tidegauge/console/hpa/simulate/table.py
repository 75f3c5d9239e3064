"""Runs as text: small pictures, the steps that changed something, and scores side by side."""

from collections.abc import Iterator, Sequence

from tidegauge.autoscale.replay.figures import clock
from tidegauge.autoscale.replay.result import Run, Step
from tidegauge.console.hpa.columns import assumed, beside, picture, short, sized
from tidegauge.console.hpa.simulate.scoretable import score_lines

_SIZE_WIDTH = 8


def table(runs: Sequence[Run], width: int, *, every: bool = False) -> str:
    """All of it, `width` columns wide. `every`: all steps, not only those that changed a size."""
    marks = "ABCDEFGH"[: len(runs)] if len(runs) > 1 else " "
    names = (
        f"{mark} {run.name}: {run.hpa} for {run.target}, Kubernetes {run.profile}"
        for mark, run in zip(marks, runs, strict=True)
    )
    lines = [
        *map(str.strip, names),
        *assumed(runs, width),
        "",
        *_pictures(marks, runs, width),
        "",
        *_steps(marks, runs, width, every=every),
        "",
        *score_lines(marks, runs),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _pictures(marks: str, runs: Sequence[Run], width: int) -> Iterator[str]:
    """The load is the same for all."""
    yield picture("load", [step.load or 0.0 for step in runs[0].steps], "/s", width)
    for mark, run in zip(marks, runs, strict=True):
        ready = [float(step.ready) for step in run.steps]
        yield picture(f"{mark} ready".strip(), ready, "", width)
    yield f"{'':8}{clock(0.0):<{width - 34}}{clock(runs[0].seconds):>10}"


def _steps(marks: str, runs: Sequence[Run], width: int, *, every: bool) -> Iterator[str]:
    sizes = "".join(f"{f'SIZE {mark}'.strip():>{_SIZE_WIDTH}}" for mark in marks)
    yield f"{'TIME':>8} {'LOAD':>6} {'NEEDS':>5}{sizes}  REASON"
    nothing = True
    for steps in zip(*(run.steps for run in runs), strict=True):
        told = {
            mark: step
            for mark, step in zip(marks, steps, strict=True)
            if every or step.size != step.had
        }
        if told:
            nothing = False
            yield from _row(steps, told, width)
    if nothing:
        yield "  the size never changed; at the end:"
        last = [run.steps[-1] for run in runs]
        yield from _row(last, dict(zip(marks, last, strict=True)), width)


def _row(steps: Sequence[Step], told: dict[str, Step], width: int) -> Iterator[str]:
    """One moment; with the reasons of the runs in `told`, by mark."""
    first = steps[0]
    # Each with a space of its own: wide ones push the others, but are not one number with them.
    sizes = "".join(f" {sized(step.had, step.size):>{_SIZE_WIDTH - 1}}" for step in steps)
    needs = short(first.demand or 0)
    begin = f"{clock(first.at):>8} {short(first.load or 0):>6} {needs:>5}{sizes}  "
    reasons = [f"{mark}: {step.reason}".removeprefix(" : ") for mark, step in told.items()]
    yield from beside(begin, reasons, width)
