"""What every command that serves needs of the loop."""

import asyncio
import io
import json

from tests.clock import ManualClock
from tidegauge.console.running import log_loop_errors
from tidegauge.telemetry import logs


async def test_errors_of_the_loop_are_logged_once_each_in_our_format() -> None:
    """A thousand refused accepts are one line, not a thousand traces."""
    stream = io.BytesIO()
    logs.configure("json", stream=stream)
    log_loop_errors(ManualClock())
    loop = asyncio.get_running_loop()

    for _ in range(1000):
        loop.call_exception_handler({"message": "out of files", "exception": OSError(24, "full")})
    loop.call_exception_handler({"message": "something else"})

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["key"], line["cause"]) for line in lines] == [
        ("out of files", "OSError(24, 'full')"),
        ("something else", "None"),
    ]
