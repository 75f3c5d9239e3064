"""The flags of `tidegauge node`, declared once, and the way from a command line to options."""

import os
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from tidegauge.console import goflags
from tidegauge.console.commandline import FlagError, flag_faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.kinds import DURATION, FILE, INTEGER, IP, SWITCH, TEXT, WORDS
from tidegauge.console.options import Logging

_NODE_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)


@dataclass(frozen=True, kw_only=True)
class General:
    title: ClassVar = "General"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False
    version: Annotated[bool, Flag(SWITCH, "Show the version and exit.")] = False


@dataclass(frozen=True, kw_only=True)
class Measuring:
    title: ClassVar = "Measuring"

    name: Annotated[
        str, Flag(TEXT, "Name of this node, a DNS name.", default="the host's, in lower case")
    ] = ""
    housekeeping: Annotated[
        float,
        Flag(
            DURATION,
            "How often usage is read. Who asks more often gets the same figures and stamps.",
            at_least=1,
            at_most=300,
        ),
    ] = 10.0


@dataclass(frozen=True, kw_only=True)
class Serving:
    title: ClassVar = "Serving"

    port: Annotated[int, Flag(INTEGER, "Port to serve HTTPS on.", at_least=1, at_most=65535)] = (
        10250
    )
    address: Annotated[
        str, Flag(IP, "Address to listen on; 0.0.0.0 and :: mean all of both families.")
    ] = "0.0.0.0"  # noqa: S104  (where kubelets listen)
    cert_dir: Annotated[
        str,
        Flag(
            TEXT,
            "Where the self-made certificate, its authority and the self-made token are kept.",
            default="$XDG_STATE_HOME/tidegauge/node, or ~/.local/state/tidegauge/node",
        ),
    ] = ""
    tls_cert_file: Annotated[
        str,
        Flag(
            FILE,
            "Certificate to serve with, followed by its intermediates; reloaded when it changes.",
            default="a self-made one",
        ),
    ] = ""
    tls_private_key_file: Annotated[str, Flag(FILE, "Key of that certificate.")] = ""


@dataclass(frozen=True, kw_only=True)
class Asking:
    title: ClassVar = "Who may ask"

    token_file: Annotated[
        str,
        Flag(
            FILE,
            "The bearer token that opens everything here; reloaded when it changes.",
            default="a self-made one, in token of --cert-dir",
        ),
    ] = ""
    client_ca_file: Annotated[
        str,
        Flag(FILE, "Authorities whose client certificates are believed too.", default="none"),
    ] = ""
    client_allowed_names: Annotated[
        tuple[str, ...],
        Flag(WORDS, "Common names that such certificates may have; none means any."),
    ] = ()


SECTIONS = (General, Measuring, Serving, Asking, Logging)

FLAGS = declare(SECTIONS)
"""In the order of `--help`."""


@dataclass(frozen=True, kw_only=True)
class NodeOptions(Logging, Asking, Serving, Measuring, General):
    """What the flags say. Durations are seconds; files are paths, empty where not given."""

    @property
    def node_name(self) -> str:
        return self.name or socket.gethostname().lower()

    @property
    def state(self) -> Path:
        """Where what we make ourselves is kept."""
        if self.cert_dir:
            return Path(self.cert_dir)
        base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111  (Path.home raises where there is no home)
        return Path(base) / "tidegauge" / "node"


def parse(arguments: Sequence[str]) -> NodeOptions:
    """Options from the arguments after the command's name. FlagError lists all that is wrong.

    When help or the version is asked for, nothing else is checked.
    """
    given = goflags.read(arguments, vocabulary(FLAGS))
    read, unreadable = values(given.texts, FLAGS)
    options = NodeOptions(**read)
    if options.help or options.version:
        return options
    if found := [*given.problems, *unreadable, *flag_faults(FLAGS, read), *_problems(options)]:
        raise FlagError(found)
    return options


def _problems(options: NodeOptions) -> Iterator[str]:
    if not _NODE_NAME.fullmatch(options.node_name):
        yield (
            f"--name: {options.node_name!r} cannot be a node's name: use lower-case letters, "
            "digits, dashes and dots, at most 253"
        )
    if bool(options.tls_cert_file) != bool(options.tls_private_key_file):
        yield "--tls-cert-file, --tls-private-key-file: give both or neither"
    if options.client_allowed_names and not options.client_ca_file:
        yield "--client-allowed-names: needs --client-ca-file: give both, or remove this one"
