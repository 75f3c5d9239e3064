"""The parts of the screen about HPAs: how big their targets are and why, and each step."""

from collections.abc import Iterator, Mapping, Sequence

from tidegauge.autoscale.replay.figures import clock
from tidegauge.console.demo.courses import Course, Step
from tidegauge.console.demo.picture import AutoscalerRow
from tidegauge.console.spans import Line, Span

FRESH = 20.0
"""Seconds for which a step is news: four looks of the controller."""

_STEP = 15
"""Columns of a step, as `10→12 0:12:05`."""

_ByKey = Mapping[str, Course]


def autoscalers(
    rows: Sequence[AutoscalerRow], courses: _ByKey, elapsed: float, *, wide: bool
) -> Iterator[Line]:
    """Why is told of the step while that is news, then of the present. `wide` has the usage too."""
    columns = [
        (_title(rows), "<", _names(rows)),
        ("USAGE", "<", [row.usage for row in rows]),
        ("READY", ">", [_ready(row) for row in rows]),
        ("RANGE", "<", [f"{row.minimum}-{row.maximum}" for row in rows]),
    ]
    if not wide:
        del columns[1]
    filled = [_filled(*column) for column in columns]
    yield [Span(f" {'  '.join(each[0] for each in filled)}  {'LAST STEP':<{_STEP}}WHY", "head")]
    for row, (*cells, ready, span) in zip(rows, [*zip(*filled, strict=True)][1:], strict=True):
        behind = row.wanted is None or row.ready < row.wanted
        course = courses.get(row.key, Course(elapsed, row.said))  # of another controller
        yield [
            Span(f" {'  '.join(cells)}  "),
            Span(ready, "warn" if behind else ""),
            Span(f"  {span}  ", "dim"),
            *_step(course, elapsed),
            _why(course, elapsed),
        ]


def _filled(title: str, side: str, cells: Sequence[str]) -> list[str]:
    """The title and the cells, all of one width."""
    width = max(map(len, (title, *cells)))
    return [f"{text:{side}{width}}" for text in (title, *cells)]


def _title(rows: Sequence[AutoscalerRow]) -> str:
    return "HPA" if _several(rows) else f"HPA OF {rows[0].namespace.upper()}"


def _names(rows: Sequence[AutoscalerRow]) -> list[str]:
    """Without the namespace that all are in."""
    return [row.key if _several(rows) else row.name for row in rows]


def _several(rows: Sequence[AutoscalerRow]) -> bool:
    return len({row.namespace for row in rows}) > 1


def _ready(row: AutoscalerRow) -> str:
    return "none" if row.wanted is None else f"{row.ready}/{row.wanted}"


def _step(course: Course, elapsed: float) -> Line:
    step = course.last
    if step is None:
        return [Span(f"{'none yet':<{_STEP}}", "dim")]
    fresh, sizes = _is_fresh(step, elapsed), f"{step.before}→{step.after}"
    when = f" {clock(step.at)}"
    return [Span(sizes, "title" if fresh else ""), Span(f"{when:<{_STEP - len(sizes)}}", "dim")]


def _is_fresh(step: Step, elapsed: float) -> bool:
    return elapsed - step.at < FRESH


def _why(course: Course, elapsed: float) -> Span:
    if course.last and _is_fresh(course.last, elapsed):
        return Span(course.last.why)
    style = "bad" if course.failing else "warn" if course.held else "dim"
    return Span(course.now, style)


def steps(rows: Sequence[AutoscalerRow], courses: _ByKey, elapsed: float) -> Iterator[Line]:
    """The newest first."""
    names = dict(zip((row.key for row in rows), _names(rows), strict=True))
    found = [(step, names[key]) for key in names for step in courses.get(key, Course(0)).steps]
    if not found:
        return
    width = max(len(name) for _, name in found)
    yield [Span(" LAST STEPS", "head")]
    for step, name in sorted(found, reverse=True):
        style = "title" if _is_fresh(step, elapsed) else ""
        sizes = f"{step.before}→{step.after}"
        yield [
            Span(f" {clock(step.at)}  ", "dim"),
            Span(f"{name:<{width}}  "),
            Span(f"{sizes:<7}", style),
            Span(step.why),
        ]
