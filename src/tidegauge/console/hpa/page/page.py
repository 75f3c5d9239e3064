"""The page of one run, or of several that are compared: one file, nothing to fetch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources

from tidegauge.autoscale.replay.figures import clock
from tidegauge.autoscale.replay.result import Run
from tidegauge.console.hpa.page.cards import scores_of
from tidegauge.console.hpa.page.changes import changes, hovered
from tidegauge.console.hpa.page.figures import figure
from tidegauge.console.hpa.page.markup import NOTHING, Markup, element, text
from tidegauge.console.hpa.page.palette import DARK, LIGHT, variables
from tidegauge.console.hpa.page.panels import panels
from tidegauge.console.hpa.page.series import data
from tidegauge.console.hpa.page.setup import differences, setup
from tidegauge.console.hpa.page.shapes import LETTERS, longest
from tidegauge.console.hpa.page.ticks import number

_NOTHING_FROM_OUTSIDE = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_HINT = (
    "Point at a moment to see why the size was what it was; drag to zoom. "
    "Keys: ← → for steps, Page Up and Down for changes, + and - for the zoom."
)

MOST_RUNS = len(LETTERS)


def page(runs: Sequence[Run]) -> str:
    """HTML of one run, or of up to MOST_RUNS over each other; of other numbers ValueError."""
    if not 1 <= len(runs) <= MOST_RUNS:
        raise ValueError(f"a page shows 1 to {MOST_RUNS} runs, not {len(runs)}")
    title = ", ".join(dict.fromkeys(run.name for run in runs))
    body = (_header(runs), scores_of(runs), _charts(runs), changes(runs), setup(runs), data(runs))
    script = element("script", Markup(_asset("page.js")))
    html = element("html", _head(title), element("body", *body, script), lang="en")
    return f"<!DOCTYPE html>\n{html}\n"


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text()


def _head(title: str) -> Markup:
    dark = f"@media (prefers-color-scheme:dark){{:root{{{variables(DARK)}}}}}"
    paper = f"@media print{{:root{{{variables(LIGHT)}}}}}"
    style = f":root{{{variables(LIGHT)}}}{dark}{paper}\n{_asset('page.css')}"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_NOTHING_FROM_OUTSIDE),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", text(f"{title} · tidegauge")),
        element("style", Markup(style)),
    )


def _header(runs: Sequence[Run]) -> Markup:
    facts = [_facts(run) for run in runs]
    if len(set(facts)) == 1:
        shared, own = [element("p", text(facts[0]), class_="facts")], [""] * len(runs)
    else:
        shared, own = [], facts
    if len(runs) == 1:
        return element("header", element("h1", text(runs[0].name)), *shared)
    entries = map(_entry, LETTERS, runs, own)
    return element(
        "header",
        element("h1", text(f"{len(runs)} runs compared")),
        *shared,
        element("ul", *entries, class_="runs"),
        differences(runs),
    )


def _entry(letter: str, run: Run, facts: str) -> Markup:
    chip = element("i", text(letter), class_=f"chip {letter.lower()}")
    more = [element("p", text(facts), class_="facts")] if facts else []
    return element("li", chip, element("b", text(run.name)), *more)


def _facts(run: Run) -> str:
    what = "simulated" if run.workload else "recorded"
    begin = "" if run.began is None else f" from {datetime.fromtimestamp(run.began, UTC):%F %T} UTC"
    return (
        f"HPA {run.namespace}/{run.hpa} on {run.target}, {clock(run.seconds)} {what}{begin}, "
        f"a step every {number(run.period)} s, as Kubernetes {run.profile} does it"
    )


def _charts(runs: Sequence[Run]) -> Markup:
    if not all(run.steps for run in runs):
        return NOTHING
    seconds = longest(runs)
    figures = (
        figure(panel, seconds, hovered(runs, seconds) if panel.whole else NOTHING)
        for panel in panels(runs)
    )
    title = element("h2", text("What happened, and why"))
    hint = element("p", text(_HINT), class_="hint", hidden="")
    return element("section", title, hint, element("div", *figures, class_="charts"))
