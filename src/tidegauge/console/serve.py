"""`tidegauge serve`: from flags to a running metrics server, and to an exit code."""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from functools import partial

from tidegauge import __version__
from tidegauge.cluster.errors import ClusterError
from tidegauge.console.commandline import FlagError
from tidegauge.console.exits import Exit
from tidegauge.console.flags import parse
from tidegauge.console.manual import usage
from tidegauge.console.options import Options
from tidegauge.console.process import run
from tidegauge.console.refusing import refuse
from tidegauge.console.running import ListenError
from tidegauge.security.files import FileError
from tidegauge.serving.trust import TrustError
from tidegauge.telemetry import logs

_refuse = partial(refuse, "serve")


def serve(arguments: Sequence[str]) -> int:
    """Run with these flags until told to stop; the exit code."""
    try:
        parsed = parse(arguments)
    except FlagError as error:
        return _refuse(error.problems)
    options = parsed.options
    if options.help or options.version:
        sys.stdout.write(usage() if options.help else f"tidegauge {__version__}\n")
        return Exit.FINE
    logs.configure("text" if options.logging_format == "text" else "json", options.v)
    return _run(options, parsed.warnings)


def _run(options: Options, warnings: Iterable[str]) -> int:
    log = logs.get_logger("serve")
    for warning in warnings:
        log.warning(warning)
    try:
        asyncio.run(run(options))
    except (ClusterError, FileError, TrustError, ListenError) as error:
        return _refuse([str(error)])
    return Exit.FINE
