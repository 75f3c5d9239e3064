"""`tidegauge hpa simulate`: from files and flags to a run, and to an exit code."""

import sys
import time
from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from tidegauge.autoscale.replay import description, loads
from tidegauge.autoscale.replay.building import BuildError, build
from tidegauge.autoscale.replay.deriving import Derived, derive
from tidegauge.autoscale.replay.description import Description, merged
from tidegauge.autoscale.replay.loads import Load, LoadError
from tidegauge.autoscale.replay.manifests import Given, ManifestError
from tidegauge.autoscale.replay.recording import RecordingError
from tidegauge.autoscale.replay.result import Run
from tidegauge.autoscale.replay.runs import MOST_STEPS, simulated
from tidegauge.console.commandline import FlagError
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.files import (
    Attempts,
    UnusableError,
    read_bytes,
    read_hpa,
    read_recording,
    text_of,
)
from tidegauge.console.hpa.showing import show
from tidegauge.console.hpa.simulate.options import FLAGS, SimulateOptions, parse
from tidegauge.console.refusing import refuse
from tidegauge.console.wording import explained

_refuse = partial(refuse, "hpa simulate")

_USAGE = """\
See what an HPA would do under a load: pods that take time to start, saturate at their limit
and are measured late, with the controller's own arithmetic, in virtual time.

Usage:
  tidegauge hpa simulate -f hpa.yaml --load load.csv [flags]

Examples:
  tidegauge hpa loads daily --peak=800 > load.csv
  tidegauge hpa simulate -f hpa.yaml -f deployment.yaml --load load.csv --work=12ms
        The changes of size with their reasons, and how well they fitted the load.
  tidegauge hpa simulate -f hpa.yaml --load load.csv --compare quicker.yaml --html=both.html
        Side by side with another spec; the page has the pictures.
  tidegauge hpa simulate -f hpa.yaml --load load.csv -o json | jq .runs[0].scores
        For programs.

Exit codes: 0 when it ran; 2 for flags or files that can't be used; 70 for a bug.
"""


_PATIENCE = 2.0
"""Seconds that nobody needs to be told what goes on."""

_UNUSABLE = (FlagError, LoadError, ManifestError, RecordingError, BuildError, UnusableError)


def simulate(arguments: Sequence[str]) -> int:
    """Run with these flags; the exit code."""
    try:
        options = parse(arguments)
        if options.help:
            sys.stdout.write(_USAGE + explained(FLAGS))
        else:
            show(_runs(options), options.output, options.html, every=options.all)
    except _UNUSABLE as error:
        return _refuse(error.problems)
    return Exit.FINE


def _runs(options: SimulateOptions) -> list[Run]:
    said, derived, load, given = _read(options)
    controller = options.controller
    steps = load.seconds / controller.period
    if steps > MOST_STEPS:
        raise UnusableError(
            f"this takes {steps:.0f} reconciles, more than {MOST_STEPS}: give a shorter --for"
        )
    recorded = derived.description if derived else None
    built = [build(said, one, load, recorded) for one in given]
    if derived:
        built = [replace(one, assumptions=derived.assumptions + one.assumptions) for one in built]
    return [
        simulated(one.source, one, workload, load, controller, _Progress(one.source))
        for one, workload in zip(given, built, strict=True)
    ]


def _read(
    options: SimulateOptions,
) -> tuple[Description, Derived | None, Load, list[Given]]:
    """All files, so that all that is wrong with them is told at once. Raises UnusableError."""
    attempt = Attempts(_UNUSABLE)
    said = attempt(lambda: _description(options)) or options.description
    derived = attempt(lambda: _derived(options, said))
    load = derived.load if derived else None
    if not options.from_recording:
        load = attempt(lambda: _load(options))
    given: list[Given | None] = []
    if derived and not options.filename:
        source = options.from_recording
        given = [Given(source, {"spec": derived.spec}, derived.autoscaler, target=None)]
    elif options.filename:
        given = [attempt(lambda: read_hpa(options.filename, options.hpa))]
    given += [attempt(partial(read_hpa, [path], options.hpa)) for path in options.compare]
    found = [one for one in given if one]
    if attempt.problems or not load:
        raise UnusableError(*attempt.problems)
    return said, derived, load, [_on_same_target(one, found[0]) for one in found]


def _on_same_target(given: Given, first: Given) -> Given:
    """Unless its files have a workload of their own."""
    return given if given.target else replace(given, target=first.target)


class _Progress:
    """A line on the terminal for whoever waits; the first line of the table covers it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = time.monotonic()

    def __call__(self, share: float) -> None:
        if sys.stderr.isatty() and time.monotonic() - self._began > _PATIENCE:
            sys.stderr.write(f"\r{self._name}: {share:.0%}\r")


def _load(options: SimulateOptions) -> Load:
    source = "standard input" if options.load == "-" else options.load
    data = sys.stdin.buffer.read() if options.load == "-" else read_bytes(options.load)
    return loads.read(text_of(data, source), source, options.for_)


def _derived(options: SimulateOptions, said: Description) -> Derived | None:
    path = options.from_recording
    if not path:
        return None
    derived = derive(read_recording(path), said, path)
    seconds = options.for_ or derived.load.seconds
    return replace(derived, load=replace(derived.load, seconds=seconds))


def _description(options: SimulateOptions) -> Description:
    path = options.workload
    if not path:
        return options.description
    found, problems = description.read(text_of(read_bytes(path), path), path)
    if problems:
        raise UnusableError(*problems)
    return merged(options.description, found)
