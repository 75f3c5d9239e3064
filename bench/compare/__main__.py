"""The command; see `--help`."""

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.compare import measuring
from bench.compare.figures import Figure, as_json, markdown
from bench.compare.measuring import PARTS, Measured, Results, Subject
from bench.compare.site import PERIOD, Site, setup, site
from tests.realcluster.fleet import Fleet
from tests.realcluster.servers import MetricsServer

TOGETHER, FLOOR = "together", "floor"
ALL_PARTS = (*PARTS, TOGETHER, FLOOR)

REST_SECONDS, RESTING_CORES = 120, 0.1
"""It comes to rest within a few seconds, and uses a fiftieth of a core then."""

_begun = time.monotonic()


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 when a promised ratio is not kept."""
    args = _parser().parse_args(argv)
    parts = args.parts.split(",")
    if unknown := set(parts) - {*ALL_PARTS}:
        print(f"--parts: no {', '.join(sorted(unknown))}; there are {', '.join(ALL_PARTS)}")
        return 2
    # Told to stop, we still end what we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    fleet = Fleet(args.nodes, args.pods, args.containers)
    facts = setup(fleet, args.minutes)
    with site(fleet, _say) as place:
        figures = _measure(place, parts, args.minutes * 60)
    title = f"{fleet.nodes} nodes, {fleet.pods} pods a node, {fleet.containers} containers a pod"
    stem = f"{fleet.nodes}x{fleet.pods}x{fleet.containers}"
    lines = [f"{name}: {value}" for name, value in facts.items()]
    page = "\n".join([f"## {title}", "", *lines, "", markdown(figures), ""])
    folder = Path(args.output)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.md").write_text(page)
    (folder / f"{stem}.json").write_text(as_json(facts, figures))
    print(page)
    _say(f"written to {folder / stem}.md and .json")
    return 0 if all(figure.kept for figure in figures) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.compare",
        description="Compare Tidegauge with the Go metrics-server on a real control plane. The "
        "machine should have nothing else to do. A full run takes 25 minutes and more.",
    )
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--pods", type=int, default=30, help="per node")
    parser.add_argument("--containers", type=int, default=2, help="per pod")
    parser.add_argument("--minutes", type=float, default=4, help="of steady state to measure")
    parser.add_argument("--parts", default=",".join(ALL_PARTS), help="some of %(default)s")
    parser.add_argument("--output", default="bench-results", help="folder for the tables")
    return parser


def _measure(place: Site, parts: Sequence[str], seconds: float) -> list[Figure]:
    """Each server by itself, then both at once, then the floor of scraping."""
    ours = _alone(place, place.ours(), parts, seconds)
    theirs = _alone(place, place.theirs(), parts, seconds)
    figures = [_figure(name, ours[name], theirs[name]) for name in ours]
    if TOGETHER in parts:
        figures += _together(place, seconds)
    if FLOOR in parts:
        figures.append(_floor(place, seconds, theirs))
    return figures


def _figure(name: str, ours: Measured, theirs: Measured) -> Figure:
    return Figure(name, ours.unit, ours.samples, theirs.samples, ours.limit)


def _alone(place: Site, server: MetricsServer, parts: Sequence[str], seconds: float) -> Results:
    _rest(place)
    begun = time.monotonic()
    with server:
        subject = Subject(place, server, lambda what: _say(f"{server.name}: {what}"))
        found = measuring.start(subject, begun)
        for name, part in PARTS.items():
            if name in parts:
                found |= part(subject, seconds)
        return found


def _rest(place: Site) -> None:
    """Until kube-apiserver has taken in all objects: 150,000 pods keep it busy for half a minute,
    and the server that is started first would pay for it.
    """
    _say("waiting until kube-apiserver is at rest")
    used = place.plane.apiserver.cpu_seconds()
    for _ in range(REST_SECONDS):
        time.sleep(1.0)
        before, used = used, place.plane.apiserver.cpu_seconds()
        if used - before < RESTING_CORES:
            return
    _say("it is not at rest: the server that comes now is measured beside it")


def _together(place: Site, seconds: float) -> list[Figure]:
    """The steady state of both in the same minutes, measured one inside the other's."""
    with ExitStack() as stack:
        both = [stack.enter_context(server) for server in (place.ours(), place.theirs())]
        _say("both servers: warming up")
        for server in both:
            server.wait_ready(measuring.START_SECONDS)
        time.sleep(measuring.WARM_PERIODS * PERIOD)
        _say(f"both servers: steady state for {seconds:.0f} s")
        samples: list[list[float]] = [[], []]
        for _ in range(max(1, round(seconds / PERIOD))):
            before = [server.cpu_seconds() for server in both]
            time.sleep(PERIOD)
            for used, server, cores in zip(before, both, samples, strict=True):
                cores.append((server.cpu_seconds() - used) / PERIOD * 1000)
    return [Figure("steady CPU, both in the same minutes", "mCPU", samples[0], samples[1], 0.6)]


def _floor(place: Site, seconds: float, theirs: Results) -> Figure:
    _say("the floor: receiving and decrypting alone")
    command = [sys.executable, "-m", "bench.compare.floor", f"--nodes={place.fleet.nodes}"]
    command += [f"--port={place.port}", f"--seconds={max(seconds, PERIOD)}"]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    cores = theirs["steady CPU"].samples if "steady CPU" in theirs else [float("nan")]
    return Figure("floor: receiving and decrypting in Python", "mCPU", json.loads(output), cores)


def _say(line: str) -> None:
    minutes, seconds = divmod(int(time.monotonic() - _begun), 60)
    print(f"{minutes:3}:{seconds:02} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
