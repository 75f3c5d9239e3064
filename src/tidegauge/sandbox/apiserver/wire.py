"""Objects in protobuf, as typed clients send them, read into the JSON they stand for.

The numbers of fields stand in `wire.txt` (made by tests/realcluster/wirefile.py):

    core.v1.Volume
      1 name string
      2 + core.v1.VolumeSource

where `+` is a message whose fields count as those of the outer one. Answers need none of it: all
clients read JSON too.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tidegauge.cluster.protobuf import MAGIC, VARINT, fields, texts, unwrap
from tidegauge.sandbox.apiserver.schema import LIST, MAP

FILE = Path(__file__).with_name("wire.txt")

_INLINE = "+"

_MEANT = frozenset(
    {
        "automountServiceAccountToken",
        "controller",
        "blockOwnerDeletion",
        "enableServiceLinks",
        "gracePeriodSeconds",
        "minReplicas",
        "partition",
        "replicas",
        "revisionHistoryLimit",
        "stabilizationWindowSeconds",
        "terminationGracePeriodSeconds",
        "tolerationSeconds",
    }
)
"""Fields where nought or false differs from nothing. Go writes a nought for every other number
that is not set, and its JSON leaves that out."""


class Numbered(NamedTuple):
    name: str
    type: str


@cache
def messages() -> Mapping[str, Mapping[int, Numbered]]:
    """Fields by their numbers, for each message."""
    found: dict[str, dict[int, Numbered]] = {}
    current: dict[int, Numbered] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            number, name, kind = line.split()
            current[int(number)] = Numbered(name, kind)
        else:
            current = found[line] = {}
    return found


def read(body: bytes) -> dict[str, Any]:
    """The object in an envelope. Raises ValueError, IndexError when it is damaged or unknown."""
    version = kind = ""
    for number, start, end in fields(body, len(MAGIC), len(body)):
        if number == 1:
            names = texts(body, start, end)
            version, kind = names.get(1, ""), names.get(2, "")
    group, slash, short = version.rpartition("/")
    home = f"{group.partition('.')[0]}.{short}" if slash else f"core.{version}"
    name = "meta.v1.DeleteOptions" if kind == "DeleteOptions" else f"{home}.{kind}"
    if name not in messages():
        raise ValueError(f"no kind {kind} in version {version}")
    return {"kind": kind, "apiVersion": version} | _object(body, *unwrap(body, 0, len(body)), name)


def _object(data: bytes, start: int, end: int, name: str) -> dict[str, Any]:
    known = messages()[name]
    found: dict[str, Any] = {}
    for number, begin, stop in fields(data, start, end):
        field = known.get(number)
        if field is None:
            continue
        if field.name == _INLINE:
            found |= _object(data, begin, stop, field.type)
        elif field.type.startswith(LIST):
            item = _value(data, begin, stop, field.type.removeprefix(LIST))
            found.setdefault(field.name, []).append(item)
        elif field.type.startswith(MAP):
            key, value = _entry(data, begin, stop, field.type.removeprefix(MAP))
            found.setdefault(field.name, {})[key] = value
        else:
            value = _value(data, begin, stop, field.type)
            if value not in ("", None, {}) and (value or field.name in _MEANT):
                found[field.name] = value
    return found


def _entry(data: bytes, start: int, end: int, kind: str) -> tuple[str, Any]:
    key, value = "", None
    for number, begin, stop in fields(data, start, end):
        if number == 1:
            key = data[begin:stop].decode()
        else:
            value = _value(data, begin, stop, kind)
    return key, "" if value is None and kind == "string" else value


def _value(data: bytes, start: int, end: int, kind: str) -> Any:
    """A value of one type; `end` tells numbers from spans of bytes."""
    if kind == "bool":
        return bool(start)
    if end == VARINT:
        return start - (1 << 64) if start >> 63 else start
    if special := _SPECIAL.get(kind):
        return special(data[start:end])
    return _object(data, start, end, kind)


def _time(message: bytes) -> str | None:
    """RFC 3339, in whole seconds or, where there is a fraction, in microseconds."""
    seconds, nanos = (_numbers(message).get(number, 0) for number in (1, 2))
    if not message or seconds == _YEAR_ONE:
        return None
    at = dt.datetime.fromtimestamp(seconds, dt.UTC).replace(microsecond=nanos // 1000)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if nanos else "%Y-%m-%dT%H:%M:%SZ")


_YEAR_ONE = -62_135_596_800
"""Go's time that is no time, in seconds since the epoch."""


def _int_or_string(message: bytes) -> int | str:
    numbers = _numbers(message)
    return texts(message, 0, len(message)).get(3, "") if numbers.get(1) else numbers.get(2, 0)


def _numbers(message: bytes) -> dict[int, int]:
    return {
        number: start - (1 << 64) if start >> 63 else start
        for number, start, end in fields(message, 0, len(message))
        if end == VARINT
    }


def _quantity(message: bytes) -> str:
    return texts(message, 0, len(message)).get(1, "0")


def _list_in_message(message: bytes) -> list[str]:
    return [message[start:end].decode() for _, start, end in fields(message, 0, len(message))]


def _raw(message: bytes) -> Any:
    raw = b"".join(message[start:end] for _, start, end in fields(message, 0, len(message)))
    return msgspec.json.decode(raw) if raw else None


def _base64(value: bytes) -> str:
    return msgspec.json.encode(value)[1:-1].decode()


_SPECIAL: Mapping[str, Callable[[bytes], Any]] = {
    "authentication.v1.ExtraValue": _list_in_message,
    "authorization.v1.ExtraValue": _list_in_message,
    "bytes": _base64,
    "intstr.IntOrString": _int_or_string,
    "meta.v1.FieldsV1": _raw,
    "meta.v1.MicroTime": _time,
    "meta.v1.Time": _time,
    "resource.Quantity": _quantity,
    "string": bytes.decode,
}
