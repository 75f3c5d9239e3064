"""A slow parser of `/metrics/resource` bodies, line by line: what the fast one is judged by.

It shares no code with the product. A line is blank, a comment, or begins with the name of a family;
anything else is a bad line. Lines of families that are not read are not looked at any further. The
others must be samples of the Prometheus text format to the letter, their figures decimal, finite
and within 64 bits, or they are bad lines too.
"""

import re
from dataclasses import dataclass, field
from typing import TypeAlias

NODE = ("", "", "")
"""The node itself among the series; a container is (namespace, pod, container)."""

Series: TypeAlias = tuple[str, str, str]

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?=[ \t{])")
SAMPLE = re.compile(
    r"""
    [a-zA-Z_:][a-zA-Z0-9_:]* [ \t]*
    (?: \{ (?P<labels> .* ) \} | (?<=[ \t]) ) [ \t]*
    (?P<value> [^ \t{}]+ )
    (?: [ \t]+ (?P<stamp> [^ \t{}]+ ) )?
    """,
    re.VERBOSE | re.DOTALL,
)
LABEL = re.compile(
    r"""
    [ \t]* (?P<name> [a-zA-Z_][a-zA-Z0-9_]*) [ \t]* = [ \t]*
    "(?P<value> (?:[^"\\]|\\.)*)" [ \t]* (?: , | \Z)
    """,
    re.VERBOSE | re.DOTALL,
)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
STAMP = re.compile(r"[0-9]+")
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

CONTAINER = {
    "container_cpu_usage_seconds_total": "cpu",
    "container_memory_working_set_bytes": "memory",
    "container_swap_usage_bytes": "swap",
    "container_start_time_seconds": "start",
}
OF_NODE = {
    "node_cpu_usage_seconds_total": "cpu",
    "node_memory_working_set_bytes": "memory",
    "node_swap_usage_bytes": "swap",
}
SCRAPE_ERRORS = ("resource_scrape_error", "scrape_error")
"""The shorter name is that of kubelets before 1.29."""

SCALE = {"cpu": 1e9, "start": 1e9, "memory": 1.0, "swap": 1.0}
LARGEST = {"cpu": 2**64 - 1, "memory": 2**64 - 1, "start": 2**63 - 1, "swap": 2**63 - 1}
LATEST_STAMP = (2**63 - 1) // 10**6
"""Milliseconds that still fit into 64 bits as nanoseconds."""
LONGEST_NAME = 253
"""Characters: no object of the API has a longer name."""


class BadLineError(ValueError):
    """The line is not what it should be."""


@dataclass(frozen=True)
class Reading:
    value: int
    stamp: int
    """Milliseconds since the epoch."""


@dataclass
class Body:
    """What an answer says. All figures are of the last line that gives them."""

    figures: dict[Series, dict[str, Reading]] = field(default_factory=dict)
    """By series and kind; only series with a CPU or a memory line are here."""
    ignored: set[Series] = field(default_factory=set)
    """Series with a start or swap line only."""
    bad: list[tuple[str, Series | None]] = field(default_factory=list)
    """Each bad line with the series it would have been of, where that much can be read."""
    scrape_error: bool = False
    cut: bool = False

    @property
    def whole(self) -> bool:
        return bool(self.figures) and not (self.bad or self.scrape_error or self.cut)

    def cpu(self, series: Series) -> Reading | None:
        return self.figures.get(series, {}).get("cpu")

    def memory(self, series: Series) -> Reading | None:
        return self.figures.get(series, {}).get("memory")

    def swap(self, series: Series) -> int | None:
        reading = self.figures.get(series, {}).get("swap")
        return reading.value if reading else None

    def start(self, series: Series) -> int:
        """Nanoseconds since the epoch as the line has it, 0 without a line."""
        reading = self.figures.get(series, {}).get("start")
        return reading.value if reading else 0


def parse(text: bytes, request_ms: int) -> Body:
    *lines, rest = text.split(b"\n")
    body = Body(cut=rest != b"")
    for raw in lines:
        line = raw.removesuffix(b"\r").strip(b" \t")
        if line and not line.startswith(b"#"):
            _take(line.decode("latin-1"), request_ms, body)
    body.ignored = {s for s, kinds in body.figures.items() if not kinds.keys() & {"cpu", "memory"}}
    for series in body.ignored:
        del body.figures[series]
    return body


def _take(line: str, request_ms: int, body: Body) -> None:
    """One line, in latin-1 so that each character is a byte of it."""
    series = None
    try:
        name = _matched(NAME.match(line))
        if name[0] in SCRAPE_ERRORS:
            sample = _matched(SAMPLE.fullmatch(line))
            _stamp(sample["stamp"], request_ms)
            body.scrape_error |= _number(sample["value"]) != 0
        elif name[0] in CONTAINER or name[0] in OF_NODE:
            sample = _matched(SAMPLE.fullmatch(line))
            series = _series(name[0], labels((sample["labels"] or "").encode("latin-1").decode()))
            kind = CONTAINER.get(name[0]) or OF_NODE[name[0]]
            stamp = _stamp(sample["stamp"], request_ms)
            body.figures.setdefault(series, {})[kind] = Reading(
                _figure(kind, sample["value"]), stamp
            )
    except ValueError:
        body.bad.append((line, series))


def _matched(match: re.Match[str] | None) -> re.Match[str]:
    if not match:
        raise BadLineError
    return match


def _series(name: str, found: dict[str, str]) -> Series:
    if name in OF_NODE:
        return NODE
    namespace, pod, container = (
        found.get(label, "") for label in ("namespace", "pod", "container")
    )
    if not all(1 <= len(part) <= LONGEST_NAME for part in (namespace, pod, container)):
        raise BadLineError
    return namespace, pod, container


def labels(block: str) -> dict[str, str]:
    """The labels of a block without its braces; a comma may stand behind the last one."""
    found: dict[str, str] = {}
    position = 0
    while block[position:].strip(" \t"):
        label = LABEL.match(block, position)
        if not label or label["name"] in found:
            raise BadLineError
        found[label["name"]] = _unescape(label["value"])
        position = label.end()
    return found


def _unescape(text: str) -> str:
    def plain(escape: re.Match[str]) -> str:
        if escape[0] not in ESCAPES:
            raise BadLineError
        return ESCAPES[escape[0]]

    return re.sub(r"\\.", plain, text, flags=re.DOTALL)


def _number(text: str) -> float:
    """A finite double."""
    if not NUMBER.fullmatch(text) or abs(float(text)) == float("inf"):
        raise BadLineError
    return float(text)


def _figure(kind: str, text: str) -> int:
    """The figure in whole units; a start that is not above zero says nothing, and is 0."""
    value = _number(text)
    if kind == "start" and value < 0:
        return 0
    scaled = value * SCALE[kind]
    if value < 0 or scaled > LARGEST[kind]:
        raise BadLineError
    return int(scaled)


def _stamp(text: str | None, request_ms: int) -> int:
    if text is None:
        return request_ms
    if not STAMP.fullmatch(text) or not 0 <= int(text) <= LATEST_STAMP:
        raise BadLineError
    return int(text)
