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
from bench.soak.verdict import Hour, grown, growth
from tests.clock import ManualClock
from tidegauge.telemetry import logs

HOUR = round(3600 / PERIOD)
"""In periods."""

FLOOD_PERIODS, FLOOD_PODS = 100, 256
"""Before the first hour so many pods come each period, each with labels and a namespace of its own,
and somebody new asks for it: more than any cache remembers, so that all are full from then on."""

_SHOWN = 20
"""Of what has grown."""

_HEAD = "hour  resident MB     blocks  table entries   cached  pods gone  nodes gone  pods served"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 when memory is not flat."""
    args = _parser().parse_args(argv)
    if args.hours < 2 or args.nodes < 2 or args.pods < 1:
        print("--hours and --nodes must be 2 or more, --pods 1 or more", file=sys.stderr)
        return 2
    with Path(os.devnull).open("wb") as nowhere:
        logs.configure("json", stream=nowhere)
        clock = ManualClock()
        with runner(clock) as running:
            hours, more = running.run(_soak(args, clock))
    problems = growth(hours)
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
    parser.add_argument("--hours", type=int, default=24, help="of the server's time, 2 at least")
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
    if args.output == "text":
        print(_HEAD, flush=True)
    async with soak.running():
        gc.collect()
        gc.freeze()  # as the server does
        async for hour in _hours(soak, args.hours):
            hours.append(hour)
            if args.output == "text":
                print(_row(hour), flush=True)
            elif len(hours) > 1:
                left = (time.monotonic() - began) / hour.hour * (args.hours - hour.hour)
                print(f"hour {hour.hour}, about {left:.0f} s left", file=sys.stderr, flush=True)
            if hour.hour == max(1, (args.hours + 1) // 4):
                before = types()
        return hours, grown(before, types())


async def _hours(soak: Soak, count: int) -> AsyncIterator[Hour]:
    await soak.flood(FLOOD_PERIODS, FLOOD_PODS)
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
        return "flat: the last quarter of the hours against the second"
    rows = [f"  {name}: {before:,} to {after:,}" for name, before, after in more[:_SHOWN]]
    return "\n".join(["not flat:", *(f"  {each}" for each in problems), "objects:", *rows])


if __name__ == "__main__":
    sys.exit(main())
