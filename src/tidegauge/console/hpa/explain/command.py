"""`tidegauge hpa explain`: from flags to an explanation, and to an exit code."""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from os import environ
from shutil import get_terminal_size
from time import time

import msgspec
import yaml

from tidegauge.autoscale.explaining.explaining import Explained
from tidegauge.autoscale.explaining.explanation import Explanation, Outcome
from tidegauge.autoscale.explaining.recollecting import Past
from tidegauge.autoscale.reading.reader import Reader
from tidegauge.cluster.errors import ClusterError
from tidegauge.console.commandline import FlagError
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.asking import asker
from tidegauge.console.hpa.explain.looking import NoSuchHpaError, look
from tidegauge.console.hpa.explain.options import EXPLAIN_FLAGS, ExplainOptions, parse_explain
from tidegauge.console.hpa.explain.screen import screen
from tidegauge.console.hpa.explain.watched import Watched
from tidegauge.console.hpa.record.recorder import next_look
from tidegauge.console.refusing import refuse
from tidegauge.console.spans import Line, ansi
from tidegauge.console.wording import explained

_refuse = partial(refuse, "hpa explain", hint=False)

_USAGE = """\
Why an HPA does what it does, and what it will do next: reads the HPA, its target's
scale, pods, metrics and events with your own rights, and decides again as the
controller does. Nothing is changed.

Usage:
  tidegauge hpa explain NAME [flags]

Examples:
  tidegauge hpa explain web -n shop
  tidegauge hpa explain web -n shop --watch
        Look again every 15 s, and compare what was foretold with what happens.
  tidegauge hpa explain web -n shop -o json | jq -r .verdict.headline
  tidegauge hpa explain web -n shop --horizontal-pod-autoscaler-downscale-stabilization=1m
        For a kube-controller-manager that runs with this flag.

Exit codes: 0 when it was explained; 2 for flags, files or a name that can't be used;
3 when the cluster can't be reached or does not let you read enough; 70 for a bug.
"""

_COLUMNS = 80
"""Longer lines are harder to read, and shorter ones still fit a half-sized terminal."""

_CLEAR = "\x1b[H\x1b[J"


def explain(arguments: Sequence[str]) -> int:
    """Explain with these flags; the exit code."""
    try:
        name, options = parse_explain(arguments)
    except FlagError as error:
        return _refuse([*error.problems, "`tidegauge hpa explain --help` lists all flags"])
    if options.help:
        sys.stdout.write(_USAGE + explained(EXPLAIN_FLAGS))
        return Exit.FINE
    try:
        return asyncio.run(_explain(name, options))
    except NoSuchHpaError as error:
        return _refuse([str(error)])
    except ClusterError as error:
        _refuse([str(error)])
        return Exit.UNREACHABLE
    except KeyboardInterrupt:
        return Exit.FINE  # how a watch ends


async def _explain(name: str, options: ExplainOptions) -> int:
    """Raises ClusterError and NoSuchHpaError."""
    watched, period = Watched(), options.controller.period
    async with asker(options, options, environ) as asked:
        namespace = options.namespace or asked.namespace
        got = await look(asked.reader, namespace, name, Past(), period)
        _show(got.explanation, watched, options)
        while options.watch:
            got = await _again(asked.reader, got, period)
            _show(got.explanation, watched, options)
    unknown = got.explanation.verdict.outcome is Outcome.UNKNOWN
    return Exit.UNREACHABLE if unknown else Exit.FINE


async def _again(reader: Reader, got: Explained, period: float) -> Explained:
    """A moment before the controller looks next, or later where nothing can be read. Raises
    NoSuchHpaError.
    """
    namespace, name = got.explanation.namespace, got.explanation.name
    scaled = got.decision.outcome.status.last_scale_time
    while True:
        await asyncio.sleep(next_look(time(), period, scaled) - time())
        try:
            return await look(reader, namespace, name, got.past, period)
        except ClusterError as error:
            _refuse([str(error)])


def _show(told: Explanation, watched: Watched, options: ExplainOptions) -> None:
    watched.note(told)
    if options.output == "json":
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    elif options.output == "yaml":
        text = yaml.safe_dump(msgspec.to_builtins(told), sort_keys=False, allow_unicode=True)
        sys.stdout.write(f"---\n{text}" if options.watch else text)
    else:
        columns = min(get_terminal_size().columns, _COLUMNS)
        lines = [*screen(told, columns), *(watched.lines() if options.watch else ())]
        _draw(lines, again=options.watch)
    sys.stdout.flush()


def _draw(lines: Iterable[Line], *, again: bool) -> None:
    terminal = sys.stdout.isatty()
    if again:
        sys.stdout.write(_CLEAR if terminal else "\n")
    colour = terminal and not environ.get("NO_COLOR")
    sys.stdout.writelines(f"{ansi(line, colour=colour).rstrip()}\n" for line in lines)
