"""`tidegauge demo`: from flags to a running demo, and to an exit code."""

import asyncio
import os
import sys
from collections.abc import Sequence
from functools import partial

from tidegauge.console.commandline import FlagError
from tidegauge.console.demo import control, terminal
from tidegauge.console.demo.options import FLAGS, DemoOptions, parse
from tidegauge.console.demo.orders import FAILED
from tidegauge.console.demo.running import run
from tidegauge.console.exits import Exit
from tidegauge.console.refusing import refuse
from tidegauge.console.wording import explained
from tidegauge.sandbox.faults.declared import FAULTS
from tidegauge.sandbox.faults.playing import FaultError
from tidegauge.sandbox.simulation.library import StoryError

_refuse = partial(refuse, "demo")

_USAGE = """\
Try the metrics server and the HPA controller on a cluster that comes with them: an API server,
nine simulated nodes under load and, on Linux, this machine, all in this process and over the
real protocols. It prints a kubeconfig for kubectl, then shows the cluster until told to stop.

Usage:
  tidegauge demo [flags]
  tidegauge demo fault NAME[=NODE]      begin a fault in the running demo
  tidegauge demo fault --clear [NAME[=NODE]]
  tidegauge demo fault --list

Examples:
  tidegauge demo
        A shop's day, on the screen: HPAs scale, and say why; f plays faults, q ends it.
  tidegauge demo --story=flash-sale
        Six times the customers, a minute after the start.
  tidegauge demo --for=60s
        Without a terminal: a summary at the end, and exit code 1 if anything promised lacked.
  tidegauge demo --for=30s --fault=wrong-certificate=worker-4 -o json
        With a fault, for programs.
  tidegauge demo fault node-down=worker-2
        In another terminal; what to watch for is printed. Of several demos it is the one
        whose kubeconfig KUBECONFIG names, else the newest.

Exit codes: 0 when all was there; 1 when something promised was not; 2 for flags, stories or
faults that can't be used; 3 when no demo runs that a fault could be played in; 70 for a bug.
"""


def demo(arguments: Sequence[str]) -> int:
    """Run with these flags until told to stop; the exit code."""
    if arguments[:1] == ["fault"]:
        return _fault(arguments[1:])
    try:
        options = parse(arguments)
    except FlagError as error:
        return _refuse(error.problems)
    if options.help:
        sys.stdout.write(_USAGE + explained(FLAGS))
        return Exit.FINE
    return _run(options)


def _run(options: DemoOptions) -> int:
    live = options.output == "text" and terminal.usable()
    try:
        return asyncio.run(run(options, _say, live=live))
    except (StoryError, FaultError) as error:
        return _refuse(str(error).splitlines())
    except BrokenPipeError:
        raise  # who read our output has had enough
    except OSError as error:  # while it runs, they come in groups
        return _refuse([f"cannot start: {error}; its files need some room, TMPDIR says where"])


def _fault(words: Sequence[str]) -> int:
    """Tell the demo that KUBECONFIG is of; without it the newest that runs."""
    match words:
        case ["--list"]:
            line = "list"
        case ["--clear", *which] if len(which) <= 1:
            line = " ".join(["clear", *which])
        case [name] if not name.startswith("-"):
            line = f"begin {name}"
        case _:
            names = ", ".join(each.name for each in FAULTS)
            return _refuse([f"fault: give NAME[=NODE], --clear or --list; faults are {names}"])
    for folder in control.demos(os.environ.get("KUBECONFIG", "")):
        try:
            answer = asyncio.run(control.ask(folder, line))
        except OSError:
            continue  # one that was killed, and could not clean up
        failed = answer.startswith(FAILED)
        (sys.stderr if failed else sys.stdout).write(answer.removeprefix(FAILED))
        return Exit.BAD_INPUT if failed else Exit.FINE
    sys.stderr.write("tidegauge demo fault: no demo runs here; start one with `tidegauge demo`\n")
    return Exit.UNREACHABLE


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
