"""How many requests come per second: a pure function of the story's time and a seed."""

import math
from hashlib import blake2b

from tidegauge.sandbox.simulation.story import Crowd, Load, Wave

_GUST = 7_000
"""Milliseconds for which one gust of noise lasts: longer than a tick, shorter than a window."""


def rate_at(load: Load, time: int, seed: str) -> float:
    """Requests per second `time` milliseconds after the story began."""
    rate = load.rate
    for step in load.steps:
        if time >= step.at:
            rate = step.rate
    if load.wave:
        rate *= _wave(load.wave, time)
    for crowd in load.crowds:
        rate *= _crowd(crowd, time)
    if load.noise:
        rate *= 1 + load.noise * _noise(f"{seed}/{load.to}", time)
    return rate


def _wave(wave: Wave, time: int) -> float:
    height = (1 + math.cos(2 * math.pi * (time - wave.peak) / wave.period)) / 2
    return wave.low + (1 - wave.low) * height


def _crowd(crowd: Crowd, time: int) -> float:
    since = time - crowd.at
    if since < 0:
        return 1.0
    there = min(1.0, since / crowd.rise if crowd.rise else 1.0)
    leaving = since - crowd.rise - crowd.hold
    if leaving > 0:
        there = max(0.0, 1 - leaving / crowd.fall) if crowd.fall else 0.0
    return 1 + (crowd.times - 1) * there


def _noise(key: str, time: int) -> float:
    """Between -1 and 1, going evenly from one gust to the next."""
    gust, within = divmod(time, _GUST)
    before, after = _gust(key, gust), _gust(key, gust + 1)
    return before + (after - before) * within / _GUST


def _gust(key: str, number: int) -> float:
    digest = blake2b(f"{key}/{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**31 - 1
