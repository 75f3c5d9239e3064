"""How a command that serves is told to stop."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE

import pytest

PROGRAM = """
import asyncio
from tidegauge.console.running import told_to_stop

async def main():
    stopping = asyncio.ensure_future(told_to_stop(asyncio.Event()))
    await asyncio.sleep(0)
    print("serving", flush=True)
    await stopping
    print("draining", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
async def test_second_signal(second: signal.Signals) -> None:
    """The first signal begins the end, a second one does not wait for it."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, stdout=PIPE)
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"serving\n"
        process.send_signal(signal.SIGTERM)
        assert await process.stdout.readline() == b"draining\n"
        process.send_signal(second)

        assert await process.wait() == -second
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
