"""Compares two servers' answers to the scenario, field by field.

What differs by its nature (uids, versions, times, names made up) is told apart only by whether it
is there. `LEFT_OUT` lists what the sandbox does not do, each with its reason.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import yaml

from tests.realcluster.client import Answer
from tests.sandbox.scenario import Step

_VOLATILE = re.compile(
    r"[./](uid|resourceVersion|creationTimestamp|deletionTimestamp|lastTransitionTime|continue"
    r"|clusterIP|clusterIPs\[0\]|credential-id\[0\]|serverAddress|nodePort)$"
)
"""Fields that must be there on both sides, and can't be equal."""

_CHANCE = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # uids
    r"|(?<=current: )\d+"  # versions
    r"|10\.96\.\d+\.\d+"  # addresses of Services
    r"|^\d+s$"  # ages
)
"""Parts of texts that chance decides."""


class LeftOut(NamedTuple):
    """A difference that we know of: where (step, and path in the answer), and why."""

    step: str
    path: str
    reason: str


LEFT_OUT: Sequence[LeftOut] = (
    LeftOut("", r"columnDefinitions\[\d+\]\.description", "their prose is not ours to copy"),
    LeftOut("", r"\.storageVersionHash", "it tells of how etcd is written, which is not there"),
    LeftOut("node: ", r"\.spec\.taints", "no controller here would take the taint away again"),
    LeftOut("refused: bad strategy", "", "Go prints a struct of its own there; ours is clearer"),
    LeftOut("refused: wrong type", r"\.message", "it names Go's types"),
    LeftOut("refused: not JSON", r"\.message", "each parser has its own words"),
    LeftOut("page: bad token", r"\.message", "each parser has its own words"),
    LeftOut("pod: fixed field", "message", "it ends with a comparison of Go's structs"),
    LeftOut("watch: bad version", "status|code|reason", "a client's mistake is no 500 with us"),
    LeftOut("media type of the answer|another version", r"\.message", "we offer no protobuf"),
    LeftOut("streamed tables", r"rows\[0\]\.cells", "a bookmark has nothing to show in cells"),
    LeftOut("more: update of another", r"\.message", "it tells of etcd's own error"),
)


class Difference(NamedTuple):
    step: str
    path: str
    real: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.step}: {self.path}: real {self.real!r}, ours {self.ours!r}"


def known(difference: Difference) -> LeftOut | None:
    """The entry of LEFT_OUT that covers a difference."""
    for entry in LEFT_OUT:
        if re.search(entry.step, difference.step) and re.search(entry.path, difference.path):
            return entry
    return None


def compare(real: Sequence[Step], ours: Sequence[Step]) -> Iterator[Difference]:
    for theirs, mine in zip(real, ours, strict=True):
        assert theirs.name == mine.name
        for path, left, right in _answers(theirs.answer, mine.answer):
            yield Difference(theirs.name, path, left, right)


def _answers(real: Answer, ours: Answer) -> Iterator[tuple[str, Any, Any]]:
    if real.status != ours.status:
        yield "status", real.status, ours.status
    types = [each.headers.get("content-type") for each in (real, ours)]
    if types[0] != types[1]:
        yield "content-type", types[0], types[1]
    warnings = [each.headers.get("warning") for each in (real, ours)]
    if warnings[0] != warnings[1]:
        yield "warning", warnings[0], warnings[1]
    yield from values("", body_of(real), body_of(ours))


def body_of(answer: Answer) -> Any:
    """The body as a value; a watch's as a list of its events."""
    text = answer.body.decode()
    media = answer.headers.get("content-type", "")
    if "yaml" in media:
        return yaml.safe_load(text)
    if "json" not in media:
        return text.strip()
    if text.startswith('{"type":'):  # a watch
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text or "null")


def values(path: str, real: Any, ours: Any) -> Iterator[tuple[str, Any, Any]]:
    """Where two values differ."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted(real.keys() | ours.keys()):
            if key == "managedFields":
                continue
            yield from values(f"{path}.{key}", real.get(key), ours.get(key))
    elif isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        for number, (left, right) in enumerate(zip(real, ours, strict=True)):
            yield from values(f"{path}[{number}]", left, right)
    elif _VOLATILE.search(path):
        if bool(real) != bool(ours):
            yield path, real, ours
    elif _settled(real) != _settled(ours):
        yield path, real, ours


def _settled(value: Any) -> Any:
    return _CHANCE.sub("~", value) if isinstance(value, str) else value
