import pytest

from tidegauge.kubelet.schedule import moment, seconds_to_next_ask

PERIODS = [1.0, 15.0, 60.0]


def wait(name="n1", period=15.0, *, now, since_ask=0.1, asks=9, has_pair=True):
    return seconds_to_next_ask(
        moment(name), period, now=now, since_ask=since_ask, asks=asks, has_pair=has_pair
    )


@pytest.mark.parametrize("period", PERIODS)
def test_a_node_is_asked_at_its_moment(period):
    """Wherever in the period one looks, the next ask is when wall clock and name agree."""
    for tenth in range(100):
        now = 1_795_435_200 + tenth * period / 10

        due = now + wait(period=period, now=now)

        assert due % period == pytest.approx(moment("n1") * period, abs=1e-6)
        assert now < due <= now + 1.25 * period


def test_replicas_agree_on_the_moment():
    """It is a function of the name that no seed, start or machine changes."""
    assert moment("n1") == pytest.approx(0.13333333333333333)
    assert [moment(f"node-{i}") for i in range(3)] == [moment(f"node-{i}") for i in range(3)]


def test_the_work_is_level():
    """With names in a row too no fifteenth of the period has a fifth more than its share."""
    counts = [0] * 15
    for i in range(5000):
        counts[int(moment(f"ip-10-0-{i // 250}-{i % 250}.internal") * 15)] += 1

    assert max(counts) < 1.2 * 5000 / 15
    assert min(counts) > 0.8 * 5000 / 15


@pytest.mark.parametrize("period", PERIODS)
def test_a_timer_that_fires_early_does_not_ask_twice(period):
    """An ask that ends just before its own moment is followed by one a whole period later."""
    now = 1_795_435_200 + moment("n1") * period - 0.001

    assert wait(period=period, now=now, since_ask=0.0) == pytest.approx(period + 0.001)


def test_a_slow_answer_does_not_shift_the_next_ask():
    """A node that takes most of the period is asked at its moment all the same."""
    at_moment = 1_795_435_200 + moment("n1") * 15

    assert wait(now=at_moment + 9, since_ask=9) == pytest.approx(6)
    assert wait(now=at_moment + 20, since_ask=20) == pytest.approx(10)


EXTRA = {
    "the second ask comes four seconds after the first": (1, False, 15.0, 1.0, 3.0),
    "the third too": (2, False, 15.0, 1.0, 3.0),
    "the fifth too": (4, False, 60.0, 1.0, 3.0),
    "at once if the answer took longer": (1, False, 15.0, 7.0, 0.0),
    "not sooner than the period": (1, False, 1.0, 0.25, 0.75),
}


@pytest.mark.parametrize(
    ("asks", "has_pair", "period", "since", "seconds"), EXTRA.values(), ids=EXTRA
)
def test_a_node_without_a_pair_is_asked_again_sooner(asks, has_pair, period, since, seconds):
    """Four extra asks, whatever its moment is."""
    assert wait(
        period=period, now=12345.0, since_ask=since, asks=asks, has_pair=has_pair
    ) == pytest.approx(seconds)


def test_after_four_extra_asks_a_node_waits_for_its_moment():
    """A node that never gives a pair costs no more than others do."""
    assert wait(now=12345.0, asks=5, has_pair=False) == wait(now=12345.0, asks=5, has_pair=True)


def test_a_node_with_a_pair_gets_no_extra_asks():
    """Its first usable pair ends them."""
    assert wait(now=12345.0, asks=2, has_pair=True) == wait(now=12345.0, asks=9, has_pair=True)
