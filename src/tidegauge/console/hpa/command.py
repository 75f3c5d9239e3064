"""`tidegauge hpa VERB`: picks the verb."""

import sys
from collections.abc import Sequence
from importlib import import_module

from tidegauge.console.exits import Exit

USAGE = """\
What HorizontalPodAutoscalers do, would do, and why.

Usage:
  tidegauge hpa VERB [flags]

Verbs:
  explain   Why an HPA does what it does, and what it will do next.
  ls        All HPAs with what each will do next.
  lint      What is wrong with HPAs, in files or in the cluster.
  simulate  What an HPA would do under a load, in virtual time.
  loads     Make loads to try an HPA with.
  record    Keep what an HPA sees and does in a file that replays.
  replay    What an HPA would have done with what was recorded.

Examples:
  tidegauge hpa explain web -n shop
  tidegauge hpa ls -A
  tidegauge hpa VERB --help
        Flags and examples of a verb.
"""

VERBS = {
    "explain": "explain.command",
    "ls": "explain.ls",
    "lint": "lint.command",
    "simulate": "simulate.command",
    "loads": "simulate.loads",
    "record": "record.command",
    "replay": "record.replay",
}
"""The module of each, with a function of the verb's name."""


def hpa(arguments: Sequence[str]) -> int:
    """Run one verb; the exit code."""
    match arguments:
        case [verb, *rest] if verb in VERBS:
            # Here, not above: no verb need wait for the imports of another.
            module = import_module(f"tidegauge.console.hpa.{VERBS[verb]}")
            code: int = getattr(module, verb)(rest)
            return code
        case [] | ["--help" | "-h" | "help", *_]:
            sys.stdout.write(USAGE)
            return Exit.FINE
        case [word, *_]:
            sys.stderr.write(
                f"tidegauge hpa: there is no verb {word!r}; `tidegauge hpa --help` lists them\n"
            )
    return Exit.BAD_INPUT
