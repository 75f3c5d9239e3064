"""Loads that are made up: their shapes, and that they are the same each time."""

import pytest
from msgspec.structs import replace

from tidegauge.autoscale.replay.generators import GENERATORS, Shape, generate, lines
from tidegauge.autoscale.replay.loads import read

_SHAPE = Shape(base=100, peak=500, period=80, lasting=640, every=10, noise=0, seed=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("steps", {0: 100, 79: 100, 80: 200, 320: 500, 400: 400, 630: 200}, id="steps"),
        pytest.param("daily", {0: 100, 20: 300, 40: 500, 80: 100}, id="daily"),
        pytest.param("sawtooth", {0: 100, 20: 200, 79: 450, 80: 100}, id="sawtooth"),
        pytest.param("noise", {0: 300, 600: 300}, id="noise"),
    ],
)
def test_has_its_shape(name, expected):
    """Without noise, rates at known times are those of the shape."""
    load = generate(name, _SHAPE)

    assert {at: load.rates[load.row_at(at)] for at in expected} == pytest.approx(expected)


def test_a_flash_crowd_comes_at_once_and_fades():
    """Nothing before a period is over; then up within two hundredths of it, and down for long."""
    load = generate("flash", replace(_SHAPE, period=100, every=1, lasting=300))

    assert set(load.rates[:100]) == {100}
    assert load.rates[102] == pytest.approx(500)
    assert load.rates[102:] == tuple(sorted(load.rates[102:], reverse=True))
    assert load.rates[299] < 103


@pytest.mark.parametrize("name", GENERATORS)
def test_same_seed_same_load(name):
    """The seed decides the noise, and nothing else does; rates are never negative."""
    shape = replace(_SHAPE, noise=2.0)

    assert generate(name, shape) == generate(name, shape)
    assert generate(name, shape) != generate(name, replace(shape, seed=2))
    assert min(generate(name, shape).rates) >= 0


@pytest.mark.parametrize("name", GENERATORS)
def test_what_is_written_can_be_read(name):
    """The CSV gives the same load, to hundredths of a request."""
    load = generate(name, replace(_SHAPE, peak=123_456.7, noise=0.1))
    again = read("\n".join(lines(load)), "load.csv")

    assert (again.times, again.seconds) == (load.times, load.seconds)
    assert again.rates == pytest.approx(load.rates, abs=0.0051)
