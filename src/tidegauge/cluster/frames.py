"""Cuts the chunks of a watch into whole frames: lines of JSON, or length-prefixed protobuf.

aiohttp's own line reader fails at 128 kB; an object may have etcd's limit of 1.5 MiB, and twice
that as JSON.
"""

MAX_FRAME = 16 << 20
"""Bytes; several times what the API server can store in one object."""

PREFIX = 4
"""Bytes of a protobuf frame's length, big-endian (k8s.io/apimachinery, framer)."""


class LineSplitter:
    """Lines without their newline; empty ones are left out."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._held, lines[0]))
            self._held, self._size = [], 0
        self._held.append(rest)
        self._size += len(rest)
        _check(self._size)
        return [line for line in lines if line]


class LengthSplitter:
    """Frames without their length."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        self._held += chunk
        frames: list[bytes] = []
        start = PREFIX
        with memoryview(self._held) as held:
            while start <= len(held):
                end = start + int.from_bytes(held[start - PREFIX : start], "big")
                _check(end - start)
                if end > len(held):
                    break
                frames.append(bytes(held[start:end]))
                start = end + PREFIX
        del self._held[: start - PREFIX]
        return frames


def _check(size: int) -> None:
    if size > MAX_FRAME:
        raise ValueError(f"a frame of over {MAX_FRAME} bytes")
