"""Loads to try an HPA with, made up from a shape, a seed and some noise."""

import math
import random
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from tidegauge.autoscale.replay.loads import Load


class Shape(Struct, frozen=True, kw_only=True):
    """Rates are requests per second, times seconds."""

    base: float
    """Between the peaks, or at the bottom."""
    peak: float
    period: float
    """Of what repeats; in `flash` and `steps` what one peak or one step takes."""
    lasting: float
    every: float
    """Between two rows."""
    noise: float
    """Standard deviation around the shape, relative to it."""
    seed: int


_SURGE = 0.02
"""Part of a flash crowd's period in which it arrives; what was announced is clicked at once."""
_DECAY = 5.0
"""Over the rest of the period interest fades by e to the power of this."""
_LEVELS = 4
"""Steps up to the peak, and as many down."""


def _daily(at: float, shape: Shape) -> float:
    """Lowest at the beginning, highest in the middle of the period, as between two midnights."""
    high = (1 - math.cos(2 * math.pi * at / shape.period)) / 2
    return shape.base + (shape.peak - shape.base) * high


def _steps(at: float, shape: Shape) -> float:
    """Up to the peak and down again by equal steps, each of which lasts a period."""
    number = int(at // shape.period) % (2 * _LEVELS)
    level = _LEVELS - abs(_LEVELS - number)
    return shape.base + (shape.peak - shape.base) * level / _LEVELS


def _flash(at: float, shape: Shape) -> float:
    """A crowd that comes at once, a period after the beginning, and loses interest."""
    since = (at - shape.period) / shape.period
    if since < 0:
        return shape.base
    high = since / _SURGE if since < _SURGE else math.exp(-_DECAY * (since - _SURGE))
    return shape.base + (shape.peak - shape.base) * high


def _sawtooth(at: float, shape: Shape) -> float:
    """Rises evenly for a period, then falls at once, as a queue that is worked off by a batch."""
    return shape.base + (shape.peak - shape.base) * (at % shape.period) / shape.period


def _noise(_at: float, shape: Shape) -> float:
    """Nothing but noise, halfway to the peak."""
    return (shape.base + shape.peak) / 2


class Generator(Struct, frozen=True, kw_only=True):
    """A form, with the times that suit it where none are given."""

    form: Callable[[float, Shape], float]
    meaning: str
    period: float
    lasting: float
    every: float
    noise: float = 0.0


_MINUTE, _HOUR = 60.0, 3600.0

GENERATORS: Mapping[str, Generator] = {
    "steps": Generator(
        form=_steps,
        meaning="Four equal steps up to the peak and four down again, each a period long.",
        period=10 * _MINUTE,
        lasting=2 * _LEVELS * 10 * _MINUTE,
        every=15.0,
    ),
    "daily": Generator(
        form=_daily,
        meaning="A day and a night: the peak in the middle of each period.",
        period=24 * _HOUR,
        lasting=24 * _HOUR,
        every=_MINUTE,
        noise=0.03,
    ),
    "flash": Generator(
        form=_flash,
        meaning="A flash crowd: after a period it comes at once, then fades over another.",
        period=30 * _MINUTE,
        lasting=2 * _HOUR,
        every=5.0,
        noise=0.03,
    ),
    "noise": Generator(
        form=_noise,
        meaning="Halfway between base and peak, give or take the noise; it has no period.",
        period=_HOUR,
        lasting=_HOUR,
        every=15.0,
        noise=0.2,
    ),
    "sawtooth": Generator(
        form=_sawtooth,
        meaning="Rises evenly for a period, then falls at once.",
        period=_HOUR,
        lasting=6 * _HOUR,
        every=15.0,
    ),
}


def generate(name: str, shape: Shape) -> Load:
    """The same shape and seed give the same load."""
    dice = random.Random(shape.seed)  # noqa: S311  (nothing secret hangs on it)
    form = GENERATORS[name].form
    times = tuple(number * shape.every for number in range(math.ceil(shape.lasting / shape.every)))
    rates = tuple(max(form(at, shape) * (1 + shape.noise * dice.gauss(0, 1)), 0.0) for at in times)
    return Load(times=times, rates=rates, seconds=shape.lasting)


def lines(load: Load) -> Iterator[str]:
    """Of a CSV file."""
    yield "time,rps"
    for at, rate in zip(load.times, load.rates, strict=True):
        yield f"{_plain(at)},{_plain(rate)}"


def _plain(value: float) -> str:
    """To hundredths: nobody counts requests closer."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
