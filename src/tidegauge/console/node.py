"""`tidegauge node`: from flags to a running stand-in for a kubelet, and to an exit code."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial

from tidegauge import __version__
from tidegauge.console.commandline import FlagError
from tidegauge.console.exits import Exit
from tidegauge.console.nodeoptions import FLAGS, NodeOptions, parse
from tidegauge.console.nodeprocess import run
from tidegauge.console.refusing import refuse
from tidegauge.console.running import ListenError
from tidegauge.console.wording import explained
from tidegauge.sandbox.thismachine.machine import UnsupportedError
from tidegauge.security.files import FileError
from tidegauge.serving.trust import TrustError
from tidegauge.telemetry import logs

_refuse = partial(refuse, "node")

_USAGE = """\
Serve what this Linux host and everything on it use, as a kubelet does:
/metrics/resource, /stats/summary and /healthz over HTTPS. Services, containers
and slices are shown as pods, read from cgroups of version 1, 2 or both; without
these, processes by session.

Usage:
  tidegauge node [flags]

Examples:
  tidegauge node
        On port 10250, with a certificate and a token of its own making; it
        prints where they are and a command that uses them.
  tidegauge node --port=11250 --address=127.0.0.1 --housekeeping=2s
        Beside a kubelet, for this host only, with fresher figures.
  tidegauge node --tls-cert-file=node.crt --tls-private-key-file=node.key \\
      --token-file=/etc/tidegauge/token
        With a certificate and a token that others know already.
  tidegauge node --client-ca-file=ca.crt --client-allowed-names=metrics-server
        For clients that bring a certificate instead of the token.

Exit codes: 0 when told to stop; 2 for flags or files that can't be used, an
address that is taken, or a system that is not Linux; 70 for a bug.
"""

_NO_LINUX = (
    "usage is read from Linux' cgroups and /proc, and this is {}: run it on a Linux host or in a "
    "Linux virtual machine"
)


def node(arguments: Sequence[str]) -> int:
    """Run with these flags until told to stop; the exit code."""
    try:
        options = parse(arguments)
    except FlagError as error:
        return _refuse(error.problems)
    if options.help or options.version:
        version = f"tidegauge {__version__}\n"
        sys.stdout.write(_USAGE + explained(FLAGS) if options.help else version)
        return Exit.FINE
    if sys.platform != "linux":
        return _refuse([_NO_LINUX.format(sys.platform)])
    logs.configure("text" if options.logging_format == "text" else "json", options.v)
    return _run(options)


def _run(options: NodeOptions) -> int:
    try:
        asyncio.run(run(options, _say))
    except (FileError, TrustError, ListenError, UnsupportedError) as error:
        return _refuse([str(error)])
    return Exit.FINE


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
