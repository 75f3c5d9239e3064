"""What every command that serves needs: a socket, a report of files, and a word to stop."""

import asyncio
import signal
import socket
from typing import Any

from tidegauge.security.files import Report
from tidegauge.serving.server import open_socket
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class ListenError(Exception):
    """An address can't be listened on; names the flags and the remedy."""


async def told_to_stop(stop: asyncio.Event) -> None:
    """Wait until SIGTERM or SIGINT comes, or `stop` is set. A second one ends us at once."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    for number in _SIGNALS:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)


def log_loop_errors(clock: Clock) -> None:
    """Log what goes wrong between tasks as any other failure: on change, in our own format.

    asyncio tells of each refused accept a thousand times a second when open files run out.
    """
    changes = OnChange(get_logger("loop"), "event loop", clock)

    def handle(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        changes.failed(context["message"], repr(context.get("exception")))

    asyncio.get_running_loop().set_exception_handler(handle)


def bound(flags: str, address: str, port: int, *, share: bool) -> socket.socket:
    """A socket at the address that these flags gave. Raises ListenError naming them."""
    try:
        return open_socket(address, port, share_port=share)
    except OSError as error:
        why = f"cannot listen on {address}:{port}: {error.strerror}"
        raise ListenError(f"{flags}: {why}; choose another") from error


def reporter(clock: Clock) -> Report:
    """Logs on change what is wrong with a file, under its name."""
    changes = OnChange(get_logger("security"), "reload", clock)

    def report(name: str, problem: str | None) -> None:
        if problem is None:
            changes.succeeded(name)
        else:
            changes.failed(name, problem)

    return report
