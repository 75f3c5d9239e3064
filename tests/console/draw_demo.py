"""Draws a picture of the demo's screen, from a real frame of a demo that runs.

`python -m tests.console.draw_demo > docs/pictures/demo.svg` makes the one in the README.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from html import escape
from pathlib import Path

from tidegauge.console.demo.demo import Demo
from tidegauge.console.demo.frame import compose
from tidegauge.console.demo.options import DemoOptions
from tidegauge.console.spans import Line
from tidegauge.sandbox.faults.playing import read
from tidegauge.sandbox.simulation import library
from tidegauge.telemetry import logs

STORY = "shop-day"
CROWDED = 44.0
"""Seconds after the start: the crowd is there, and the autoscalers are on their way."""

AFTER_FAULT = 9.0
COLUMNS, ROWS = 122, 50

CELL, LINE, PAD = 7.83, 17.5, 20
"""Pixels of a column and a row at 13 px in usual monospaced fonts, and around them."""

COLOURS = {
    "": "#c8d3de",
    "title": "#7fd1c7",
    "head": "#ffffff",
    "dim": "#7d8fa1",
    "good": "#9be58a",
    "warn": "#f3cf6b",
    "bad": "#ff9c8a",
    "bar": "#55b8c9",
    "busy": "#f3cf6b",
    "full": "#ff7d66",
    "rest": "#2b3b4c",
}


async def frame() -> list[Line]:
    """What the screen shows while a crowd comes, some seconds after a node went down."""
    with tempfile.TemporaryDirectory(prefix="tidegauge-demo-") as folder:
        async with AsyncExitStack() as stack:
            demo = Demo(DemoOptions(this_machine=False), library.shipped(STORY), Path(folder))
            await demo.start(stack)
            looking = asyncio.create_task(demo.look_on())
            await asyncio.sleep(CROWDED)
            await demo.faults.begin(read("node-down=worker-3"))
            await asyncio.sleep(AFTER_FAULT)
            looking.cancel()
            shown = demo.shown()._replace(kubeconfig="/tmp/tidegauge-demo-k3x8/admin.conf")
            return compose(shown, COLUMNS, ROWS)


def svg(lines: Sequence[Line]) -> Iterator[str]:
    width, height = round(COLUMNS * CELL + 2 * PAD), round(len(lines) * LINE + 2 * PAD)
    styles = "".join(f".{name or 'x'}{{fill:{colour}}}" for name, colour in COLOURS.items())
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="The screen of tidegauge demo: nodes with bars '
        "of CPU and memory, autoscalers with their last steps and the reason of each, workloads, "
        'the busiest pods, and one node that is down, with what to expect">'
    )
    yield (
        '<style>text{font:13px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;'
        f"white-space:pre}}{styles}.head,.title{{font-weight:600}}</style>"
    )
    yield f'<rect width="{width}" height="{height}" rx="14" fill="#0f1720"/>'
    for number, line in enumerate(lines):
        yield from _line(line, PAD + (number + 0.75) * LINE)
    yield "</svg>"


def _line(line: Line, y: float) -> Iterator[str]:
    """Bars as rectangles, texts each at its own column: no font is needed to line up."""
    column = 0
    for text, style in line:
        x, length = PAD + column * CELL, len(text) * CELL
        column += len(text)
        if text and set(text) <= {"█", "░"}:
            yield (
                f'<rect class="{style}" x="{x:.1f}" y="{y - 10:.1f}" width="{length:.1f}" '
                'height="11" rx="1"/>'
            )
        elif text.strip():
            yield (
                f'<text class="{style or "x"}" x="{x:.1f}" y="{y:.1f}" '
                f'textLength="{length:.1f}" xml:space="preserve">{escape(text)}</text>'
            )


if __name__ == "__main__":
    logs.configure("text", stream=open("/dev/null", "wb"))  # noqa: PTH123, SIM115  (for good)
    sys.stdout.write("\n".join(svg(asyncio.run(frame()))) + "\n")
