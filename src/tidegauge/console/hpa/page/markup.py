"""SVG and HTML as strings: everything that comes from outside is escaped here, and only here."""

from html import escape
from typing import NewType

Markup = NewType("Markup", str)
"""Text that may stand in a page as it is."""

NOTHING = Markup("")

_VOID = frozenset({"meta", "br", "path", "rect", "line", "circle", "use"})
"""What is written without children."""


def text(value: object) -> Markup:
    """Escaped, for content and for attributes alike."""
    return Markup(escape(str(value)))


def element(name: str, /, *children: Markup, **attributes: object) -> Markup:
    """`class_` and `stroke_width` are written `class` and `stroke-width`; None leaves one out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*parts: Markup) -> Markup:
    return Markup("".join(parts))
