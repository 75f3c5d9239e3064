"""The way to a running demo: a Unix socket in its folder, one line there, lines back."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

PREFIX = "tidegauge-demo-"
SOCKET = "control.sock"

SECONDS = 15.0
"""For an answer; ending a fault waits at most a second or two for connections."""

Hear = Callable[[str], Awaitable[str]]


@asynccontextmanager
async def listening(folder: Path, hear: Hear) -> AsyncIterator[None]:
    """Answer each line that comes with what `hear` says to it."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            writer.write((await hear(line.decode().strip())).encode())
            await writer.drain()
        except (OSError, UnicodeDecodeError, ValueError):
            pass  # whoever asked went away, or asked no line
        finally:
            writer.close()

    server = await asyncio.start_unix_server(connected, folder / SOCKET)
    try:
        yield
    finally:
        server.close()
        (folder / SOCKET).unlink(missing_ok=True)


def demos(kubeconfig: str) -> list[Path]:
    """Folders of demos that seem to run: first that of this kubeconfig, then the newest."""
    sockets = Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{SOCKET}")
    newest = sorted(sockets, key=lambda path: path.stat().st_mtime, reverse=True)
    meant = Path(kubeconfig).parent
    return sorted((path.parent for path in newest), key=lambda folder: folder != meant)


async def ask(folder: Path, line: str) -> str:
    """What the demo of that folder answers. Raises OSError when none runs there."""
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_unix_connection(folder / SOCKET)
        try:
            writer.write(f"{line}\n".encode())
            return (await reader.read()).decode()
        finally:
            writer.close()
