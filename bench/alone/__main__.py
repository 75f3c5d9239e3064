"""The command; see `--help`."""

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.alone import needs
from bench.alone.figures import NOTE, Figure, as_json, markdown
from bench.alone.flags import parser
from bench.alone.measuring import PARTS, Job
from bench.compare.site import machine
from tests.realcluster.fleet import Fleet
from tests.realcluster.process import ProcessError

_begun = time.monotonic()


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 when a target is not kept."""
    args = parser().parse_args(argv)
    fleets = [Fleet(nodes, args.pods, args.containers) for nodes in args.nodes]
    if problems := _problems(fleets[-1], args.output):
        print("\n".join(problems), file=sys.stderr)
        return 2
    # Told to stop, we still end what we started.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda which, _: sys.exit(128 + which))
    names = "pods", "containers", "period", "seconds"
    facts = machine() | {name: getattr(args, name) for name in names}
    sizes = "-".join(map(str, args.nodes))
    stem = args.output / f"alone-{sizes}x{args.pods}x{args.containers}"
    job = Job(fleets, args.period, args.seconds, _say)
    figures: list[Figure] = []
    try:
        for part in args.parts:
            figures += PARTS[part](job)
            _write(stem, facts, figures)
    except ProcessError as error:
        print(error, file=sys.stderr)
        return 3
    print(markdown(figures))
    return 0 if all(figure.kept for figure in figures) else 1


def _problems(largest: Fleet, output: Path) -> list[str]:
    """Why this can't be measured here; the folder for the tables is made."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [f"--output: {error}"]
    return needs.shortages(largest, needs.open_files(), needs.available_memory())


def _write(stem: Path, facts: dict[str, Any], figures: Sequence[Figure]) -> None:
    """What there is so far: a failure takes no more than its own part."""
    lines = [f"{name}: {value}" for name, value in facts.items()]
    page = ["## By itself", "", *lines, "", markdown(figures), "", NOTE, ""]
    stem.with_suffix(".md").write_text("\n".join(page))
    stem.with_suffix(".json").write_text(as_json(facts, figures))
    _say(f"written to {stem}.md and .json")


def _say(line: str) -> None:
    print(f"{time.monotonic() - _begun:5.0f} s  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
