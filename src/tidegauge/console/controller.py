"""`tidegauge controller`: from flags to a running HPA controller, and to an exit code."""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from functools import partial

from tidegauge import __version__
from tidegauge.cluster.errors import ClusterError
from tidegauge.console.commandline import FlagError
from tidegauge.console.controlleroptions import FLAGS, ControllerOptions, parse
from tidegauge.console.controllerprocess import run
from tidegauge.console.exits import Exit
from tidegauge.console.refusing import refuse
from tidegauge.console.running import ListenError
from tidegauge.console.wording import explained
from tidegauge.security.files import FileError
from tidegauge.telemetry import logs

_refuse = partial(refuse, "controller")

_USAGE = """\
Scale workloads by their HorizontalPodAutoscalers, as kube-controller-manager
does it, for clusters where its own controller is switched off by
--controllers=*,-horizontal-pod-autoscaler-controller.

Usage:
  tidegauge controller [flags]

Examples:
  tidegauge controller
        In a pod: all namespaces, every 15s, while it holds the Lease
        kube-system/tidegauge-controller.
  tidegauge controller --namespaces=shop,search --horizontal-pod-autoscaler-sync-period=5s
        Only there, and three times as often. kube-controller-manager's own
        controller must still be off: it looks after all namespaces.
  tidegauge controller --kubeconfig=$HOME/.kube/config --leader-elect=false \\
      --memory=file:/tmp/histories --metrics-bind-address=127.0.0.1:8080
        Outside of the cluster, for trying it.

Durations are written as 15s, 1m30s or 500ms. A switch is turned off by
--flag=false. Lists are separated by commas.

Exit codes: 0 when told to stop; 2 for flags or files that can't be used, or an
address that is taken; 70 for a bug.
"""


def controller(arguments: Sequence[str]) -> int:
    """Run with these flags until told to stop; the exit code."""
    try:
        options, warnings = parse(arguments)
    except FlagError as error:
        return _refuse(error.problems)
    if options.help or options.version:
        version = f"tidegauge {__version__}\n"
        sys.stdout.write(_USAGE + explained(FLAGS) if options.help else version)
        return Exit.FINE
    logs.configure("text" if options.logging_format == "text" else "json", options.v)
    return _run(options, warnings)


def _run(options: ControllerOptions, warnings: Iterable[str]) -> int:
    for warning in warnings:
        logs.get_logger("controller").warning(warning)
    try:
        asyncio.run(run(options))
    except (ClusterError, FileError, ListenError) as error:
        return _refuse([str(error)])
    return Exit.FINE
