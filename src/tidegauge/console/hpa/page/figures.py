"""A panel as HTML: the plot is an SVG that stretches, all words around it are the page's own text,
so they keep their size on a small screen and can be selected.
"""

from tidegauge.autoscale.replay.figures import clock
from tidegauge.console.hpa.page import paths
from tidegauge.console.hpa.page.markup import NOTHING, Markup, element, text
from tidegauge.console.hpa.page.paths import HEIGHT, WIDTH, Scales
from tidegauge.console.hpa.page.shapes import Panel, Shape
from tidegauge.console.hpa.page.ticks import number, ticks, time_ticks, whole_ticks

_ROWS, _COLUMNS = 4, 8
"""At most so many steps between labels."""

_HEADROOM = 1.02
"""A line at the very top would be half as thick."""


def figure(panel: Panel, seconds: float, extra: Markup = NOTHING) -> Markup:
    """`extra` is drawn over the shapes, in the plot's coordinates."""
    rows = _rows(panel)
    scales = Scales(seconds, rows[-1] * _HEADROOM)
    return element(
        "figure",
        element("figcaption", element("strong", text(panel.title)), *map(_key, panel.shapes)),
        element(
            "div",
            *(_row(tick, scales, panel.suffix) for tick in rows),
            _drawing(panel, rows, scales, extra),
            *(
                _column(place, at, seconds)
                for place, at in enumerate(time_ticks(seconds, _COLUMNS))
            ),
            class_="plot tall" if panel.whole else "plot",
        ),
    )


def _rows(panel: Panel) -> list[float]:
    greatest = max(
        (value for shape in panel.shapes for _, value in shape.points if value is not None),
        default=0,
    )
    shown = greatest if panel.top is None else min(greatest, panel.top)
    return whole_ticks(round(shown), _ROWS) if panel.whole else ticks(shown, _ROWS)


def _row(tick: float, scales: Scales, suffix: str) -> Markup:
    where = f"bottom:{tick / scales.top:.2%}"
    return element("span", text(number(tick) + suffix), class_="row", style=where)


def _column(place: int, at: float, seconds: float) -> Markup:
    """Every second one is left out where there is little room."""
    kind = "column between" if place % 2 else "column"
    return element("span", text(clock(at)), class_=kind, style=f"left:{at / seconds:.2%}")


def _drawing(panel: Panel, rows: list[float], scales: Scales, extra: Markup) -> Markup:
    rules = [
        element("path", class_="rule", d=paths.line([(0, row), (scales.seconds, row)], scales))
        for row in rows
    ]
    return element(
        "svg",
        *rules,
        *(element("path", class_=shape.style, d=_path(shape, scales)) for shape in panel.shapes),
        extra,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _path(shape: Shape, scales: Scales) -> str:
    if shape.lower is not None:
        return paths.between(shape.lower, shape.points, scales)
    return (paths.line if shape.smooth else paths.steps)(shape.points, scales)


def _key(shape: Shape) -> Markup:
    """A sample of the line or the area, and its name."""
    sample = "M1 2H23V12H1Z" if shape.lower is not None else "M0 7H24"
    drawn = element(
        "svg",
        element("path", class_=shape.style, d=sample),
        viewBox="0 0 24 14",
        aria_hidden="true",
    )
    return element("span", drawn, text(shape.label), class_="key")
