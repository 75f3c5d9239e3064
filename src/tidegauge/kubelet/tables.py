"""A body as kubelets write it, cut into tables of words: keys, values and stamps of each figure.

This is the doubting half of the fast parser. It knows bodies of one shape only:

    # HELP name text
    # TYPE name word
    name{label="value"} value stamp

with all lines of a family below its TYPE, one blank between words, none inside labels, and stamps
on all lines of a table or on none. Whatever departs from that raises UnfamiliarError, and then the
careful parser takes the whole body. Checks run over a family at once, in C, not line by line.
"""

from typing import Final, NamedTuple

from tidegauge.kubelet.lines import series_name
from tidegauge.kubelet.series import MAX_LINES, MAX_STAMP, READ_SERIES, SCRAPE_ERROR_SERIES, Figure

MAX_FAMILIES: Final = 100
"""Kubelets write 13. With many more the body is somebody else's and could fill memory with them."""

_GAPS = b" \t\n\v\f\r"  # all that bytes.split() takes for a gap
_NO_GAPS = bytes(byte for byte in range(256) if byte not in _GAPS)


class UnfamiliarError(ValueError):
    """The body is not as kubelets write it. It may be fine all the same."""


class Table(NamedTuple):
    """The words of a figure's lines, in order; `stamps` is empty where the lines have none."""

    keys: list[bytes]
    values: list[bytes]
    stamps: list[bytes]


def figure_blocks(body: bytes) -> list[bytes]:
    """Return the lines of each figure in their order, a line end before each.

    Vouch for all other lines: none is bad, and none is one that we read.
    """
    blocks = [b""] * len(Figure)
    for name, block in _families(body).items():
        if name in READ_SERIES:
            blocks[READ_SERIES[name]] += block
        elif name in SCRAPE_ERROR_SERIES:
            if block != b"\n" + name + b" 0":
                raise UnfamiliarError
        elif not _of_one_family(name, block):
            raise UnfamiliarError
    return blocks


def _families(body: bytes) -> dict[bytes, bytes]:
    if len(body) > MAX_LINES and body.count(b"\n") > MAX_LINES:
        raise UnfamiliarError
    families: dict[bytes, bytes] = {}
    at = 0
    while at >= 0:
        type_line = body.find(b"\n", at)
        first = body.find(b"\n", type_line + 1)
        following = body.find(b"#", first)
        end = (following if following >= 0 else len(body)) - 1
        if not (
            body.startswith(b"# HELP ", at)
            and body.startswith(b"\n# TYPE ", type_line)
            and body.startswith(b"\n", end)
        ):
            raise UnfamiliarError
        name = body[at + len(b"# HELP ") : type_line].partition(b" ")[0]
        if name in families or len(families) == MAX_FAMILIES:
            raise UnfamiliarError
        families[name] = body[first:end]
        at = following
    return families


def _of_one_family(name: bytes, block: bytes) -> bool:
    """Whether each line begins with `name`: then none is bad, and none is of a family we read."""
    if block.count(b"\n%b{" % name) == block.count(b"\n"):
        return series_name(name + b"{") == name
    return all(series_name(line.rstrip(b" \t\r")) == name for line in block.split(b"\n")[1:])


def table(block: bytes) -> Table:
    """Return the words of `block`, whose values are sure not to be negative."""
    gaps = block.translate(None, _NO_GAPS)
    lines = gaps.count(b"\n")
    width = len(gaps) // lines if lines else 2
    if width not in (2, 3) or gaps != (b"\n" + b" " * (width - 1)) * lines:
        raise UnfamiliarError
    words = block.split()
    if len(words) != len(gaps):  # two gaps side by side
        raise UnfamiliarError
    values = words[1::width]
    text = b" ".join([b"", *values])
    # float() takes 1_0 for 10, and a negative fraction would be cut to 0.
    if b"_" in text or b" -" in text:
        raise UnfamiliarError
    return Table(words[::width], values, words[2::width] if width == 3 else [])


def milliseconds(stamps: list[bytes]) -> list[int]:
    """Return the words of a table's stamps as numbers."""
    if not stamps:
        return []
    if not b"".join(stamps).isdigit():  # int() takes 1_0 for 10
        raise UnfamiliarError
    numbers = list(map(int, stamps))
    if max(numbers) > MAX_STAMP:
        raise UnfamiliarError
    return numbers
