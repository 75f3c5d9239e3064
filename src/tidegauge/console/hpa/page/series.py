"""Every step of the runs for the page's script: as columns, each reason written once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from tidegauge.autoscale.replay.result import Run, Step
from tidegauge.console.hpa.page.markup import Markup, element
from tidegauge.console.hpa.page.measures import measure_of
from tidegauge.console.hpa.page.shapes import LETTERS, longest

_ROWS: Sequence[tuple[str, str, Callable[[Step], float | None]]] = (
    ("load", " /s", lambda step: step.load),
    ("served", " /s", lambda step: step.served),
    ("waiting", "", lambda step: step.waiting or None),
    ("dropped", " /s", lambda step: step.dropped or None),
    ("pods needed", "", lambda step: step.demand),
    ("pods ready", "", lambda step: step.ready),
    ("pods starting", "", lambda step: max(step.pods - step.ready, 0) or None),
    ("wanted", "", lambda step: step.wanted),
    (
        "wanted, stabilised",
        "",
        lambda step: None if step.stabilized == step.wanted else step.stabilized,
    ),
    ("the cluster's own size", "", lambda step: step.cluster),
)
"""What is shown of a step beside its metrics; None where there is nothing to tell."""


def data(runs: Sequence[Run]) -> Markup:
    """A script element of JSON; as no `<` is left in it, nothing in it can end it."""
    told = [_run(run, letter) for run, letter in zip(runs, LETTERS, strict=False)]
    json = msgspec.json.encode({"seconds": longest(runs), "runs": told})
    shielded = json.decode().replace("<", r"\u003c")
    return element("script", Markup(shielded), type="application/json", id="data")


def _run(run: Run, letter: str) -> dict[str, Any]:
    reasons: dict[str, int] = {}
    numbered = [reasons.setdefault(step.reason, len(reasons)) for step in run.steps]
    return {
        "letter": letter,
        "name": run.name,
        "at": [round(step.at, 1) for step in run.steps],
        "had": [step.had for step in run.steps],
        "size": [step.size for step in run.steps],
        "rows": list(_rows(run)),
        "reason": numbered,
        "reasons": list(reasons),
    }


def _rows(run: Run) -> Iterator[dict[str, Any]]:
    for label, suffix, value in _ROWS:
        yield from _row(label, suffix, [value(step) for step in run.steps])
    for place, metric in enumerate(run.metrics):
        measure = measure_of(metric)
        usages = (step.readings[place].usage if step.readings else None for step in run.steps)
        yield from _row(metric.label, measure.suffix, [measure.of(usage) for usage in usages])


def _row(label: str, suffix: str, values: list[float | None]) -> Iterator[dict[str, Any]]:
    """Not at all where nothing is known."""
    if any(value is not None for value in values):
        yield {"label": label, "suffix": suffix, "values": list(map(_short, values))}


def _short(value: float | None) -> float | None:
    """Four digits, so that a day's page stays small."""
    if value is None or value == int(value):
        return value if value is None else int(value)
    return float(f"{value:.4g}")
