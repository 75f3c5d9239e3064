"""The flags of the command, with what is wrong about them said before anything starts."""

import argparse
import math
from pathlib import Path

from bench.alone.figures import NOTE
from bench.alone.measuring import PARTS
from bench.compare.site import PERIOD

_ABOUT = """\
Measure Tidegauge by itself on the embedded API server, against targets that are figures of their
own: for 10,000 nodes each 15 s, for 1,000 each 5 s or with HPAs, all of 30 pods with two
containers. Other sizes are shown without. The machine should have nothing else to do.
"""

_EXAMPLES = f"""\
examples:
  python -m bench.alone
        All of it, 1,000 and 10,000 nodes: about ten minutes.
  python -m bench.alone --nodes 100,300 --seconds 15 --parts scrape
        A small one, to see that it works: three minutes.
  python -m bench.alone --nodes 1000 --parts fast,crowd
        A thousand nodes, asked each 5 s, and beside a thousand HPAs.

{NOTE}

exit codes: 0 when all targets are kept, 1 when one is not, 2 for flags or sizes that can't be
measured here, 3 when a process that belongs to it did not start or ended early
"""


def parser() -> argparse.ArgumentParser:
    """Gives `nodes` in order, `parts` as a list, and `output` as a path."""
    made = argparse.ArgumentParser(
        prog="python -m bench.alone",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--nodes",
        type=sizes,
        default="1000,10000",
        help="sizes for `scrape`; the smallest is for the other parts too (default %(default)s)",
    )
    made.add_argument("--pods", type=count, default=30, help="per node (default %(default)s)")
    made.add_argument("--containers", type=count, default=2, help="per pod (default %(default)s)")
    made.add_argument(
        "--period",
        type=seconds,
        default=PERIOD,
        help="of `scrape`, in seconds (default %(default)g)",
    )
    made.add_argument(
        "--seconds", type=seconds, default=60.0, help="of each steady state (default %(default)g)"
    )
    made.add_argument("--parts", type=parts, default=",".join(PARTS), help="some of %(default)s")
    made.add_argument(
        "--output",
        type=Path,
        default=Path("bench-results"),
        help="folder for the tables (default %(default)s)",
    )
    return made


def count(text: str) -> int:
    if (found := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few: it takes 1 or more")
    return found


def sizes(text: str) -> list[int]:
    return sorted({count(each) for each in text.split(",")})


def seconds(text: str) -> float:
    if not 1 <= (found := float(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no time to measure for: it takes 1 or more")
    return found


def parts(text: str) -> list[str]:
    found = text.split(",")
    if unknown := sorted(set(found) - {*PARTS}):
        problem = f"no {', '.join(unknown)}; there are {', '.join(PARTS)}"
        raise argparse.ArgumentTypeError(problem)
    return found
