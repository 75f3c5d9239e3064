"""A terminal that is drawn on: another screen while it lasts, keys as they are pressed."""

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import environ

from tidegauge.console.spans import Line, ansi

_ENTER = "\x1b[?1049h\x1b[?25l"
"""The alternate screen, without a cursor; what was there before comes back at the end."""

_COLUMNS, _ROWS = 80, 24
"""Of a terminal that does not know its size, as of a serial line."""

_LEAVE = "\x1b[?25h\x1b[?1049l"
_FRAME, _SHOWN = "\x1b[?2026h\x1b[H", "\x1b[J\x1b[?2026l"
"""A frame is shown as a whole, by terminals that know how, so that nothing flickers."""


def usable() -> bool:
    """Whether there is a terminal to draw on and to read keys from."""
    return sys.stdin.isatty() and sys.stdout.isatty() and environ.get("TERM", "dumb") != "dumb"


class Terminal:
    """`colour` is off by NO_COLOR, as no-color.org has it."""

    def __init__(self) -> None:
        self.colour = not environ.get("NO_COLOR")

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        size = os.get_terminal_size(sys.stdout.fileno())
        return size.columns or _COLUMNS, size.lines or _ROWS

    def draw(self, lines: Sequence[Line]) -> None:
        rows = "\x1b[K\r\n".join(ansi(line, colour=self.colour) for line in lines)
        sys.stdout.write(f"{_FRAME}{rows}\x1b[K{_SHOWN}")
        sys.stdout.flush()

    @contextmanager
    def open(self, key: Callable[[str], None], resized: Callable[[], None]) -> Iterator[None]:
        """Tell of keys and of another size within the block; leave all as it was."""
        loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        sys.stdout.write(_ENTER)
        try:
            tty.setcbreak(descriptor)
            loop.add_reader(descriptor, lambda: _read(descriptor, key))
            loop.add_signal_handler(signal.SIGWINCH, resized)
            yield
        finally:
            loop.remove_signal_handler(signal.SIGWINCH)
            loop.remove_reader(descriptor)
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
            sys.stdout.write(_LEAVE)
            sys.stdout.flush()


def _read(descriptor: int, key: Callable[[str], None]) -> None:
    """One call for each key; sequences, as of arrows, are nothing to us."""
    text = os.read(descriptor, 64).decode(errors="ignore")
    if not text.startswith("\x1b") or text == "\x1b":
        for letter in text:
            key(letter)
