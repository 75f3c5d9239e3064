"""An explanation on a screen: what will happen first, then why, then what to do about it."""

from collections.abc import Iterator, Sequence

from tidegauge.autoscale.explaining.explanation import (
    Explanation,
    Hold,
    Lack,
    LeftOut,
    Measure,
    Outcome,
    Standing,
)
from tidegauge.autoscale.explaining.wording import clock, count, ratio, span
from tidegauge.console.spans import Line, Span, wrapped

MARKS = {
    Outcome.UP: ("▲", "good"),
    Outcome.DOWN: ("▼", "bar"),
    Outcome.STAYS: ("=", "head"),
    Outcome.BLOCKED: ("!", "bad"),
    Outcome.UNKNOWN: ("?", "warn"),
}

_CLAIMS = 5
"""Differences of the status that are shown; more are only counted."""

_NAMES = 3
"""Pods that are named; more are only counted."""

_LABEL = 15
"""Columns of what held the size back."""


def screen(told: Explanation, columns: int) -> Iterator[Line]:
    """Lines of at most that many columns, but for commands: those are pasted, so never broken."""
    yield from _head(told, columns)
    for title, lines in (
        ("Metrics", _metrics(told.metrics, columns)),
        ("Held back", _holds(told, columns)),
        ("Status", _status(told.status, columns)),
        ("Missing", _missing(told.missing, columns)),
        ("Assumed", _assumed(told.assumed, columns)),
    ):
        if section := list(lines):
            yield []
            yield [Span(title, "title")]
            yield from section


def _head(told: Explanation, columns: int) -> Iterator[Line]:
    current = told.verdict.current
    size = "size unknown" if current is None else count(current, "replica")
    name = Span(f"{told.namespace}/{told.name}", "head")
    yield [name, Span(f" → {told.target}: {size} (min {told.minimum}, max {told.maximum})")]
    now = clock(told.at.timestamp())
    yield [Span(f"as of {now}, by the rules of Kubernetes {told.profile}", "dim")]
    yield []
    mark, style = MARKS[told.verdict.outcome]
    yield from wrapped([Span(f"{mark} ", style)], told.verdict.headline, columns, style)
    yield from wrapped([Span("  ")], told.verdict.why, columns)
    if told.outlook:
        yield from wrapped([Span("  ")], _outlook(told), columns)


def _outlook(told: Explanation) -> str:
    foreseen = told.outlook
    if foreseen is None:
        return ""
    at = foreseen.at.timestamp()
    when = f"{clock(at)} (in {span(at - told.at.timestamp())})"
    when = f"by {when} at the latest" if foreseen.at_latest else f"about {when}"
    return f"If load and pods stay as they are, it goes to {foreseen.desired} {when}."


def _metrics(metrics: Sequence[Measure], columns: int) -> Iterator[Line]:
    labels = max((len(one.name) for one in metrics), default=0)
    against = max((len(_against(one)) for one in metrics), default=0)
    for one in metrics:
        name = Span(f"  {one.name:<{labels}}  ", "head")
        if one.error:
            yield from wrapped([name], one.error, columns, "bad")
        else:
            yield [name, Span(f"{_against(one):<{against}}"), *_proposal(one)]
        if one.detail:
            yield from wrapped([Span("    ")], one.detail, columns, "dim")
        yield from _pods(one, columns)


def _against(one: Measure) -> str:
    return f"{one.usage} / {one.target}" if one.usage else ""


def _proposal(one: Measure) -> Iterator[Span]:
    if one.ratio is None or one.proposal is None:
        return
    yield Span(f" → {ratio(one.ratio)}")
    if one.rebalanced is not None and one.rebalanced != one.ratio:
        yield Span(f" → {ratio(one.rebalanced)} with guesses")
    if one.counted is not None:
        yield Span(f" × {count(one.counted, 'pod')}", "dim")  # noqa: RUF001  (it multiplies)
    yield Span(f" → {one.proposal}", "head")
    if one.decides:
        yield Span("  decides", "good")


def _pods(one: Measure, columns: int) -> Iterator[Line]:
    """Those that were left out, together where that was for the same reason."""
    if not one.left_out:
        return
    groups = ", ".join(f"{number} {group}" for group, number in one.pods.items())
    yield [Span(f"    pods: {groups}; left out", "dim")]
    alike: dict[tuple[str, str], list[str]] = {}
    for pod in one.left_out:
        alike.setdefault((pod.group, _why(pod)), []).append(pod.pod)
    for (group, why), names in alike.items():
        yield from wrapped([Span(f"      {group:<9}", "warn")], f"{_some(names)}: {why}", columns)


def _why(pod: LeftOut) -> str:
    return f"{pod.reason}; counted with {pod.assumed}" if pod.assumed else pod.reason


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def _holds(told: Explanation, columns: int) -> Iterator[Line]:
    for one in told.holds:
        text = f"{one.text}; {_until(one, told)}" if one.until else one.text
        yield from wrapped([Span(f"  {one.by:<{_LABEL}}", "head")], text, columns)


def _until(one: Hold, told: Explanation) -> str:
    if one.until is None:
        return ""
    at = one.until.timestamp()
    latest = " at the latest" if one.at_latest else ""
    return f"until {clock(at)} (in {span(at - told.at.timestamp())}){latest}"


def _status(status: Standing, columns: int) -> Iterator[Line]:
    yield from wrapped([Span("  ")], status.text, columns, "bad" if status.stale else "")
    width = max((len(one.about) for one in status.claims[:_CLAIMS]), default=0)
    for one in status.claims[:_CLAIMS]:
        text = f"says {one.claimed}, is {one.found}"
        yield from wrapped([Span(f"    {one.about:<{width}}  ", "dim")], text, columns, "dim")
    if (more := len(status.claims) - _CLAIMS) > 0:
        yield [Span(f"    and {more} more", "dim")]


def _missing(missing: Sequence[Lack], columns: int) -> Iterator[Line]:
    for one in missing:
        yield from wrapped([Span("  ! ", "warn")], one.problem, columns)
        for command in one.remedy:
            yield [Span(f"      {command}", "bar")]


def _assumed(assumed: Sequence[str], columns: int) -> Iterator[Line]:
    for one in assumed:
        yield from wrapped([Span("  · ", "dim")], one, columns, "dim")
