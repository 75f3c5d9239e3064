"""Where our reading of a body may differ from the Go metrics-server 0.9.0, by the body alone.

A rule holds for one object, by its key, or for all of the body, by the key ALL: upstream's lexer
refuses a body for one line, or takes names from wrong places.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator

from tests.reference_body import CONTAINER, NODE, OF_NODE, Body, Series, parse

STAMPS_APART = "1 CPU and memory have stamps of their own"
ZERO_STAMP = "1 a stamp of zero"
START = "3 a start that is not above zero"
ZERO = "4 zero or missing CPU or memory"
FIGURE = "5 a figure or stamp out of range"
COMMENT = "5 an odd comment"
LINE = "5 a line that the Go server's lexer may refuse or skip"
LABELS = "5 labels other than container, namespace and pod"
CUT = "6 cut off"

ALL = ("all",)

PLAIN_COMMENT = re.compile(
    r"(?!#[ \t]+(?:HELP|TYPE)\b)#.*"
    r"|# HELP [a-zA-Z_:][a-zA-Z0-9_:]* .*"
    r"|# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (?:counter|gauge|histogram|summary|untyped)"
)
PLAIN_SAMPLE = re.compile(
    r"""
    (?P<name> [a-zA-Z_:][a-zA-Z0-9_:]* )
    (?: \{ (?P<labels> (?:LABEL (?:,LABEL)* )? ) \} )?
    [ \t]+ (?P<value> [+-]? (?: [0-9]+ (?:\.[0-9]*)? | \.[0-9]+ ) (?:[eE][+-]?[0-9]+)?
        | [+-]?inf(?:inity)? | nan )
    (?: [ \t]+ [0-9]{1,18} [ \t]* )?
    """.replace("LABEL", r'[a-zA-Z_][a-zA-Z0-9_]*="[^"\\]*"'),
    re.VERBOSE | re.IGNORECASE,
)
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]*)"')
NEEDED = ("container", "namespace", "pod")

Key = tuple[str, ...]


def departures(text: bytes, body: Body) -> dict[Key, set[str]]:
    """The rules by the object they hold for: a pod by namespace and name, the node by ("",)."""
    found: dict[Key, set[str]] = defaultdict(set)
    *lines, rest = text.split(b"\n")
    for line in [*lines, rest] if rest else lines:
        for rule in of_line(line):
            found[ALL].add(rule)
    cut = parse(rest + b"\n", 0)
    for series in {*cut.figures, *cut.ignored}:
        found[key_of(series)].add(CUT)
    for _, bad in body.bad:
        if bad:
            found[key_of(bad)].add(FIGURE)
        elif not found[ALL]:
            found[ALL].add(LINE)
    for series in {*body.figures, *body.ignored}:
        for rule in _of_series(series, body):
            found[key_of(series)].add(rule)
    return found


def key_of(series: Series) -> Key:
    return ("",) if series == NODE else series[:2]


def of_line(raw: bytes) -> Iterator[str]:
    """The rules for which one line may set all of a body apart."""
    try:
        line = raw.decode()
    except UnicodeDecodeError:
        yield LINE
        return
    if not line.strip(" \t") or PLAIN_COMMENT.fullmatch(line):
        return
    sample = PLAIN_SAMPLE.fullmatch(line)
    if not sample or _overflows(sample["value"]):
        yield COMMENT if line.startswith("#") else LINE
    elif sample["name"] in CONTAINER:
        names = [name for name, value in LABEL.findall(sample["labels"] or "") if value]
        if not all(names.count(name) == 1 for name in NEEDED) or _misleading(names):
            yield LABELS
    elif sample["name"] in OF_NODE and sample["labels"]:
        names = [name for name, _ in LABEL.findall(sample["labels"])]
        if len(set(names)) < len(names):
            yield LABELS


def _overflows(value: str) -> bool:
    """A number that has no double, so that Go refuses it; the word for infinity has one."""
    return math.isinf(float(value)) and "i" not in value.lower()


def _misleading(names: list[str]) -> bool:
    """Upstream finds `pod="` in `my_pod="`."""
    return any(name.endswith(NEEDED) and name not in NEEDED for name in names)


def _of_series(series: Series, body: Body) -> Iterator[str]:
    cpu, memory = body.cpu(series), body.memory(series)
    if "start" in body.figures.get(series, {}) and not body.start(series):
        yield START
    if not (cpu and memory and cpu.value and memory.value):
        yield ZERO
    if cpu and memory and cpu.stamp != memory.stamp:
        yield STAMPS_APART
    if 0 in (cpu and cpu.stamp, memory and memory.stamp):
        yield ZERO_STAMP
