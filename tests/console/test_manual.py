"""The flags in words."""

from pathlib import Path

import pytest

from tidegauge.console.manual import reference, usage
from tidegauge.console.options import FLAGS

DOCUMENT = Path(__file__).parents[2] / "docs" / "flags.md"


def test_docs_are_up_to_date():
    """docs/flags.md says what the declarations say."""
    written = DOCUMENT.read_text("utf-8")

    assert written == reference(), (
        "write it anew: python -m tidegauge.console.manual > docs/flags.md"
    )


@pytest.mark.parametrize("name", FLAGS)
def test_every_flag_is_explained(name):
    """Help has every flag with its placeholder on a line, and its meaning below."""
    flag = FLAGS[name].flag
    text = " ".join(usage().split())

    assert f"--{name} {flag.kind.placeholder}".strip() in text
    assert flag.meaning.endswith(".")
    assert flag.meaning in text


def test_help_fits_a_window():
    """No line but an example is wider than 80 columns."""
    wide = [
        line for line in usage().splitlines() if len(line) > 80 and "tidegauge serve" not in line
    ]

    assert wide == []


def test_help_shows_defaults():
    """Durations and lists are shown as one would write them, a switch that is off is not."""
    text = " ".join(usage().split())

    assert "but not more often. (default 15s)" in text
    assert "(default InternalIP,ExternalIP,Hostname)" in text
    assert "(default 10s or 0.9 of the period, whichever is less)" in text
    assert "(default false)" not in text
