"""Command lines in Go's forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.console.goflags import Vocabulary, read

VOCABULARY = Vocabulary(
    takes_value={"metric-resolution": True, "node-selector": True, "help": False, "quiet": False},
    short={"l": "node-selector", "h": "help", "q": "quiet"},
)

UNDERSTOOD = [
    ([], {}),
    (["--metric-resolution=15s"], {"metric-resolution": ["15s"]}),
    (["--metric-resolution", "15s"], {"metric-resolution": ["15s"]}),
    (["--metric-resolution="], {"metric-resolution": [""]}),
    (["--metric-resolution", ""], {"metric-resolution": [""]}),
    (["--metric-resolution=1s", "--metric-resolution=2s"], {"metric-resolution": ["1s", "2s"]}),
    (["--metric-resolution", "--help"], {"metric-resolution": ["--help"]}),
    (["--node-selector=a=b,c==d"], {"node-selector": ["a=b,c==d"]}),
    (["-l", "a=b"], {"node-selector": ["a=b"]}),
    (["-la=b"], {"node-selector": ["a=b"]}),
    (["-l=a=b"], {"node-selector": ["a=b"]}),
    (["-l", "!a"], {"node-selector": ["!a"]}),
    (["--help"], {"help": ["true"]}),
    (["--help=false"], {"help": ["false"]}),
    (["-h"], {"help": ["true"]}),
    (["-h=0"], {"help": ["0"]}),
    (["-hq"], {"help": ["true"], "quiet": ["true"]}),
    (["-hla=b"], {"help": ["true"], "node-selector": ["a=b"]}),
    (["--help", "--"], {"help": ["true"]}),
]


@pytest.mark.parametrize(("arguments", "texts"), UNDERSTOOD, ids=repr)
def test_understands(arguments, texts):
    """Every form of Go's flags ends with the same texts."""
    found = read(arguments, VOCABULARY)

    assert found.texts == texts
    assert found.problems == []


MISTAKEN = [
    (["--help", "false"], ["unexpected argument 'false'"]),
    (["serve"], ["unexpected argument 'serve'"]),
    (["-"], ["unexpected argument '-'"]),
    (["--", "--help", "x"], ["unexpected argument '--help'", "unexpected argument 'x'"]),
    (["--metric-resolution"], ["--metric-resolution: needs a value"]),
    (["-l"], ["--node-selector: needs a value"]),
    (["--metric-res=1s"], ["--metric-res: no such flag; did you mean --metric-resolution?"]),
    (["--metric_resolution=1s"], ["--metric_resolution: no such flag; did you mean --metric-reso"]),
    (["-metric-resolution=1s"], ["-metric-resolution=1s: no such flag; did you mean --metric-res"]),
    (["--zzz", "value", "--help"], ["--zzz: no such flag; --help lists all flags"]),
    (["--=x"], ["--: no such flag"]),
    (["---help"], ["---help: no such flag; did you mean --help?"]),
    (["-x"], ["-x: no such flag"]),
    (["-hx"], ["-x: no such flag"]),
]


@pytest.mark.parametrize(("arguments", "beginnings"), MISTAKEN, ids=repr)
def test_reports(arguments, beginnings):
    """Each mistake gives one message that begins with what was written."""
    problems = read(arguments, VOCABULARY).problems

    assert len(problems) == len(beginnings)
    for problem, beginning in zip(problems, beginnings, strict=True):
        assert problem.startswith(beginning)


def test_reads_on_after_a_mistake():
    """What follows a mistake is understood all the same."""
    found = read(["--bad=1", "stray", "--metric-resolution=15s"], VOCABULARY)

    assert found.texts == {"metric-resolution": ["15s"]}
    assert len(found.problems) == 2


@given(st.lists(st.text(alphabet="-=hlqx \u00e9", max_size=6), max_size=6))
def test_any_arguments_are_read(arguments):
    """No command line raises, and only flags that exist get texts."""
    assert read(arguments, VOCABULARY).texts.keys() <= VOCABULARY.takes_value.keys()
