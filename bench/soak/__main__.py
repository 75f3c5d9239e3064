"""The command; see `--help`."""

import argparse
import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from bench.soak.census import cached, types
from bench.soak.running import PERIOD, QUIET, Scale, Soak, runner
from bench.soak.verdict import LEAST_HOURS, WARM_UP, Hour, grown, growth
from tests.clock import ManualClock
from tidegauge.telemetry import logs

HOUR = round(3600 / PERIOD)
"""In periods."""

FLOOD = 20_000
"""Before the first hour so many pods come and go, each with labels and a namespace of its own, and
somebody new asks for it: more than any cache remembers, so that most are full from then on."""

_SHOWN = 20
"""Of what has grown."""

_HEAD = "hour  resident MB     blocks  table entries   cached  pods gone  nodes gone  pods served"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 when memory is not flat, or not all is served."""
    args = _parser().parse_args(argv)
    if args.hours < LEAST_HOURS or args.nodes < 2 or args.pods < 1:
        bounds = f"--hours must be {LEAST_HOURS} or more, --nodes 2 or more, --pods 1 or more"
        print(bounds, file=sys.stderr)
        return 2
    with Path(os.devnull).open("wb") as nowhere:
        logs.configure("json", stream=nowhere)
        clock = ManualClock()
        with runner(clock) as running:
            hours, more = running.run(_soak(args, clock))
    wanted = args.nodes * args.pods
    problems = growth(hours) + [
        f"hour {hour.hour}: {hour.served} of {wanted} pods are served"
        for hour in hours
        if hour.served != wanted
    ]
    if args.output == "json":
        rows = [hour._asdict() | {"tables": hour.tables.total()} for hour in hours]
        print(json.dumps({"hours": rows, "problems": problems, "types": more if problems else []}))
    else:
        print(_verdict(problems, more))
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak",
        description="Run a server for hours of its own time in minutes, in a cluster whose pods, "
        "nodes and clients come and go, and see whether its memory stays flat. 24 hours of 60 "
        "nodes take about eight minutes.",
    )
    parser.add_argument(
        "--hours", type=int, default=24, help="of the server's own time; 6 or more, 24 unless given"
    )
    parser.add_argument("--nodes", type=int, default=60)
    parser.add_argument("--pods", type=int, default=30, help="per node")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    return parser


async def _soak(
    args: argparse.Namespace, clock: ManualClock
) -> tuple[list[Hour], list[tuple[str, int, int]]]:
    """The hours, the first of them being the flood, and objects by type that are more."""
    soak, hours = Soak(Scale(args.nodes, args.pods), clock), list[Hour]()
    began, before = time.monotonic(), Counter[str]()
    print("filling all caches, which takes half a minute", file=sys.stderr)
    if args.output == "text":
        print(_HEAD, flush=True)
    async with soak.running():
        gc.collect()
        gc.freeze()  # as the server does
        async for hour in _hours(soak, args.hours):
            hours.append(hour)
            if args.output == "text":
                print(_row(hour), flush=True)
            if hour.hour == 0:
                began = time.monotonic()
            else:
                left = (time.monotonic() - began) / hour.hour * (args.hours - hour.hour)
                print(f"about {left:.0f} s left", file=sys.stderr)
            if hour.hour <= WARM_UP:  # each time, since it takes memory that hours to come have too
                before = types()
        return hours, grown(before, types())


async def _hours(soak: Soak, count: int) -> AsyncIterator[Hour]:
    await soak.flood(FLOOD)
    yield await _measured(soak, 0)
    for number in range(1, count + 1):
        await soak.run(HOUR - QUIET)
        yield await _measured(soak, number)


async def _measured(soak: Soak, hour: int) -> Hour:
    served = await soak.settle()
    gc.collect()
    blocks = sys.getallocatedblocks()
    return Hour(
        hour,
        round(_resident() / 1e6, 1),
        blocks,
        soak.census(),
        cached().total(),
        soak.world.gone_pods,
        soak.world.gone_nodes,
        served,
    )


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _row(hour: Hour) -> str:
    return (
        f"{hour.hour:4} {hour.resident_mb:12.1f} {hour.blocks:10,} {hour.tables.total():14,}"
        f" {hour.cached:8,} {hour.gone_pods:10,} {hour.gone_nodes:11,} {hour.served:12,}"
    )


def _verdict(problems: Sequence[str], more: Sequence[tuple[str, int, int]]) -> str:
    if not problems:
        return f"flat: the last third of the hours against the first one after hour {WARM_UP}"
    rows = [f"  {name}: {before:,} to {after:,}" for name, before, after in more[:_SHOWN]]
    return "\n".join(["not as promised:", *(f"  {each}" for each in problems), "objects:", *rows])


if __name__ == "__main__":
    sys.exit(main())
