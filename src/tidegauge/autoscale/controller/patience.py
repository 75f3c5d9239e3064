"""Requests that were turned away for now, sent again: client-go's rule.

An API server that is busy answers 429, or an error of its own, and says after how many seconds to
come back. Nothing was done then. Without this, an HPA would tell in its status that its target is
not to be read, each time a flood of others' requests passes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tidegauge.cluster.errors import ServerError, TooManyRequests, Unreachable

T = TypeVar("T")

MOST_WAITED = 5.0
"""Seconds in all: a good part of a period later the next look is as good, and until then others
wait for the worker."""


PASSING = (Unreachable, ServerError, TooManyRequests)
"""Errors after which the same request may succeed a little later."""


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` answers in the end. Raises what it raises."""
    waited = 0.0
    while True:
        try:
            return await ask()
        except (TooManyRequests, ServerError) as error:
            wait = error.retry_after
            waited += wait
            if not wait or waited > MOST_WAITED:
                raise
        await asyncio.sleep(wait)
