"""Memories as bytes and back: what one leader leaves to the next. No I/O.

    {"format": 1, "written": 1795435200.5, "memories": {"shop/cart": {"uid": "…",
     "recommendations": [[at, replicas], …], "ups": [[at, change], …], "downs": […]}}}

Times are seconds since the epoch. What is read was written by somebody else, perhaps long ago:
whatever cannot be true is left out, for a memory that is wrong is worse than none.
"""

import zlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.engine.memory import Memory, Recommendation, ScaleEvent

FORMAT = 1

LONGEST = 3600.0
"""Seconds; no window or period may be longer (API validation), so nothing older counts."""

AHEAD = 5.0
"""Seconds by which the writer's clock may have been ahead of ours."""

MOST_ENTRIES = 4000
"""Of one list: an hour of reconciles every second, and some."""

MOST_BYTES = 64 << 20
"""Unpacked; a thousand times what a thousand HPAs need."""

_MOST_REPLICAS = 2**31 - 1


class Kept(NamedTuple):
    """A memory, and the HPA it belongs to: one made anew under the same name is another."""

    uid: str
    memory: Memory


class Unpacked(NamedTuple):
    """Memories by the HPA's key, and how many entries of them were left out as impossible."""

    memories: dict[str, Kept]
    impossible: int


_Entry = tuple[float, int]


class _Remembered(Struct, frozen=True, omit_defaults=True):
    uid: str
    recommendations: list[_Entry] | None = None
    ups: list[_Entry] = []
    downs: list[_Entry] = []


class _Document(Struct, frozen=True):
    format: int
    written: float
    memories: dict[str, _Remembered]


class UnreadableError(Exception):
    """What is stored is no memories of ours."""


def packed(memories: Mapping[str, Kept], now: float) -> bytes:
    """By the HPA's key, compressed."""
    remembered = {key: _remembered(kept, now) for key, kept in memories.items()}
    return zlib.compress(msgspec.json.encode(_Document(FORMAT, now, remembered)))


def unpacked(data: bytes, now: float) -> Unpacked:
    """What of it still counts. Raises UnreadableError."""
    unzip = zlib.decompressobj()
    try:
        text = unzip.decompress(data, MOST_BYTES)
        document = msgspec.json.decode(text, type=_Document)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise UnreadableError(str(error)) from error
    if document.format != FORMAT:
        raise UnreadableError(f"format {document.format} is not {FORMAT}, the one we know")
    if not now - LONGEST < document.written <= now + AHEAD:
        raise UnreadableError(f"it was written {now - document.written:.0f} s ago")
    memories = document.memories
    entries = (
        entry
        for one in memories.values()
        for entry in (*(one.recommendations or ()), *one.ups, *one.downs)
    )
    impossible = sum(not _is_possible(entry, now) for entry in entries)
    return Unpacked({key: _kept(one, now) for key, one in memories.items()}, impossible)


def moved(kept: Kept, seconds: float) -> Kept:
    """All of it later by so much, or earlier."""
    memory, recommendations = kept.memory, kept.memory.recommendations
    return Kept(
        kept.uid,
        Memory(
            None
            if recommendations is None
            else tuple(replace(one, at=one.at + seconds) for one in recommendations),
            tuple(replace(one, at=one.at + seconds) for one in memory.ups),
            tuple(replace(one, at=one.at + seconds) for one in memory.downs),
        ),
    )


def _remembered(kept: Kept, now: float) -> _Remembered:
    """Without what nobody will look at again; slots keep their order."""
    memory = kept.memory
    recommendations = memory.recommendations
    return _Remembered(
        kept.uid,
        None
        if recommendations is None
        else [(one.at, one.replicas) for one in recommendations if one.at > now - LONGEST],
        [(one.at, one.change) for one in memory.ups if not one.outdated],
        [(one.at, one.change) for one in memory.downs if not one.outdated],
    )


def _kept(one: _Remembered, now: float) -> Kept:
    recommendations = one.recommendations
    return Kept(
        one.uid,
        Memory(
            None
            if recommendations is None
            else tuple(Recommendation(*entry) for entry in _possible(recommendations, now)) or None,
            tuple(ScaleEvent(*entry) for entry in _possible(one.ups, now)),
            tuple(ScaleEvent(*entry) for entry in _possible(one.downs, now)),
        ),
    )


def _possible(entries: list[_Entry], now: float) -> list[_Entry]:
    """Those that still count."""
    recent = (entry for entry in entries[-MOST_ENTRIES:] if entry[0] > now - LONGEST)
    return [entry for entry in recent if _is_possible(entry, now)]


def _is_possible(entry: _Entry, now: float) -> bool:
    """Not of the future, and of a size that a workload can have."""
    at, size = entry
    return at <= now + AHEAD and 0 <= size <= _MOST_REPLICAS
