"""Durations as Go writes and reads them: `15s`, `1m30s`, `14.821s`, `1.26µs`."""

import re

from tidegauge.units.gotext import quote

_NS_PER_UNIT = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,  # the micro sign
    "\u03bcs": 1_000,  # the Greek letter mu, which keyboards give
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}

_PIECE = re.compile(r"(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?(?P<unit>[^0-9.]*)")

_INT64_MAX = 2**63 - 1

_FRACTION_DIGITS = 19
"""Go reads as many digits as fit into 64 bits; further ones cannot change a nanosecond."""


_MAX_TEXT = 1000
"""No sane duration is longer, and int() refuses thousands of digits in words of its own."""


def format_duration(ns: int) -> str:
    """Nanoseconds as text. Below a second one unit is used (`1.5ms`), from there on h, m and s."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    if ns < 1_000_000_000:
        return sign + _format_fraction_of_second(ns)
    seconds, rest = divmod(ns, 1_000_000_000)
    minutes, seconds = divmod(seconds, 60)
    text = _decimal(seconds, rest, 9) + "s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"
    return sign + text


def _format_fraction_of_second(ns: int) -> str:
    if ns == 0:
        return "0s"
    if ns < 1_000:
        return f"{ns}ns"
    if ns < 1_000_000:
        return _decimal(*divmod(ns, 1_000), 3) + "\u00b5s"
    return _decimal(*divmod(ns, 1_000_000), 6) + "ms"


def _decimal(whole: int, rest: int, digits: int) -> str:
    return f"{whole}.{rest:0{digits}}".rstrip("0") if rest else str(whole)


def parse_duration(text: str) -> int:
    """Text as nanoseconds, by the rules of Go's ParseDuration.

    ValueError, in Go's words, where the text is no duration, lacks a unit, has an unknown one or
    does not fit into 64 bits.
    """
    if len(text) > _MAX_TEXT:
        raise ValueError(f"time: invalid duration {quote(text[:_MAX_TEXT])}")
    unsigned = text[1:] if text[:1] in ("-", "+") else text
    negative = text.startswith("-")
    if unsigned == "0":
        return 0
    total, position = 0, 0
    while position < len(unsigned) or not position:
        piece = _PIECE.match(unsigned, position)
        if not piece or not (piece["whole"] or piece["fraction"]):
            raise ValueError(f"time: invalid duration {quote(text)}")
        total += _piece_ns(piece, text)
        position = piece.end()
    if total > _INT64_MAX + negative:
        raise ValueError(f"time: invalid duration {quote(text)}")
    return -total if negative else total


def _piece_ns(piece: re.Match[str], text: str) -> int:
    unit = piece["unit"]
    if not unit:
        raise ValueError(f"time: missing unit in duration {quote(text)}")
    if unit not in _NS_PER_UNIT:
        raise ValueError(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
    scale = _NS_PER_UNIT[unit]
    ns = int(piece["whole"] or 0) * scale
    if piece["fraction"]:
        digits = piece["fraction"][:_FRACTION_DIGITS]
        digits = digits[:-1] if int(digits) > _INT64_MAX else digits
        ns += int(float(digits) * (scale / 10 ** len(digits)))  # in doubles and cut, as Go does it
    return ns
