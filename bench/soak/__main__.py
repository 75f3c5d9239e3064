"""The command; see `--help`."""

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from bench.soak.running import PERIOD, QUIET, Scale, Soak, runner
from bench.soak.verdict import LEAST_HOURS, Hour, growth
from tests.clock import ManualClock
from tidegauge.telemetry import logs

HOUR = round(3600 / PERIOD)
"""In periods."""

CACHE_FILLING = 20_000
"""Before the first hour so many pods come and go, each with labels and a namespace of its own, and
somebody new asks for it: more than any cache remembers, so that most are full from then on."""

LEAST_NODES = 3
"""One may be lost, and pods move from one node to another."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 when memory is not flat, or not all is served."""
    args = _parser().parse_args(argv)
    if args.hours < LEAST_HOURS or args.nodes < LEAST_NODES or args.pods < 1:
        least = f"--hours {LEAST_HOURS}, --nodes {LEAST_NODES}, --pods 1"
        print(f"too small: it takes at least {least}", file=sys.stderr)
        return 2
    text = args.output == "text"
    with Path(os.devnull).open("wb") as nowhere:
        logs.configure("json", stream=nowhere)
        clock = ManualClock()
        with runner(clock) as running:
            hours = running.run(_soak(args, clock, sys.stdout if text else sys.stderr))
    wanted = args.nodes * args.pods
    problems = growth(hours) + [
        f"hour {hour.hour}: {hour.served} of {wanted} pods are served"
        for hour in hours
        if hour.served != wanted
    ]
    if text:
        print(_verdict(problems))
    else:
        print(json.dumps({"hours": [hour.columns() for hour in hours], "problems": problems}))
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak",
        description="Run a server for hours of its own time in minutes, in a cluster whose pods, "
        "nodes and clients come and go, and see whether its memory stays flat. Sockets, HTTP and "
        "TLS are not in it. 24 hours of 60 nodes take about eight minutes.",
    )
    parser.add_argument(
        "--hours", type=int, default=24, help="of the server's own time; 6 or more, 24 unless given"
    )
    parser.add_argument("--nodes", type=int, default=60, help="3 or more")
    parser.add_argument("--pods", type=int, default=30, help="per node")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    return parser


async def _soak(args: argparse.Namespace, clock: ManualClock, rows: TextIO) -> list[Hour]:
    """The hours, the first of them being that in which caches fill; `rows` tell how far it is."""
    soak, hours = Soak(Scale(args.nodes, args.pods), clock), list[Hour]()
    print("filling all caches, which takes half a minute", file=sys.stderr)
    print("".join(f"{name:>12}" for name in Hour._fields), file=rows, flush=True)
    async with soak.running():
        await soak.flood(CACHE_FILLING)
        for number in range(args.hours + 1):
            if number:
                await soak.run(HOUR - QUIET)
            hours.append(await _measured(soak, number))
            cells = hours[-1].columns().values()
            print("".join(f"{cell:12,}" for cell in cells), file=rows, flush=True)
    return hours


async def _measured(soak: Soak, hour: int) -> Hour:
    served = await soak.settle()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    gc.collect()  # after that: it gives back what the server as it runs would still hold
    blocks = sys.getallocatedblocks()
    world = soak.world
    tables = soak.census()
    megabytes = round(resident / 1e6, 1)
    return Hour(hour, megabytes, blocks, tables, world.gone_pods, world.gone_nodes, served)


def _verdict(problems: Sequence[str]) -> str:
    if not problems:
        return "flat: the last third of the hours against the one before"
    return "\n".join(["not as promised:", *(f"  {each}" for each in problems)])


if __name__ == "__main__":
    sys.exit(main())
