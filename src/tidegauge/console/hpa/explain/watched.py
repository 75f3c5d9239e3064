"""What was foretold, and what happened: mistakes are shown, not hidden."""

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from tidegauge.autoscale.explaining.explanation import Explanation, Outcome
from tidegauge.autoscale.explaining.wording import clock, count
from tidegauge.console.spans import Line, Span

_KEPT = 8
"""Changes that are shown; older ones scroll off a screen anyway."""


class _Change(Struct, frozen=True):
    at: float
    before: int
    after: int
    foretold: int | None
    later: str
    """When it was foretold for, if not for now."""
    figures: str
    """What the first metric was, and is: a load that changed meanwhile explains much."""


class Watched:
    """Compares each look with the one before it."""

    def __init__(self) -> None:
        self._last: Explanation | None = None
        self._changes: deque[_Change] = deque(maxlen=_KEPT)
        self._looks = 0
        self._right = 0

    def note(self, told: Explanation) -> None:
        """Where a change was foretold the size has to be that; else it has to be the same."""
        last, self._last = self._last, told
        before = last.verdict.current if last else None
        after = told.verdict.current
        if last is None or before is None or after is None:
            return
        foretold = _foretold(last)
        self._looks += 1
        self._right += after == foretold
        if after != before or foretold != before:
            figures = f"{_figure(last)} → {_figure(told)}"
            change = told.at.timestamp(), before, after, foretold, _later(last, after), figures
            self._changes.append(_Change(*change))

    def lines(self) -> Iterator[Line]:
        yield []
        yield [Span("Watched", "title")]
        if not self._looks:
            yield [Span("  from the next look on, what happens is compared with this", "dim")]
            return
        looks = count(self._looks, "look")
        yield [Span(f"  {looks}, {self._right} as foretold")]
        for one in self._changes:
            right = one.after == one.foretold
            said = "as foretold" if right else f"{one.foretold} was foretold{one.later}"
            text = f"  {clock(one.at)}  {one.before} → {one.after}, "
            yield [
                Span(text),
                Span(said, "good" if right else "bad"),
                Span(f"  {one.figures}", "dim"),
            ]


def _later(told: Explanation, size: int) -> str:
    upcoming = told.outlook
    if upcoming is None or upcoming.desired != size:
        return ""
    return f" until {clock(upcoming.at.timestamp())}"


def _figure(told: Explanation) -> str:
    return (told.metrics[0].usage if told.metrics else "") or "?"


def _foretold(told: Explanation) -> int | None:
    if told.verdict.outcome in (Outcome.UP, Outcome.DOWN):
        return told.verdict.desired
    return None if told.verdict.outcome is Outcome.UNKNOWN else told.verdict.current
