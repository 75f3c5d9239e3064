"""The command; see `--help`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.flame.drawing import picture
from bench.flame.stacks import BadStacksError, Profile, profile, read

_TORN = 0.02
"""Of the samples; py-spy that stops the process for each sample tears fewer."""

_EXAMPLE = r"""example:
  py-spy records from outside; it goes into an environment of its own.

    python -m venv /tmp/py-spy && /tmp/py-spy/bin/pip install py-spy
    /tmp/py-spy/bin/py-spy record --format raw --rate 200 --duration 60 --output steady.raw \
        --pid "$(pgrep -f 'tidegauge serve')"
    python -m bench.flame steady.raw --output flame.svg

  Without --nonblocking, for stacks that change while they are read are torn; and without --native:
  the time of a C function counts to the Python function that calls it.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 2 for files that can't be read or written, named with the line."""
    args = _parser().parse_args(argv)
    try:
        found = _profile(args.stacks)
        args.output.write_text(picture(found, args.title, args.least / 100), encoding="utf-8")
    except (BadStacksError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    _say(found, args.output)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.flame",
        description="Draw a flame graph: which functions of a running server take its CPU time.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stacks", type=Path, help="what py-spy recorded")
    parser.add_argument(
        "--output", type=Path, default=Path("flame.svg"), help="the picture; %(default)s by default"
    )
    parser.add_argument(
        "--title", default="Where the CPU time goes", help="its heading; '%(default)s' by default"
    )
    parser.add_argument(
        "--least",
        type=percent,
        default=0.7,
        metavar="PERCENT",
        help="functions with less of the work are left out; %(default)s by default",
    )
    return parser


def percent(words: str) -> float:
    """From 0 to 100."""
    value = float(words)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{words} is not from 0 to 100")
    return value


def _profile(file: Path) -> Profile:
    try:
        with file.open(encoding="utf-8") as lines:
            found = profile(read(lines, str(file)))
    except UnicodeDecodeError as error:
        raise BadStacksError(f"{file}: no text: {error.reason} at byte {error.start}") from None
    if not found.work:
        raise BadStacksError(f"{file}: no work in it, only waiting; record a server that is busy")
    return found


def _say(found: Profile, output: Path) -> None:
    work, seen = found.work.total(), found.work.total() + found.waiting + found.torn
    print(f"{output}: {work} samples of work out of {seen}", file=sys.stderr)
    if found.torn > seen * _TORN:
        print(f"{found.torn} are torn: record without --nonblocking", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
