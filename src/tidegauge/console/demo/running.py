"""A demo from its first line to its last: started, shown, told to stop, summed up."""

import asyncio
import contextlib
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from tidegauge.console.demo.control import PREFIX
from tidegauge.console.demo.demo import Demo
from tidegauge.console.demo.options import DemoOptions
from tidegauge.console.demo.screen import Screen
from tidegauge.console.demo.summary import Figures
from tidegauge.console.exits import Exit
from tidegauge.sandbox.pace import faster
from tidegauge.sandbox.simulation import library
from tidegauge.sandbox.simulation.story import Story
from tidegauge.telemetry import logs

Say = Callable[[str], None]


def story_of(options: DemoOptions) -> Story:
    """Raises StoryError."""
    file = options.story_file
    story = library.load(Path(file)) if file else library.shipped(options.story)
    return faster(story, options.speed)


async def run(options: DemoOptions, say: Say, *, live: bool) -> int:
    """Run it to its end; the exit code. Raises StoryError, FaultError or OSError at the start."""
    story, stop = story_of(options), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the last: a closed window
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        log = stack.enter_context((folder / "demo.log").open("ab", buffering=0))
        logs.configure("text", stream=log)
        demo = Demo(options, story, folder)
        await demo.start(stack)
        if options.output == "text":
            for line in demo.greeting():
                say(line)
        await _until_told(demo, stop, options.for_, live=live)
        figures = demo.figures()
    say(_written(figures, options.output))
    return Exit.FINDINGS if figures.broken() else Exit.FINE


async def _until_told(
    demo: Demo, stop: asyncio.Event, seconds: float | None, *, live: bool
) -> None:
    """Until a signal, the key for it, or the end of its time."""
    async with asyncio.TaskGroup() as group:  # one that fails ends the demo
        tasks = [group.create_task(demo.look_on())]
        if live:
            tasks.append(group.create_task(Screen(demo.shown, demo.faults, stop.set).run()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
        for task in tasks:
            task.cancel()


def _written(figures: Figures, output: str) -> str:
    if output == "json":
        return msgspec.json.format(msgspec.json.encode(figures.as_json()), indent=2).decode()
    return figures.as_text().rstrip()
