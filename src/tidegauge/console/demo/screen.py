"""The live screen: draws what is shown, several times a second, and hears keys."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tidegauge.console.demo.frame import LETTERS, Shown, compose
from tidegauge.console.demo.terminal import Terminal
from tidegauge.sandbox.faults.declared import FAULTS
from tidegauge.sandbox.faults.playing import FaultError, Faults, read

REDRAW = 0.5
"""Seconds between two frames when no key is pressed: the clock in the head goes by seconds."""


@dataclass
class Screen:
    shown: Callable[[], Shown]
    faults: Faults
    quit: Callable[[], None]
    terminal: Terminal = field(default_factory=Terminal)
    menu: bool = False
    help: bool = False
    problem: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    async def run(self) -> None:
        """Draw until cancelled; the terminal is then as it was."""
        with self.terminal.open(self._keys.put_nowait, self._news.set):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear())
                while True:
                    self._news.clear()
                    self.draw()
                    try:
                        async with asyncio.timeout(REDRAW):
                            await self._news.wait()
                    except TimeoutError:
                        continue

    def draw(self) -> None:
        shown = self.shown()._replace(menu=self.menu, help=self.help)
        if self.problem:
            shown = shown._replace(problem=self.problem)
        self.terminal.draw(compose(shown, *self.terminal.size))

    async def _hear(self) -> None:
        while True:
            key = await self._keys.get()
            self.problem = ""
            try:
                await self.press(key)
            except FaultError as error:
                self.problem = str(error)
            self._news.set()

    async def press(self, key: str) -> None:
        """Raises FaultError."""
        if key == "q":
            self.quit()
        elif key == "f" or (key == "\x1b" and self.menu):
            self.menu = not self.menu
        elif key == "h":
            self.help = not self.help
        elif key == "c":
            await self.faults.clear()
        elif self.menu and key in LETTERS[: len(FAULTS)]:
            await self._toggle(FAULTS[LETTERS.index(key)].name)

    async def _toggle(self, name: str) -> None:
        """On whichever node it lasts; else on the default one."""
        lasting = [play for play in self.faults.lasting if play.fault.name == name]
        for play in lasting:
            await self.faults.end(play)
        if not lasting:
            await self.faults.begin(read(name))
