"""The stand-in for a kubelet as one process: wired together, started, and ended in order."""

import asyncio
import secrets
import shlex
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from tidegauge.console.nodeoptions import NodeOptions
from tidegauge.console.running import bound, reporter, told_to_stop
from tidegauge.sandbox.endpoint import BEARER, Endpoint
from tidegauge.sandbox.thismachine.housekeeping import Housekeeping
from tidegauge.sandbox.thismachine.machine import Machine
from tidegauge.security.files import FileError, Report, TokenBearer, WatchedFile, replace_file
from tidegauge.security.selfmade import SelfMadePair
from tidegauge.security.serving_context import PairFiles, PairSource, ServingContext
from tidegauge.serving.authentication import Authenticator, TokenCache
from tidegauge.serving.messages import User
from tidegauge.serving.server import Server
from tidegauge.serving.trust import LiveTrust
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.clock import Clock, SystemClock

DRAIN_SECONDS = 5.0
"""For answers under way when told to stop; each takes milliseconds."""

_WILDCARDS = ("", "0.0.0.0", "::")  # noqa: S104  (recognised, not listened on)

_log = get_logger("node")


async def run(options: NodeOptions, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `say` is given lines for people once it serves.

    Raises FileError, TrustError, ListenError or UnsupportedError for what can't be used at start.
    """
    clock, stop = SystemClock(), asyncio.Event()
    report = reporter(clock)
    machine = Machine(options.node_name, clock)
    token = token_file(options)
    trust = _trust(options, clock, report)
    tls = ServingContext(_pair(options, clock, report), trust.bundles, report=report)
    housekeeping = Housekeeping(machine, clock, options.housekeeping)
    authenticator = _authenticator(trust, token, clock, report)
    endpoint = Endpoint(housekeeping, authenticator, options.client_allowed_names)
    server = Server(endpoint.answer, clock=clock)
    sock = bound("--address, --port", options.address, options.port, share=False)
    await housekeeping.tick()
    await server.listen(sock, tls.outer)
    for line in _greeting(options, token, machine.grouped_by):
        say(line)
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(housekeeping.run())
        await told_to_stop(stop)
        _log.info("stopping")
        await server.drain(DRAIN_SECONDS)
        looking.cancel()


def token_file(options: NodeOptions) -> Path:
    """The file of the token that was given, or of ours, made if need be. Raises FileError."""
    if options.token_file:
        return Path(options.token_file)
    path = options.state / "token"
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, secrets.token_urlsafe(32).encode() + b"\n", 0o600)
        except OSError as error:
            raise FileError(
                f"{path}: can't keep a token there: {error.strerror}; give --cert-dir a writable "
                "directory, or --token-file"
            ) from error
    return path


def _trust(options: NodeOptions, clock: Clock, report: Report) -> LiveTrust:
    path = options.client_ca_file
    authorities = WatchedFile(Path(path), clock, report=report) if path else None
    return LiveTrust(authorities, lookup=False, report=report)


def _authenticator(trust: LiveTrust, token: Path, clock: Clock, report: Report) -> Authenticator:
    bearer = TokenBearer(WatchedFile(token, clock, report=report), report)

    async def review(given: str) -> User | None:
        expected = bearer.current().encode()
        same = secrets.compare_digest(given.encode("utf-8", "surrogateescape"), expected)
        return BEARER if same else None

    return Authenticator(trust.current, TokenCache(review, clock, seconds=0), clock)


def _pair(options: NodeOptions, clock: Clock, report: Report) -> PairSource:
    if options.tls_cert_file:
        certificate, key = Path(options.tls_cert_file), Path(options.tls_private_key_file)
        return PairFiles(certificate, key, clock, report)
    listening = options.address
    addresses = own_addresses() if listening in _WILDCARDS else (listening,)
    names = (options.node_name, "localhost", "127.0.0.1", "::1", *addresses)
    return SelfMadePair(options.state, tuple(dict.fromkeys(names)), clock)


def own_addresses() -> tuple[str, ...]:
    """The addresses by which this host speaks to others, one of each family it has.

    Connecting a datagram socket sends nothing: the kernel only picks a route. The other ends are
    addresses for documentation (RFC 5737 and 3849), which nobody has.
    """
    found = []
    for family, nobody in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect((nobody, 9))
                found.append(sock.getsockname()[0])
        except OSError:
            continue  # no route of that family
    return tuple(found)


def _greeting(options: NodeOptions, token: Path, grouped_by: str) -> Iterator[str]:
    period = f"every {options.housekeeping:g}s"
    yield f"node {options.node_name}: port {options.port}, usage read {period}"
    yield f"pods: {grouped_by}"
    yield f"token: {token}"
    trusted = options.tls_cert_file or str(options.state / "tidegauge-ca.crt")
    yield f"{'certificate' if options.tls_cert_file else 'authority'}: {trusted}"
    host = "localhost" if options.address in _WILDCARDS else options.address
    host = f"[{host}]" if ":" in host else host
    yield (
        f"try: curl --cacert {shlex.quote(trusted)} "
        f'-H "Authorization: Bearer $(cat {shlex.quote(str(token))})" '
        f"https://{host}:{options.port}/metrics/resource"
    )
