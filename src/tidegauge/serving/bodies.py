"""Bodies: whole where they are small, slice by slice and compressed where they are not."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

COMPRESS_ABOVE = 128 * 1024
"""Bytes; the Go server's limit, below which compressing costs more than it saves."""

_WRITTEN, _SKIMMED, _PATIENCE = 8, 1, 32
"""A slice with content costs about a millisecond, one without an eighth of it. A list that shows no
end within the time of four full slices is taken for a large one."""

_GZIP = 16 + zlib.MAX_WBITS

_FAST = 1
"""Level 1 is 2.5 times as fast as the default and gains nearly as much on such repetitive text."""


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the bare token is there; with a quality it does not count, as in Kubernetes."""
    return "gzip" in [token.strip() for token in accept_encoding.split(",")]


Slice: TypeAlias = Sequence[bytes]
"""Pieces to be written together. They may be kept elsewhere too: then they are not copied here."""


class Stream(NamedTuple):
    """A body on its way: its slices, and what makes of all of them what is written."""

    slices: Iterator[Slice]
    finish: Callable[[Iterator[Slice]], Iterator[bytes]]


def settle(stream: Stream, *, compress: bool) -> tuple[bytes | Iterator[bytes], bool]:
    """The body, and whether it is compressed: only if asked for, and if it is large.

    Whether it is must be known before the first byte leaves, for it stands in a header.
    """
    seen: list[Slice] = []
    size = effort = 0
    for pieces in stream.slices:
        seen.append(pieces)
        size += sum(map(len, pieces))
        effort += _WRITTEN if pieces else _SKIMMED
        if size > COMPRESS_ABOVE or effort > _PATIENCE:
            break
    else:
        return b"".join(stream.finish(iter(seen))), False
    everything = stream.finish(chain(seen, stream.slices))
    return (_gzipped(everything), True) if compress else (everything, False)


def _gzipped(slices: Iterable[bytes]) -> Iterator[bytes]:
    stream = zlib.compressobj(_FAST, zlib.DEFLATED, _GZIP)
    for piece in slices:
        yield stream.compress(piece)
    yield stream.flush()


def gzip(body: bytes) -> bytes:
    return b"".join(_gzipped([body]))
