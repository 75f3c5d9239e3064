"""A profile as an SVG: each room's share as a bar, and below it the functions, callers on top.

It follows the colour scheme and has no script; who points at a box reads its whole name.
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from bench.flame.boxes import ROOMS, Placed, placed, room, shares, tree
from bench.flame.stacks import Profile
from tidegauge.console.hpa.page.markup import Markup, element, text
from tidegauge.console.hpa.page.palette import DARK, LIGHT, variables

WIDTH = 880
"""As wide as a page on GitHub."""

_MARGIN = 20
_INSIDE = WIDTH - 2 * _MARGIN
_ROW = 21
_BAR, _LEGEND = 68, 112
"""Pixels from the top: of the bar, and of the legend's first line of text."""
_COLUMNS, _LINE = 5, 20
"""Of the legend: side by side, and from line to line."""

_LETTER = 6.8
"""Pixels of an average letter in the widest of the fonts below; a box cuts what is wider still."""
_PADDING = 5

_COLOURS: Mapping[str, tuple[str, str]] = {
    "kubelet": ("#b3d4f0", "#235079"),
    "usage": ("#bbe2c4", "#275b3b"),
    "serving": ("#ffcfa6", "#78471c"),
    "cluster": ("#a9e2e2", "#185d60"),
    "telemetry": ("#e2c6ec", "#623e70"),
    "console": ("#f0e09a", "#5d531d"),
    "ssl, socket": ("#f5b8b6", "#7b383b"),
    "asyncio": ("#c3cfda", "#3d4d5d"),
    "other": ("#e2ded0", "#45423a"),
}
"""Under dark letters and under light ones, each with a contrast of 6 and more."""

_SUBTITLE = (
    "Bar: whose function was running. Boxes: callers above what they call, as wide as their share."
)
_CUT = "Handle._run of the event loop; the loop and its runners, which call it, are cut away"


def _kind(room: str) -> str:
    """The class of a room's boxes, and its colour's variable."""
    return f"room{ROOMS.index(room)}"


def _scheme(palette: Mapping[str, str], side: int) -> str:
    rooms = {_kind(room): colours[side] for room, colours in _COLOURS.items()}
    return f"svg{{{variables({**palette, **rooms})}}}"


_STYLE = (
    f"{_scheme(LIGHT, 0)}@media(prefers-color-scheme:dark){{{_scheme(DARK, 1)}}}"
    'text{font:11.5px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:var(--ink)}'
    "text.dim,text.key{font-size:12.5px}text.dim{fill:var(--dim)}"
    "text.title{font-size:16px;font-weight:600}"
    ".ground{fill:var(--ground);stroke:var(--rule)}.trunk{fill:var(--raised)}"
    + "".join(f".{kind}{{fill:var(--{kind})}}" for kind in map(_kind, ROOMS))
)


def picture(profile: Profile, title: str, least: float) -> str:
    """Boxes of a share under `least` are left out."""
    rooms = shares(profile.work)
    boxes = list(placed(tree(profile.work), least))
    trunk = _LEGEND + (len(rooms) - 1) // _COLUMNS * _LINE + 22
    note = trunk + (2 + max((box.depth for box in boxes), default=0)) * _ROW + 22
    return _page(
        title,
        note + 20,
        _words(_MARGIN, 34, title, "title"),
        _words(_MARGIN, 55, _SUBTITLE, "dim"),
        *_bar(rooms),
        *_legend(rooms),
        _box(0, trunk, 1, "trunk", _CUT, _CUT),
        *(_function(box, trunk + (box.depth + 1) * _ROW) for box in boxes),
        _words(_MARGIN, note, _left_out(profile, least), "dim"),
    )


def _page(title: str, height: int, *parts: Markup) -> str:
    ground = {"x": 0.5, "y": 0.5, "rx": 12, "width": WIDTH - 1, "height": height - 1}
    page = element(
        "svg",
        element("title", text(title)),
        element("style", Markup(_STYLE)),
        element("rect", class_="ground", **ground),
        *(Markup(f"\n{part}") for part in parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        width=WIDTH,
        height=height,
        role="img",
    )
    return f"{page}\n"


def _bar(rooms: Mapping[str, float]) -> Iterator[Markup]:
    lefts = accumulate(rooms.values(), initial=0.0)
    for left, (name, share) in zip(lefts, rooms.items(), strict=False):
        yield _box(left, _BAR, share, _kind(name), "", f"{name}: {share * 100:.1f} %")


def _legend(rooms: Mapping[str, float]) -> Iterator[Markup]:
    for i, (name, share) in enumerate(rooms.items()):
        x = _MARGIN + i % _COLUMNS * _INSIDE / _COLUMNS
        y = _LEGEND + i // _COLUMNS * _LINE
        yield element("rect", class_=_kind(name), x=_short(x), y=y - 11, width=13, height=13, rx=2)
        yield _words(x + 20, y, f"{name} {_percent(share)}", "key")


def _function(box: Placed, y: float) -> Markup:
    name, file = box.function.frame
    share = box.width
    itself = share * box.function.itself / box.function.samples
    whole = f"{name} ({file}): {share * 100:.1f} %, {itself * 100:.1f} % by itself"
    words = label(name, share, share * _INSIDE)
    return _box(box.left, y, share, _kind(room(box.function.frame)), words, whole)


def label(name: str, share: float, width: float) -> str:
    """What goes into so many pixels: the share goes first, then the class, then the end."""
    letters = int((width - 2 * _PADDING) / _LETTER)
    method = name.rpartition(".")[2]
    for words in (f"{name} {_percent(share)}", name, method):
        if len(words) <= letters:
            return words
    return f"{method[: letters - 1]}…" if letters > 3 else ""


def _left_out(profile: Profile, least: float) -> str:
    seen = profile.work.total() + profile.waiting + profile.torn
    torn = f", {_percent(profile.torn / seen)} torn while read" if profile.torn else ""
    waiting = f"{_percent(profile.waiting / seen)} waiting in select"
    return (
        f"{seen:,} samples, less {waiting}{torn}. Functions under {least * 100:g} % are not drawn."
    )


def _box(left: float, y: float, share: float, kind: str, words: str, whole: str) -> Markup:
    """A picture in the picture, so that words too wide for it are cut at its edge."""
    return element(
        "svg",
        element("title", text(whole)),
        element("rect", class_=kind, width="100%", height="100%", rx=2),
        _words(_PADDING, 14, words),
        x=_short(_MARGIN + left * _INSIDE),
        y=y,
        # One pixel lies between neighbours.
        width=_short(max(share * _INSIDE - 1, 1)),
        height=_ROW - 1,
    )


def _words(x: float, y: float, words: str, kind: str | None = None) -> Markup:
    return element("text", text(words), class_=kind, x=_short(x), y=_short(y))


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.01 else "<1 %"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
