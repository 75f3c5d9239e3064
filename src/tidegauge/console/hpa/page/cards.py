"""The scores: of one run as cards, of several beside each other."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tidegauge.autoscale.replay.result import Run, Scores
from tidegauge.console.hpa.page.markup import NOTHING, Markup, element, joined, text
from tidegauge.console.hpa.page.shapes import LETTERS
from tidegauge.console.hpa.page.ticks import number

_LESS, _NEITHER, _MORE = -1, 0, 1
"""What is better."""


class Score(NamedTuple):
    """How one of the scores is shown."""

    label: str
    value: Callable[[Scores], float | None]
    suffix: str = ""
    symbol: str = ""
    """In SPEC's elasticity metrics."""
    better: int = _LESS
    unknown: str = "\N{EN DASH}"
    """Instead of a value that there is not."""

    def written(self, scores: Scores) -> str:
        value = self.value(scores)
        return self.unknown if value is None else number(value) + self.suffix


class Card(NamedTuple):
    """Scores that answer one question; the first is the headline."""

    question: str
    scores: Sequence[Score]


CARDS = (
    Card(
        "Were there enough pods?",
        (
            Score("of the time too few", lambda s: s.under_time, " %", "τU"),
            Score("of the demand lacking", lambda s: s.under_provisioning, " %", "θU"),
        ),
    ),
    Card(
        "Were there too many?",
        (
            Score("of the time too many", lambda s: s.over_time, " %", "τO"),
            Score("above the demand", lambda s: s.over_provisioning, " %", "θO"),
        ),
    ),
    Card(
        "What did it cost?",
        (
            Score("pod-hours", lambda s: s.pod_hours),
            Score("pod-hours needed", lambda s: s.pod_hours_needed, better=_NEITHER),
            Score("pods at the peak", lambda s: s.peak_pods),
        ),
    ),
    Card(
        "Was it calm?",
        (
            Score("changes of the size", lambda s: s.rescales),
            Score("against the one before", lambda s: s.reversals),
            Score(
                "of the time out of step",
                lambda s: s.instability,
                " %",
                "\N{GREEK SMALL LETTER UPSILON}",  # as a letter ruff takes it for a u
            ),
        ),
    ),
    Card(
        "Were requests served?",
        (
            Score(
                "of requests served", lambda s: _percent(s.served, s.requests), " %", better=_MORE
            ),
            Score("dropped", lambda s: s.dropped),
            Score("had to wait", lambda s: s.late),
            Score("longest wait", lambda s: s.longest_wait, " s"),
        ),
    ),
    Card(
        "How hot did pods run?",
        (
            Score(
                "of capacity asked for, at worst",
                lambda s: _percent(s.worst_saturation),
                " %",
                unknown="no pod",
            ),
            Score("of the time overloaded", lambda s: s.saturated_time, " %"),
        ),
    ),
)


def _percent(part: float | None, whole: float = 1.0) -> float | None:
    return None if part is None or not whole else part / whole * 100


def scores_of(runs: Sequence[Run]) -> Markup:
    """Nothing where a run has none, as of a recording."""
    scores = [run.scores for run in runs if run.scores]
    if len(scores) < len(runs):
        return NOTHING
    shown = (_card(card, scores) for card in CARDS)
    title = element("h2", text("How well the sizes fitted the load"))
    return element(
        "section",
        title,
        element("div", *shown, class_="cards" if len(runs) == 1 else "cards compared"),
    )


def _card(card: Card, scores: Sequence[Scores]) -> Markup:
    body = _alone(card, *scores) if len(scores) == 1 else _compared(card, scores)
    return element("article", element("h3", text(card.question)), body)


def _alone(card: Card, scores: Scores) -> Markup:
    return joined(*(_line(score, scores) for score in card.scores))


def _line(score: Score, scores: Scores) -> Markup:
    return element("p", element("b", text(score.written(scores))), text(" "), _label(score))


def _label(score: Score) -> Markup:
    symbol = element("small", text(f" {score.symbol}")) if score.symbol else NOTHING
    return joined(text(score.label), symbol)


def _compared(card: Card, scores: Sequence[Scores]) -> Markup:
    """Of two, the difference as well."""
    names = ["", *LETTERS[: len(scores)], *(["A to B"] if len(scores) == 2 else [])]
    heads = (element("th", text(name), scope="col") for name in names)
    rows = (_row(score, scores) for score in card.scores)
    head = element("thead", element("tr", *heads))
    return element("table", head, element("tbody", *rows))


def _row(score: Score, scores: Sequence[Scores]) -> Markup:
    cells = [text(score.written(each)) for each in scores]
    if len(scores) == 2:
        cells.append(_change(score, *map(score.value, scores)))
    head = element("th", _label(score), scope="row")
    return element("tr", head, *(element("td", cell) for cell in cells))


def _change(score: Score, before: float | None, after: float | None) -> Markup:
    if before is None or after is None:
        return NOTHING
    change = after - before
    written = number(abs(change))
    if written == "0":
        return element("small", text("same"))
    judged = score.better * change
    verdict = " better" if judged > 0 else " worse" if judged < 0 else ""
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    return joined(text(f"{sign}{written}{score.suffix}"), element("small", text(verdict)))
