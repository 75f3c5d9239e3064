"""How lines, labels and numbers come out."""

from collections.abc import Mapping

import pytest

from tidegauge.autoscale.replay.result import Metric, Unit
from tidegauge.console.hpa.page import paths
from tidegauge.console.hpa.page.markup import Markup, element, text
from tidegauge.console.hpa.page.measures import measure_of
from tidegauge.console.hpa.page.palette import DARK, LIGHT
from tidegauge.console.hpa.page.paths import Scales
from tidegauge.console.hpa.page.ticks import number, ticks, time_ticks, whole_ticks

SCALES = Scales(100.0, 10.0)


def test_text_and_attributes_are_escaped() -> None:
    """Both the same way, and only markup is taken as it is."""
    drawn = element("p", text("<&"), Markup("<b></b>"), class_='"', data_x="'", hidden=None)

    assert drawn == '<p class="&quot;" data-x="&#x27;">&lt;&amp;<b></b></p>'


def test_a_line_goes_from_point_to_point_and_breaks_at_gaps() -> None:
    """A gap begins anew."""
    drawn = paths.line([(0, 0), (10, 5), (20, None), (30, 10)], SCALES)

    assert drawn == "M0 100L1000 50M3000 0"


def test_steps_hold_until_the_next_change_and_to_the_edge() -> None:
    """Points that change nothing are not drawn."""
    assert paths.steps([(0, 0), (10, 0), (20, 5)], SCALES) == "M0 100L2000 100L2000 50L10000 50"


def test_steps_end_where_nothing_is_known() -> None:
    """The last value holds until then."""
    assert paths.steps([(0, 5), (40, None)], SCALES) == "M0 50L4000 50"


def test_an_area_goes_out_above_and_back_below() -> None:
    """Closed."""
    drawn = paths.between([(0, 0), (50, None)], [(0, 5), (50, None)], SCALES)

    assert drawn == "M0 50L5000 50L5000 100L0 100Z"


def test_thinning_keeps_what_can_be_seen() -> None:
    """A spike of one step is still there; a column has four points at most."""
    points = [(at / 2000, 1.0 + at % 2) for at in range(200_000)]
    points[108_642] = (54.321, 10.0)
    drawn = paths.line(points, SCALES)

    assert "L5432 0L" in drawn
    assert drawn.count("L") < 4 * 10_000


@pytest.mark.parametrize(
    ("greatest", "expected"),
    [
        (0, [0, 0.5, 1]),
        (0.9, [0, 0.5, 1]),
        (4, [0, 1, 2, 3, 4]),
        (100, [0, 50, 100]),
        (101, [0, 50, 100, 150]),
        (1e6, [0, 5e5, 1e6]),
    ],
)
def test_ticks_are_round_and_reach_the_top(greatest: float, expected: list[float]) -> None:
    """In steps of 1, 2 or 5."""
    assert ticks(greatest, 4) == pytest.approx(expected)


@pytest.mark.parametrize(("most", "expected"), [(0, [0]), (3, [0, 1, 2, 3]), (9, [0, 5, 10])])
def test_counts_have_no_fractions(most: int, expected: list[float]) -> None:
    """Half a pod is none."""
    assert whole_ticks(most, 4) == expected


@pytest.mark.parametrize(
    ("seconds", "step"), [(60, 15), (3600, 600), (86400, 10800), (864_000, 172_800)]
)
def test_times_are_labelled_in_steps_people_count_in(seconds: float, step: int) -> None:
    """At most eight steps."""
    assert time_ticks(seconds, 8)[:2] == [0, step]
    assert len(time_ticks(seconds, 8)) <= 9


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (0.25, "0.25"), (12.34, "12.3"), (12.0, "12"), (1234.5, "1,234"), (100, "100")],
)
def test_numbers_are_short(value: float, written: str) -> None:
    """Three digits that tell something."""
    assert number(value) == written


@pytest.mark.parametrize(
    ("unit", "target", "value", "shown"),
    [
        (Unit.PERCENT, 60, 80, "80 %"),
        (Unit.CORES, 0.15, 0.3, "300 m"),
        (Unit.CORES, 2, 3, "3 cores"),
        (Unit.BYTES, 2**28, 2**29, "512 Mi"),
        (Unit.BYTES, 0, 12, "12"),
        (Unit.PLAIN, 10, 40, "40"),
    ],
)
def test_figures_are_shown_as_their_target_is(
    unit: Unit, target: float, value: float, shown: str
) -> None:
    """So that all figures of a metric can be compared."""
    measure = measure_of(Metric(name="m", label="m", unit=unit, target=target))

    assert f"{number(measure.of(value) or 0)}{measure.suffix}" == shown


def luminance(colour: str) -> float:
    """By WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("part", ["ink", "dim", "blue", "orange", "green", "purple"])
def test_words_and_lines_can_be_told_from_the_ground(palette: Mapping[str, str], part: str) -> None:
    """With a contrast of 4.5, as WCAG asks of text."""
    assert contrast(palette[part], palette["ground"]) >= 4.5
    assert contrast(palette[part], palette["raised"]) >= 4.5
