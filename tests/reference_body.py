"""A slow parser of `/metrics/resource` bodies, line by line: what the fast one is judged by.

It shares no code with the product. The grammar is the Prometheus text format, stated once as the
pattern `SAMPLE`. Any line that is neither blank, a comment nor a sample is a bad line; and so is a
line of a family we read whose figures or labels make no sense.
"""

import re
from dataclasses import dataclass, field
from typing import TypeAlias

NODE = ("", "", "")
"""The node itself among the series; a container is (namespace, pod, container)."""

Series: TypeAlias = tuple[str, str, str]

SAMPLE = re.compile(
    r"""
    (?P<name> [a-zA-Z_:][a-zA-Z0-9_:]*) [ \t]*
    (?: \{ (?P<labels> (?: [^"{}] | "(?:[^"\\]|\\.)*" )*) \} )? [ \t]*
    (?<! [a-zA-Z0-9_:] )  # something must part the name from the value
    (?P<value> [^ \t{}]+)
    (?: [ \t]+ (?P<stamp> [^ \t]+) )?
    """,
    re.VERBOSE | re.DOTALL,
)
LABEL = re.compile(
    r'[ \t]*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"(?P<value>(?:[^"\\]|\\.)*)"[ \t]*(?:,|\Z)',
    re.DOTALL,
)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
STAMP = re.compile(r"[+-]?[0-9]+")
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
SCRAPE_ERROR = "resource_scrape_error"

SCALE = {"cpu": 1e9, "start": 1e9, "memory": 1.0, "swap": 1.0}
LARGEST = {"cpu": 2**64 - 1, "memory": 2**64 - 1, "start": 2**63 - 1, "swap": 2**63 - 1}
LATEST_STAMP = (2**63 - 1) // 10**6
"""Milliseconds that still fit into 64 bits as nanoseconds."""


class BadLineError(Exception):
    """This line is not what it should be."""


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
        _take(raw.removesuffix(b"\r").strip(b" \t"), request_ms, body)
    body.figures = {
        s: kinds for s, kinds in body.figures.items() if kinds.keys() & {"cpu", "memory"}
    }
    return body


def _take(line: bytes, request_ms: int, body: Body) -> None:
    if not line or line.startswith(b"#"):
        return
    series = None
    try:
        sample = _sample(line)
        name = sample["name"]
        if name == SCRAPE_ERROR:
            body.scrape_error = number(sample["value"]) != 0
        elif name in CONTAINER or name in OF_NODE:
            series = _series(name, labels(sample["labels"] or ""))
            kind = CONTAINER.get(name) or OF_NODE[name]
            stamp = _stamp(sample["stamp"], request_ms)
            body.figures.setdefault(series, {})[kind] = Reading(
                figure(kind, sample["value"]), stamp
            )
    except (BadLineError, UnicodeDecodeError):
        body.bad.append((line.decode(errors="replace"), series))


def _sample(line: bytes) -> re.Match[str]:
    sample = SAMPLE.fullmatch(line.decode())
    if not sample:
        raise BadLineError
    return sample


def _series(name: str, found: dict[str, str]) -> Series:
    if name in OF_NODE:
        return NODE
    namespace, pod, container = (
        found.get(label, "") for label in ("namespace", "pod", "container")
    )
    if not (namespace and pod and container):
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


def number(text: str) -> float:
    """A finite double that is not negative; -0 is zero."""
    if not NUMBER.fullmatch(text):
        raise BadLineError
    value = float(text)
    if value < 0 or value == float("inf"):
        raise BadLineError
    return value


def figure(kind: str, text: str) -> int:
    scaled = number(text) * SCALE[kind]
    if scaled == float("inf") or int(scaled) > LARGEST[kind]:
        raise BadLineError
    return int(scaled)


def _stamp(text: str | None, request_ms: int) -> int:
    if text is None:
        return request_ms
    if not STAMP.fullmatch(text) or not 0 <= int(text) <= LATEST_STAMP:
        raise BadLineError
    return int(text)
