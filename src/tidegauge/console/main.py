"""The entry: picks the command, and turns what went wrong into an exit code."""

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from tidegauge import __version__
from tidegauge.console.exits import Exit

USAGE = """\
Tidegauge, a metrics server for Kubernetes.

Usage:
  tidegauge COMMAND [flags]

Commands:
  serve       Collect what containers and nodes use; serve it as metrics.k8s.io.
  doctor      Find out what is wrong with a cluster's metrics.
  hpa         Explain, check and simulate HorizontalPodAutoscalers.
  controller  Scale workloads by their HorizontalPodAutoscalers.
  node        Stand in for a kubelet on any Linux host: serve what it uses.
  demo        Try all of it on a cluster that comes along.

Examples:
  tidegauge serve --help
        All flags, by section.
  tidegauge serve --kubeconfig=$HOME/.kube/config --secure-port=8443 --cert-dir=/tmp/tidegauge
        Outside of the cluster, for trying it.

  tidegauge --version prints the version.
"""

COMMANDS = {
    "serve": "tidegauge.console.serve",
    "doctor": "tidegauge.console.doctor.command",
    "hpa": "tidegauge.console.hpa.command",
    "node": "tidegauge.console.node",
    "controller": "tidegauge.console.controller",
    "demo": "tidegauge.console.demo.command",
}
"""The module of each, with a function of the command's name."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
"""Of a disk: nothing that we could mend."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit codes are those of `Exit`."""
    _open_standard_streams()
    _write_what_the_locale_has()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except BrokenPipeError:
        _write_no_more()
        return Exit.FINE
    except OSError as error:
        if error.errno not in _FULL:
            return _bug()
        _write_no_more()
        sys.stderr.write(f"tidegauge: cannot write the output: {error.strerror}\n")
        return Exit.BAD_INPUT
    except KeyboardInterrupt:  # before the command minds signals itself
        return Exit.INTERRUPTED
    except Exception:  # noqa: BLE001 (whatever it is, it is ours)
        return _bug()
    return code


def _bug() -> int:
    traceback.print_exc()
    sys.stderr.write("tidegauge: this is a bug; please report it with the lines above\n")
    return Exit.BUG


def _write_no_more() -> None:
    """The interpreter would try what is left in the buffer again at its end, and complain."""
    with suppress(OSError):  # no file of the system's, as in tests
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_standard_streams() -> None:
    """Those that we were started without: else the next file or socket would get their number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 (for the whole run)


def _write_what_the_locale_has() -> None:
    """Arrows and bars are question marks where the locale has none, not the end of everything."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _dispatch(words: list[str]) -> int:
    match words:
        case [word, *flags] if word in COMMANDS:
            # Here, not above: `tidegauge --help` need not wait for a server's imports.
            module = import_module(COMMANDS[word])
            code: int = getattr(module, word)(flags)
            return code
        case ["--version"]:
            sys.stdout.write(f"tidegauge {__version__}\n")
        case [] | ["--help" | "-h" | "help", *_]:
            sys.stdout.write(USAGE)
        case [word, *_]:
            if word.startswith("-"):
                problem = f"{word}: flags come after a command; `tidegauge --help` lists those"
            else:
                problem = f"there is no command {word!r}; `tidegauge --help` lists them"
            sys.stderr.write(f"tidegauge: {problem}\n")
            return Exit.BAD_INPUT
    return Exit.FINE


if __name__ == "__main__":
    sys.exit(main())
