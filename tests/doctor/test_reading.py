"""What the API server's clock says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from tests.clock import ManualClock
from tidegauge.cluster.errors import ServerError, Status, Unreachable
from tidegauge.doctor.reading import Reading

DATES = {
    "the same": ("Thu, 01 Jan 1970 00:16:40 GMT", 0.5),
    "ahead": ("Thu, 01 Jan 1970 00:17:40 GMT", 60.5),
    "behind": ("Thu, 01 Jan 1970 00:15:40 GMT", -59.5),
    "unsaid": ("", 0.0),
    "no date": ("yesterday", 0.0),
}


def reading(date: str = "", error: Exception | None = None) -> Reading:
    @asynccontextmanager
    async def stream(*_: object, **__: object) -> AsyncIterator[SimpleNamespace]:
        if error:
            raise error
        yield SimpleNamespace(date=date)

    return Reading(SimpleNamespace(stream=stream), lambda _: None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("date", "skew"), DATES.values(), ids=DATES)
async def test_skew(date: str, skew: float) -> None:
    """The API server's clock is told from its answer's date, which leaves out half a second."""
    assert await reading(date).skew(ManualClock(wall=1000.0)) == pytest.approx(skew)


async def test_skew_unread() -> None:
    """An answer that is an error tells nothing; no answer at all is an error of ours."""
    refused = ServerError("https://api", 500, Status())
    assert await reading(error=refused).skew(ManualClock()) == 0.0
    with pytest.raises(Unreachable):
        await reading(error=Unreachable("https://api", "no")).skew(ManualClock())
