"""The commands in docs/simulate.md give what stands below them.

`python -m tests.console.hpa.test_simulate_docs` writes it anew.
"""

import io
import os
import re
import shlex
from contextlib import chdir, redirect_stdout
from pathlib import Path

import pytest

from tidegauge.console.main import main

_ROOT = Path(__file__).parents[3]
_PAGE = _ROOT / "docs" / "simulate.md"
_BLOCK = re.compile(r"```console\n\$ tidegauge (.*)\n((?:.*\n)*?)```\n")


def _output(command: str) -> str:
    written = io.StringIO()
    with chdir(_ROOT / "examples" / "hpa"), redirect_stdout(written):
        main(shlex.split(command))
    return written.getvalue()


_COMMANDS = _BLOCK.findall(_PAGE.read_text())


@pytest.mark.parametrize(
    ("command", "output"), _COMMANDS, ids=[command[:40] for command, _ in _COMMANDS]
)
def test_a_command_gives_what_the_page_shows(command, output, monkeypatch):
    """In the folder of the examples, eighty columns wide."""
    monkeypatch.setenv("COLUMNS", "80")

    assert _output(command) == output


def _written_anew(block: re.Match[str]) -> str:
    return f"```console\n$ tidegauge {block[1]}\n{_output(block[1])}```\n"


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    _PAGE.write_text(_BLOCK.sub(_written_anew, _PAGE.read_text()))
