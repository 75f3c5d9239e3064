"""Where memories outlive the process: in ConfigMaps, in a file, or nowhere.

One ConfigMap holds those of a few thousand HPAs. More are spread over a power of two of them by a
hash of their keys, so an HPA moves only when that number doubles.
"""

import asyncio
import base64
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from tidegauge.autoscale.controller.remembering import Kept, UnreadableError, packed, unpacked
from tidegauge.autoscale.controller.writing import Writer
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, NotFound
from tidegauge.security.files import replace_file
from tidegauge.telemetry.logs import get_logger

SHARD_BYTES = 512 << 10
"""Of a ConfigMap, which may have 1 MiB."""

MOST_SHARDS = 64
"""A hundred thousand HPAs: whoever says more was not us."""

_COUNT, _MEMORIES = "shards", "memories"
"""The keys of a ConfigMap: how many there are, and what is remembered."""

_log = get_logger("memory")

Memories = Mapping[str, Kept]


class ForeignError(ClusterError):
    """A ConfigMap with a name of ours has keys that are none of ours, so it is left alone."""

    cause = "foreign"

    def __init__(self, named: str) -> None:
        super().__init__(
            f"ConfigMap {named} holds something else; it is left alone: remove it, or give "
            "another --leader-elect-resource-name"
        )


class Keeper(Protocol):
    """Raises ClusterError or OSError, naming the ConfigMap or the file."""

    async def load(self, now: float) -> dict[str, Kept]: ...

    async def save(self, memories: Memories, now: float) -> None: ...


class NoKeeper:
    """As upstream: a restart forgets."""

    async def load(self, _now: float) -> dict[str, Kept]:
        return {}

    async def save(self, memories: Memories, now: float) -> None:
        """Nothing is kept."""


class FileKeeper:
    """For one controller that is restarted on the same machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def load(self, now: float) -> dict[str, Kept]:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        return _readable(str(self._path), data, now)

    async def save(self, memories: Memories, now: float) -> None:
        await asyncio.to_thread(self._replace, memories, now)

    def _replace(self, memories: Memories, now: float) -> None:
        replace_file(self._path, packed(memories, now), 0o600)


class _ConfigMap(Struct, rename="camel"):
    metadata: dict[str, Any] = {}
    data: dict[str, str] = {}
    binary_data: dict[str, str] = {}


class ConfigMapKeeper:
    """ConfigMaps `NAME-memory-0` and so on, written by who leads."""

    def __init__(self, client: Client, writer: Writer, namespace: str, name: str) -> None:
        self._client = client
        self._writer = writer
        self._namespace = namespace
        self._name = name
        self._shards = 1
        self._metadata: dict[int, dict[str, Any] | None] = {}
        """As last seen, None for those that are not there; without those to be read again."""

    async def load(self, now: float) -> dict[str, Kept]:
        self._metadata.clear()
        first = await self._read(0)
        self._shards = _count(first)
        others = [await self._read(number) for number in range(1, self._shards)]
        found: dict[str, Kept] = {}
        for number, config_map in enumerate((first, *others)):
            if config_map is not None:
                found |= self._memories(number, config_map, now)
        return found

    async def save(self, memories: Memories, now: float) -> None:
        for number, data in enumerate(await asyncio.to_thread(self._packed, memories, now)):
            await self._write(number, data)

    def _packed(self, memories: Memories, now: float) -> list[bytes]:
        while True:
            shards = _spread(memories, self._shards)
            data = [packed(shard, now) for shard in shards]
            if max(map(len, data)) <= SHARD_BYTES or self._shards >= MOST_SHARDS:
                return data
            self._shards *= 2

    def _path(self, number: int) -> str:
        return f"{self._collection}/{self._named(number)}"

    @property
    def _collection(self) -> str:
        return f"/api/v1/namespaces/{self._namespace}/configmaps"

    def _named(self, number: int) -> str:
        return f"{self._name}-memory-{number}"

    async def _read(self, number: int) -> _ConfigMap | None:
        try:
            config_map = await self._client.get(self._path(number), type=_ConfigMap)
        except NotFound:
            self._metadata[number] = None
            return None
        if config_map.data.keys() - {_COUNT} or config_map.binary_data.keys() - {_MEMORIES}:
            raise ForeignError(f"{self._namespace}/{self._named(number)}")
        self._metadata[number] = config_map.metadata
        return config_map

    def _memories(self, number: int, config_map: _ConfigMap, now: float) -> dict[str, Kept]:
        try:
            data = base64.b64decode(config_map.binary_data.get(_MEMORIES, ""))
        except ValueError:
            data = b""
        return _readable(f"ConfigMap {self._namespace}/{self._named(number)}", data, now)

    async def _write(self, number: int, data: bytes) -> None:
        if number not in self._metadata:
            await self._read(number)
        # Until it is written we do not know: the answer may be lost, or be that of a conflict.
        metadata = self._metadata.pop(number)
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata or {"namespace": self._namespace, "name": self._named(number)},
            "data": {_COUNT: str(self._shards)},
            "binaryData": {_MEMORIES: base64.b64encode(data).decode()},
        }
        method, path = ("PUT", self._path(number)) if metadata else ("POST", self._collection)
        written = await self._writer.write(method, path, body, type=_ConfigMap)
        self._metadata[number] = written.metadata


def _readable(where: str, data: bytes, now: float) -> dict[str, Kept]:
    try:
        memories, impossible = unpacked(data, now)
    except UnreadableError as error:
        _log.warning("what was remembered is not used", where=where, problem=str(error))
        return {}
    if impossible:
        problem = f"{impossible} entries are of the future, or of a size that no workload has"
        _log.warning("some of what was remembered is not used", where=where, problem=problem)
    return memories


def _count(config_map: _ConfigMap | None) -> int:
    said = config_map.data.get(_COUNT, "") if config_map else ""
    number = int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else 1
    return number if number.bit_count() == 1 and number <= MOST_SHARDS else 1


def _spread(memories: Memories, shards: int) -> list[dict[str, Kept]]:
    spread: list[dict[str, Kept]] = [{} for _ in range(shards)]
    for key, kept in memories.items():
        spread[zlib.crc32(key.encode()) % shards][key] = kept
    return spread


KEEPING_ERRORS = (ClusterError, OSError)
