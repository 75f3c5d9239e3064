"""The entry: what is printed where, and with which exit code."""

import io
import os
import subprocess
import sys

import pytest

from tidegauge import __version__
from tidegauge.console import main as entry
from tidegauge.console.exits import Exit
from tidegauge.console.main import main


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_without_a_command_it_says_what_there_is(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands and an example, on standard output."""
    assert main(words) == Exit.FINE

    shown = capsys.readouterr()
    assert "serve       Collect" in shown.out
    assert "Examples:" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize("words", [["--version"], ["serve", "--version"]])
def test_the_version_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A script can read it."""
    assert main(words) == Exit.FINE
    assert capsys.readouterr().out == f"tidegauge {__version__}\n"


def test_help_of_a_command_lists_its_flags(capsys: pytest.CaptureFixture[str]) -> None:
    """By section, on standard output."""
    assert main(["serve", "--help"]) == Exit.FINE
    assert "--metric-resolution duration" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sevre"], "there is no command 'sevre'"),
        (["-v", "serve"], "-v: flags come after a command"),
        (["serve", "--metric-resolution=0s", "--secure-port=0"], "--metric-resolution"),
        (["serve", "--metric-resolution=0s", "--secure-port=0"], "--secure-port"),
        (["serve", "--kubeconfig=/no/such/file"], "/no/such/file"),
        (["serve", "--audit-log-path=-"], "--audit-log-path"),
    ],
)
def test_what_cannot_be_used_is_told_without_a_trace(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every problem on standard error, naming what is wrong; exit code 2."""
    assert main(words) == Exit.BAD_INPUT

    shown = capsys.readouterr()
    assert told in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_a_bug_shows_its_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 70, and a request to report it."""

    def broken(_: list[str]) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(entry, "_dispatch", broken)

    assert main([]) == Exit.BUG
    shown = capsys.readouterr().err
    assert "ZeroDivisionError" in shown
    assert "this is a bug" in shown


def test_an_early_interrupt_shows_no_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while modules are being imported."""

    def interrupted(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "_dispatch", interrupted)

    assert main([]) == Exit.INTERRUPTED
    assert capsys.readouterr().err == ""


def _run(stdout: int, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A process of its own, for what happens at the interpreter's end counts too."""
    command = [sys.executable, "-m", "tidegauge.console.main", "hpa", "loads", "steps"]
    environment = {**os.environ, **environment}
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, env=environment, check=False
    )


def test_a_reader_that_has_had_enough_is_no_failure() -> None:
    """As with `| head`: nothing is said, and the exit code is 0."""
    reading, writing = os.pipe()
    os.close(reading)
    done = _run(writing)
    os.close(writing)

    assert (done.returncode, done.stderr) == (Exit.FINE, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has it")  # noqa: PTH110 (one line)
def test_a_full_disk_is_no_bug() -> None:
    """It is told in a line."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123 (a device)
        done = _run(full.fileno())

    assert done.returncode == Exit.BAD_INPUT
    assert done.stderr == b"tidegauge: cannot write the output: No space left on device\n"


def test_a_locale_without_our_characters_gets_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A question mark in place of each, and the exit code of the command."""
    written = io.BytesIO()
    monkeypatch.setattr(entry, "USAGE", "6 → 12\n")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))

    assert main([]) == Exit.FINE
    assert written.getvalue() == b"6 ? 12\n"
