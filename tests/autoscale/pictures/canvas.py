"""What the pictures of docs/hpa.md are drawn with: an SVG that follows the colour scheme."""

from collections.abc import Iterable, Sequence

from tidegauge.console.hpa.page.markup import Markup, element, text
from tidegauge.console.hpa.page.palette import DARK, LIGHT, variables

WIDTH = 880
"""As wide as a page on GitHub."""

_STYLE = (
    f"svg{{{variables(LIGHT)}}}@media(prefers-color-scheme:dark){{svg{{{variables(DARK)}}}}}"
    'text{font:14px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:var(--ink)}'
    "text.dim{fill:var(--dim)}text.small{font-size:12.5px}text.bold{font-weight:600}"
    "text.title{font-size:16px;font-weight:600}path{fill:none}"
    + "".join(f".s-{name}{{stroke:var(--{name})}}.f-{name}{{fill:var(--{name})}}" for name in LIGHT)
    + ".thick{stroke-width:2.5}.thin{stroke-width:1.2}.dash{stroke-dasharray:6 4}"
    ".dots{stroke-dasharray:1.5 4;stroke-linecap:round}"
)


class Canvas:
    """Pixels from the upper left. `kind` is a list of the style's classes."""

    def __init__(self, height: float, title: str) -> None:
        self.height = height
        self.title = title
        self._parts: list[Markup] = []

    def rect(
        self, x: float, y: float, width: float, height: float, kind: str, **more: object
    ) -> None:
        size = {"x": _short(x), "y": _short(y), "width": _short(width), "height": _short(height)}
        self._parts.append(element("rect", class_=kind, **size, **more))

    def line(self, points: Iterable[tuple[float, float]], kind: str) -> None:
        path = "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)
        self._parts.append(element("path", class_=kind, d=path))

    def dot(self, x: float, y: float, radius: float, kind: str) -> None:
        self._parts.append(element("circle", class_=kind, cx=_short(x), cy=_short(y), r=radius))

    def text(
        self, x: float, y: float, words: str, kind: str = "", anchor: str | None = None
    ) -> None:
        where = {"x": _short(x), "y": _short(y), "text_anchor": anchor}
        self._parts.append(element("text", text(words), class_=kind or None, **where))

    def arrow(self, x: float, y: float, length: float) -> None:
        """To the right."""
        tip = x + length
        self.line([(x, y), (tip - 6, y)], "s-dim thin")
        head = f"M{_short(tip)} {_short(y)}l-9 -4.5v9z"
        self._parts.append(element("path", class_="f-dim", d=head))

    def key(self, x: float, y: float, kind: str, words: str) -> None:
        """Of a legend: a sample of the line, or of the area where `kind` is filled."""
        if kind.startswith("f-"):
            self.rect(x, y - 8, 28, 16, kind)
        else:
            self.line([(x, y), (x + 28, y)], kind)
        self.text(x + 36, y + 4, words, "small")

    def __str__(self) -> str:
        ground = element(
            "rect",
            class_="f-ground s-rule",
            x=0.5,
            y=0.5,
            rx=12,
            width=WIDTH - 1,
            height=self.height - 1,
        )
        return (
            element(
                "svg",
                element("title", text(self.title)),
                element("style", Markup(_STYLE)),
                ground,
                *(Markup(f"\n{part}") for part in self._parts),
                xmlns="http://www.w3.org/2000/svg",
                viewBox=f"0 0 {WIDTH} {self.height:g}",
                width=WIDTH,
                height=f"{self.height:g}",
                role="img",
            )
            + "\n"
        )


class Plot:
    """A frame of two axes on a canvas; `x` and `y` are the ranges of the data."""

    def __init__(
        self,
        canvas: Canvas,
        box: tuple[float, float, float, float],
        x: tuple[float, float],
        y: tuple[float, float],
    ) -> None:
        self.canvas = canvas
        self.left, self.top, self.width, self.height = box
        self.x, self.y = x, y

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.across(x), self.down(y)

    def across(self, x: float) -> float:
        return self.left + (x - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def down(self, y: float) -> float:
        return self.top + (self.y[1] - y) / (self.y[1] - self.y[0]) * self.height

    def rows(self, ticks: Iterable[float]) -> None:
        for tick in ticks:
            y = self.down(tick)
            self.canvas.line([(self.left, y), (self.left + self.width, y)], "s-rule thin")
            self.canvas.text(self.left - 8, y + 4.5, f"{tick:g}", "dim small", "end")

    def columns(self, ticks: Iterable[float], labels: Sequence[str]) -> None:
        bottom = self.top + self.height
        for tick, label in zip(ticks, labels, strict=True):
            x = self.across(tick)
            self.canvas.line([(x, bottom), (x, bottom + 5)], "s-dim thin")
            self.canvas.text(x, bottom + 20, label, "dim small", "middle")

    def line(self, points: Iterable[tuple[float, float]], kind: str) -> None:
        self.canvas.line([self.at(*point) for point in points], kind)

    def steps(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """Each height holds until the next point, the last one to the right edge."""
        ends = [x for x, _ in points[1:]] + [self.x[1]]
        self.line(
            [(x, y) for (start, y), end in zip(points, ends, strict=True) for x in (start, end)],
            kind,
        )

    def area(self, x: tuple[float, float], y: tuple[float, float], kind: str) -> None:
        left, right = map(self.across, x)
        bottom, top = map(self.down, y)
        self.canvas.rect(left, top, right - left, bottom - top, kind)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
