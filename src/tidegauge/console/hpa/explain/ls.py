"""`tidegauge hpa ls`: all HPAs, and what each will do next."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from os import environ
from shutil import get_terminal_size

import msgspec
import yaml

from tidegauge.autoscale.explaining.explanation import Explanation
from tidegauge.autoscale.explaining.recollecting import Past
from tidegauge.cluster.errors import ClusterError
from tidegauge.console.commandline import FlagError
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.asking import Asker, asker
from tidegauge.console.hpa.explain.looking import Surroundings, look_at, surroundings
from tidegauge.console.hpa.explain.options import LS_FLAGS, LsOptions, parse_ls
from tidegauge.console.hpa.explain.table import table
from tidegauge.console.refusing import refuse
from tidegauge.console.spans import ansi
from tidegauge.console.wording import explained

_refuse = partial(refuse, "hpa ls", hint=False)

_USAGE = """\
All HPAs, and what each will do next: each is decided as its controller does it, from
what can be read with your own rights. `tidegauge hpa explain NAME` says why.

Usage:
  tidegauge hpa ls [flags]

Examples:
  tidegauge hpa ls -n shop
  tidegauge hpa ls -A
  tidegauge hpa ls -A -o json | jq -r '.[] | select(.verdict.outcome == "blocked") | .name'

Exit codes: 0 when they were listed; 2 for flags or files that can't be used; 3 when
the cluster can't be reached or does not let you list them; 70 for a bug.
"""

_AT_ONCE = 8
"""HPAs that are looked at at a time: some dozen requests."""

_PATIENCE = 2.0
"""Seconds before we say how far we are."""

_PIPED = 200
"""Columns where no terminal sets them: enough for whole sentences."""


def ls(arguments: Sequence[str]) -> int:
    """List with these flags; the exit code."""
    try:
        options = parse_ls(arguments)
    except FlagError as error:
        return _refuse([*error.problems, "`tidegauge hpa ls --help` lists all flags"])
    if options.help:
        sys.stdout.write(_USAGE + explained(LS_FLAGS))
        return Exit.FINE
    try:
        told = asyncio.run(_all(options))
    except ClusterError as error:
        _refuse([str(error)])
        return Exit.UNREACHABLE
    _show(told, options)
    return Exit.FINE


async def _all(options: LsOptions) -> list[Explanation]:
    """Raises ClusterError."""
    async with asker(options, options, environ) as asked:
        namespace = "" if options.all_namespaces else options.namespace or asked.namespace
        found = await surroundings(asked.reader, namespace)
        return await _Looks(asked, found, options.controller.period).all()


class _Looks:
    """Several at a time, and how many are done."""

    def __init__(self, asked: Asker, found: Surroundings, period: float) -> None:
        self._asked = asked
        self._found = found
        self._period = period
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._done = 0

    async def all(self) -> list[Explanation]:
        """By namespace and name. Raises ClusterError."""
        progress = asyncio.create_task(self._progress())
        try:
            return await asyncio.gather(*map(self._look, sorted(self._found.near)))
        finally:
            progress.cancel()

    async def _look(self, key: str) -> Explanation:
        async with self._turn:
            got = await look_at(self._asked.reader, self._found, key, Past(), self._period)
        self._done += 1
        return got.explanation

    async def _progress(self) -> None:
        while True:
            await asyncio.sleep(_PATIENCE)
            sys.stderr.write(f"looked at {self._done} of {len(self._found.near)} HPAs ...\n")


def _show(told: Sequence[Explanation], options: LsOptions) -> None:
    if options.output == "json":
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    elif options.output == "yaml":
        plain = msgspec.to_builtins(told)
        sys.stdout.write(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))
    elif not told:
        sys.stderr.write("there are no HPAs here; -A looks in all namespaces\n")
    else:
        terminal = sys.stdout.isatty()
        colour = terminal and not environ.get("NO_COLOR")
        columns = get_terminal_size().columns if terminal else _PIPED
        for line in table(told, columns):
            sys.stdout.write(f"{ansi(line, colour=colour).rstrip()}\n")
