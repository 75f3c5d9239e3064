"""The command; see `--help`."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.alone import needs
from bench.alone.figures import Figure, as_json, markdown
from bench.alone.measuring import PARTS, Job
from bench.compare.site import PERIOD, machine
from tests.realcluster.fleet import Fleet
from tests.realcluster.process import ProcessError

_EXAMPLES = """\
examples:
  python -m bench.alone
        All of it, 1,000 and 10,000 nodes: a quarter of an hour.
  python -m bench.alone --nodes 100,300 --seconds 15 --parts scrape
        A small one, to see that it works: three minutes.
  python -m bench.alone --nodes 1000 --parts fast,crowd
        What is promised of 1,000 nodes.

exit codes: 0 when all targets are kept, 1 when one is not, 2 for flags or sizes that can't be
measured here, 3 when a process that belongs to it did not start or ended early
"""

_begun = time.monotonic()


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 when a target is not kept."""
    args = _parser().parse_args(argv)
    fleets = [Fleet(nodes, args.pods, args.containers) for nodes in sorted(set(args.nodes))]
    if short := needs.shortages(fleets[-1], needs.open_files(), needs.available_memory()):
        print("\n".join(short), file=sys.stderr)
        return 2
    # Told to stop, we still end what we started.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda which, _: sys.exit(128 + which))
    facts = {**machine(), "pods": args.pods, "containers": args.containers}
    job = Job(fleets, args.period, args.seconds, _say)
    figures: list[Figure] = []
    try:
        for part in args.parts:
            figures += PARTS[part](job)
            _write(args, facts, figures)
    except ProcessError as error:
        print(error, file=sys.stderr)
        return 3
    print(markdown(figures))
    return 0 if all(figure.kept for figure in figures) else 1


def _write(args: argparse.Namespace, facts: dict[str, Any], figures: Sequence[Figure]) -> None:
    """What there is so far: a failure takes no more than its own part."""
    lines = [f"{name}: {value}" for name, value in facts.items()]
    page = "\n".join(["## By itself", "", *lines, "", markdown(figures), ""])
    sizes = "-".join(map(str, args.nodes))
    stem = f"alone-{sizes}x{args.pods}x{args.containers}"
    folder = Path(args.output)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.md").write_text(page)
    (folder / f"{stem}.json").write_text(as_json(facts, figures))
    _say(f"written to {folder / stem}.md and .json")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.alone",
        description="Measure Tidegauge by itself on the embedded API server, against targets that "
        "are figures of their own. The machine should have nothing else to do.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--nodes",
        type=_sizes,
        default="1000,10000",
        help="sizes for `scrape`; the smallest is for the other parts too (default %(default)s)",
    )
    parser.add_argument("--pods", type=int, default=30, help="per node (default %(default)s)")
    parser.add_argument("--containers", type=int, default=2, help="per pod (default %(default)s)")
    parser.add_argument(
        "--period", type=float, default=PERIOD, help="of `scrape`, in seconds (default %(default)g)"
    )
    parser.add_argument(
        "--seconds", type=float, default=60, help="of each steady state (default %(default)g)"
    )
    parser.add_argument("--parts", type=_parts, default=",".join(PARTS), help="some of %(default)s")
    parser.add_argument(
        "--output", default="bench-results", help="folder for the tables (default %(default)s)"
    )
    return parser


def _sizes(text: str) -> list[int]:
    sizes = [int(each) for each in text.split(",")]
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError("at least one node")
    return sizes


def _parts(text: str) -> list[str]:
    parts = text.split(",")
    if unknown := sorted(set(parts) - {*PARTS}):
        problem = f"no {', '.join(unknown)}; there are {', '.join(PARTS)}"
        raise argparse.ArgumentTypeError(problem)
    return parts


def _say(line: str) -> None:
    minutes, seconds = divmod(int(time.monotonic() - _begun), 60)
    print(f"{minutes:3}:{seconds:02} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
