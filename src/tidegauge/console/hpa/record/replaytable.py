"""A recording that was run again, as text: the steps of interest, and how many differ."""

from collections.abc import Iterator

from tidegauge.autoscale.explaining.wording import count
from tidegauge.autoscale.replay.figures import clock
from tidegauge.autoscale.replay.result import Run, Step
from tidegauge.console.hpa.columns import assumed, beside, picture, sized


def table(run: Run, width: int, *, every: bool = False) -> str:
    """All of it, `width` columns wide. `every`: also steps at which nothing changed."""
    known = [step for step in run.steps if step.cluster is not None]
    unlike = [step for step in known if step.cluster != step.size]
    others = [step for step in unlike if not step.same_figures]
    lines = [
        f"{run.name}: {run.hpa} for {run.target}, Kubernetes {run.profile}",
        *assumed([run], width),
        "",
        picture("size", [float(step.had) for step in run.steps], "", width),
        picture("decided", [float(step.size) for step in run.steps], "", width),
        f"{'':8}{clock(0.0):<{width - 34}}{clock(run.seconds):>10}",
        "",
        *_steps(run, width, every=every),
        "",
        f"What the cluster did is known of {count(len(known), 'step')}. It was something else at",
        f"{len(unlike) - len(others)} with the same figures (*), {len(others)} with others (~).",
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _steps(run: Run, width: int, *, every: bool) -> Iterator[str]:
    yield f"{'TIME':>8} {'READY':>5} {'DECIDED':>8} {'CLUSTER':>8}  REASON"
    shown = [step for step in run.steps if every or _is_of_interest(step)]
    if not shown:
        yield "  the size never changed; at the end:"
    for step in shown or run.steps[-1:]:
        decided, cluster = sized(step.had, step.size), _cluster(step)
        begin = f"{clock(step.at):>8} {step.ready:>5} {decided:>8} {cluster:>8}  "
        yield from beside(begin, [step.reason], width)


def _is_of_interest(step: Step) -> bool:
    return len({step.had, step.size, step.had if step.cluster is None else step.cluster}) > 1


def _cluster(step: Step) -> str:
    """What became of the size, with a mark where that is not what was decided."""
    if step.cluster is None:
        return "?"
    mark = "*" if step.same_figures else "~"
    return sized(step.had, step.cluster) + (mark if step.cluster != step.size else " ")
