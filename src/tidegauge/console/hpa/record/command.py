"""`tidegauge hpa record`: from flags to the file of a recording, and to an exit code."""

import asyncio
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Self

from msgspec.structs import replace

from tidegauge.autoscale.explaining.wording import count
from tidegauge.cluster.errors import ClusterError, NotFound
from tidegauge.console.commandline import FlagError
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.asking import asker
from tidegauge.console.hpa.explain.looking import NoSuchHpaError, missing
from tidegauge.console.hpa.record.options import FLAGS, RecordOptions, parse
from tidegauge.console.hpa.record.recorder import Recorder
from tidegauge.console.wording import explained
from tidegauge.units.clock import SystemClock

_USAGE = """\
Keep what an HPA sees and does: its spec and status, the size, the pods, and what the metric
APIs answer, each time a moment before its controller looks. Read with your own rights;
nothing is changed.

Usage:
  tidegauge hpa record NAME [-n NAMESPACE] [flags]

Examples:
  tidegauge hpa record web -n shop --for=1h -o web.jsonl
  tidegauge hpa replay web.jsonl
        What was decided at each step, and where the cluster did something else.
  tidegauge hpa simulate --from-recording=web.jsonl --compare=quicker.yaml
        The same load with another spec.

Ctrl-C ends it; what was written until then can be replayed.

Exit codes: 0 when it was recorded; 2 for flags, files or a name that can't be used; 3
when the cluster can't be reached or says no at the beginning; 70 for a bug.
"""


def record(arguments: Sequence[str]) -> int:
    """Record with these flags; the exit code."""
    try:
        options = parse(arguments)
    except FlagError as error:
        _complain([*error.problems, "--help lists all flags"])
        return Exit.BAD_INPUT
    if options.help:
        sys.stdout.write(_USAGE + explained(FLAGS))
        return Exit.FINE
    try:
        return _record(options)
    except NoSuchHpaError as error:
        _complain([str(error)])
        return Exit.BAD_INPUT
    except ClusterError as error:
        _complain([str(error)])
        return Exit.UNREACHABLE


def _record(options: RecordOptions) -> int:
    with _Lines(options.output) as lines:
        try:
            asyncio.run(_run(options, lines))
        except KeyboardInterrupt:
            pass  # how a recording without --for ends
        except BrokenPipeError:
            raise  # who read our output has had enough
        except OSError as error:
            _complain([f"--output: cannot write {lines.where}: {error.strerror}"])
            return Exit.BAD_INPUT
    return Exit.FINE


class _Lines:
    """Writes each line at once: a recording may be cut off at any time.

    The file is made with the first line, so that an old one is kept if there is nothing to record.
    """

    def __init__(self, path: str) -> None:
        self.where = path or "the standard output"
        self._path = path
        self._output: BinaryIO | None = None
        self._number = 0

    def write(self, lines: bytes) -> None:
        """Raises OSError."""
        if self._output is None:
            path = self._path
            self._output = Path(path).open("wb") if path else sys.stdout.buffer  # noqa: SIM115  (closed on leaving)
        self._output.write(lines)
        self._output.flush()
        self._number += 1
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{self._number} looks")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._output and self._path:
            self._output.close()
        if self._number:
            start = "\r" if sys.stderr.isatty() else ""
            sys.stderr.write(f"{start}{count(self._number, 'look')} written to {self.where}\n")


async def _run(options: RecordOptions, lines: _Lines) -> None:
    async with asker(options, options, os.environ) as asked:
        namespace = options.namespace or asked.namespace
        controller = replace(options.controller, profile=asked.profile)
        recorder = Recorder(asked.reader, SystemClock(), namespace, options.name, controller)
        try:
            await recorder.record(options.for_, lines.write, lambda text: _complain([text]))
        except NotFound as error:
            raise await missing(asked.reader, namespace, options.name) from error


def _complain(problems: Iterable[str]) -> None:
    for problem in problems:
        sys.stderr.write(f"tidegauge hpa record: {problem}\n")
