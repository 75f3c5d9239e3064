"""asyncio.timeout with an error that names the URL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tidegauge.cluster.errors import TimedOut


@asynccontextmanager
async def deadline(url: str, seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """Raises TimedOut when the block takes longer; the handle can move the moment."""
    try:
        async with asyncio.timeout(seconds) as handle:
            yield handle
    except TimeoutError as error:
        raise TimedOut(url, f"nothing within {seconds:g} s") from error
