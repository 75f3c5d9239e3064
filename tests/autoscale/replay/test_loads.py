"""Loads: what is read from CSV, and what is refused."""

import pytest

from tidegauge.autoscale.replay.loads import LoadError, read

_NOON = 1_795_521_600.0
"""2026-11-24T12:00:00Z."""


@pytest.mark.parametrize(
    ("text", "times", "rates", "began", "seconds"),
    [
        pytest.param("time,rps\n0,5\n60,7\n", (0, 60), (5, 7), None, 120, id="seconds"),
        pytest.param("0,5\n60,7\n", (0, 60), (5, 7), None, 120, id="no heading"),
        pytest.param("0,5\n1m,7\n1h,1\n", (0, 60, 3600), (5, 7, 1), None, 7140, id="durations"),
        pytest.param("30,5\n60,7\n", (0, 30), (5, 7), None, 60, id="begins later"),
        pytest.param(
            "at,n\n2026-11-24T12:00:00Z,5\n2026-11-24T13:00:30+01:00,7\n",
            (0, 30),
            (5, 7),
            _NOON,
            60,
            id="dates",
        ),
        pytest.param(
            "2026-11-24 12:00:00,5\n2026-11-24 12:00:30,7\n",
            (0, 30),
            (5, 7),
            _NOON,
            60,
            id="dates without a zone are UTC",
        ),
        pytest.param("1795521600,5\n1795521615,7\n", (0, 15), (5, 7), _NOON, 30, id="epoch"),
        pytest.param("# made up\n\n 0 , 5 \n15,7.5\n", (0, 15), (5, 7.5), None, 30, id="comments"),
    ],
)
def test_reads_times_of_each_form(text, times, rates, began, seconds):
    """Times may be seconds, durations, dates or seconds since the epoch; the last row lasts."""
    load = read(text, "load.csv")

    assert (load.times, load.rates) == (times, rates)
    assert (load.began, load.seconds) == (began, seconds)


def test_further_columns_are_metrics_by_name():
    """Columns after the second are kept under their names."""
    load = read("time,rps,queue,gpu\n0,5,1,2\n15,7,3,4\n", "load.csv")

    assert load.series == {"queue": (1, 3), "gpu": (2, 4)}


@pytest.mark.parametrize(("lasting", "seconds"), [(None, 120), (90.0, 90), (3600.0, 3600)])
def test_lasts_as_long_as_is_said(lasting, seconds):
    """What is said wins over the length of the rows, be it shorter or longer."""
    assert read("0,5\n60,7\n", "load.csv", lasting).seconds == seconds


def test_each_row_holds_until_the_next():
    """Between rows the earlier one holds, before the first the first."""
    load = read("0,5\n60,7\n120,9\n", "load.csv")

    assert [load.row_at(at) for at in (-5, 0, 59.9, 60, 500)] == [0, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "load.csv: has no rows; write lines such as `0,100`", id="empty"),
        pytest.param("time,rps\n", "load.csv: has no rows; write lines such as `0,100`", id="head"),
        pytest.param(
            "0,5\n", "load.csv: has only one row, so say how long: --for=1h", id="one row"
        ),
        pytest.param(
            "0,5\n15\n", "load.csv:2: must have 2 columns (time,rps), but has 1", id="narrow"
        ),
        pytest.param(
            "0,5\n0,6\n", "load.csv:2: time '0' is not after that of the row before", id="still"
        ),
        pytest.param(
            "0,-5\n9,1\n", "load.csv:1: '-5' is not a number from 0 to 1e+12", id="below 0"
        ),
        pytest.param("0,nan\n9,1\n", "load.csv:1: 'nan' is not a number from 0 to 1e+12", id="nan"),
        pytest.param(
            "0,5\n2026-11-24T12:00:00Z,6\n",
            "load.csv:2: time '2026-11-24T12:00:00Z' is a date, "
            "but those before are counted from the beginning",
            id="mixed",
        ),
        pytest.param(
            "1795521600000,5\n1795521615000,6\n",
            "load.csv:1: time '1795521600000' must be milliseconds: divide by 1000",
            id="milliseconds",
        ),
        pytest.param(
            "0,5\nnoon,6\n",
            "load.csv:2: time 'noon' is neither seconds, nor a duration such as 1m30s, "
            "nor a date such as 2026-11-24T10:00:00Z",
            id="no time",
        ),
        pytest.param(
            "rps,Time\n100,0\n200,600\n",
            "load.csv:1: the first column must be the time, the second requests per second",
            id="columns the other way round",
        ),
        pytest.param(
            "time,rps,q,q\n0,1,2,3\n",
            "load.csv:1: column 'q' needs a name of its own, that of a metric",
            id="twin columns",
        ),
    ],
)
def test_refuses_with_file_and_line(text, problem):
    """What is wrong is told with the file, the line and what would be right."""
    with pytest.raises(LoadError) as caught:
        read(text, "load.csv")

    assert problem in caught.value.problems


def test_refuses_what_is_no_csv():
    """Such as a whole JSON document in one line."""
    with pytest.raises(LoadError, match=r"^load.csv: is no CSV: field larger than field limit"):
        read("0,1\n" + "x" * 200_000, "load.csv")


def test_lists_every_problem_up_to_ten():
    """All bad lines are told at once, but not all of a file that is no load."""
    with pytest.raises(LoadError) as few:
        read("0,a\n1,5\n2,b\n", "f")
    with pytest.raises(LoadError) as many:
        read("\n".join(f"{at},x" for at in range(99)), "f")

    assert [problem[:4] for problem in few.value.problems] == ["f:1:", "f:3:"]
    assert len(many.value.problems) == 11
