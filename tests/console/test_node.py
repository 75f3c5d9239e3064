"""`tidegauge node`: its flags, and the process that they start."""

import asyncio
import os
import signal
import socket
import ssl
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tidegauge.console.commandline import FlagError
from tidegauge.console.exits import Exit
from tidegauge.console.main import main
from tidegauge.console.nodeoptions import FLAGS, NodeOptions, parse
from tidegauge.console.nodeprocess import own_addresses, token_file
from tidegauge.console.wording import tables
from tidegauge.kubelet.errors import UnauthorizedError, UnknownAuthorityError
from tidegauge.kubelet.exposition import parse as parse_body
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import KubeletTransport
from tidegauge.security.contexts import ClientContexts, ClientTrust
from tidegauge.security.files import FileError, Inline, TokenBearer
from tidegauge.units.clock import SystemClock
from tidegauge.usage.store import Store

DOCUMENT = Path(__file__).parents[2] / "docs" / "node.md"
SECONDS = 10.0

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and cgroups")


def test_defaults() -> None:
    """As a kubelet has them, and a name that the host gives."""
    options = parse(["--name=here"])

    assert options == NodeOptions(name="here")
    assert (options.port, options.address, options.housekeeping) == (10250, "0.0.0.0", 10)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--port=0"], "--port: 0 is too little"),
        (["--housekeeping=10ms"], "--housekeeping: 10ms is too little: give at least 1s"),
        (["--housekeeping=1h"], "--housekeeping: 1h0m0s is too much"),
        (["--name=Here_We"], "--name: 'Here_We' cannot be a node's name"),
        (["--address=localhost"], "--address: 'localhost' is not an IP address"),
        (["--token-file=/nowhere"], "--token-file: cannot read /nowhere"),
        (["--tls-cert-file=/dev/null"], "--tls-private-key-file: give both or neither"),
        (["--client-allowed-names=a"], "--client-allowed-names: needs --client-ca-file"),
        (["--prot=1"], "--prot: no such flag; did you mean --port?"),
    ],
    ids=repr,
)
def test_what_cannot_be_used_is_told(arguments: list[str], told: str) -> None:
    """With its flag and a remedy."""
    with pytest.raises(FlagError) as caught:
        parse(["--name=here", *arguments])

    assert any(told in problem for problem in caught.value.problems)


def test_every_problem_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with exit code 2."""
    assert main(["node", "--port=0", "--housekeeping=0s"]) == Exit.BAD_INPUT

    shown = capsys.readouterr().err
    assert "--port" in shown
    assert "--housekeeping" in shown


def test_help_has_examples_and_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, in lines that fit a window."""
    assert main(["node", "--help"]) == Exit.FINE

    shown = capsys.readouterr().out
    assert "Examples:" in shown
    assert "Exit codes:" in shown
    assert all(f"--{name}" in shown for name in FLAGS)
    assert all(len(line) <= 96 for line in shown.splitlines())


def test_docs_have_every_flag_as_declared() -> None:
    """docs/node.md holds the tables that the declarations make."""
    assert "\n".join(tables(FLAGS)).strip() in DOCUMENT.read_text("utf-8")


def test_elsewhere_than_on_linux_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, without a trace."""
    monkeypatch.setattr(sys, "platform", "darwin")

    assert main(["node", "--name=here"]) == Exit.BAD_INPUT
    assert "this is darwin: run it on a Linux host" in capsys.readouterr().err


def test_a_token_is_made_once(tmp_path: Path) -> None:
    """For its owner's eyes only, in the directory of the certificate."""
    options = NodeOptions(cert_dir=str(tmp_path / "new"))

    path = token_file(options)
    token = path.read_bytes()

    assert path == tmp_path / "new" / "token"
    assert len(token.strip()) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert token_file(options).read_bytes() == token


def test_a_token_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    """With the flags that help."""
    (tmp_path / "file").write_text("")

    with pytest.raises(FileError, match="give --cert-dir a writable directory, or --token-file"):
        token_file(NodeOptions(cert_dir=str(tmp_path / "file")))


def test_state_is_kept_where_the_system_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the user's state directory."""
    monkeypatch.setenv("XDG_STATE_HOME", "/state")

    assert NodeOptions().state == Path("/state/tidegauge/node")


def test_own_addresses_are_addresses() -> None:
    """For the certificate: who dials this host by them can verify it."""
    for address in own_addresses():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        socket.inet_pton(family, address)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@asynccontextmanager
async def running(directory: Path, port: int) -> AsyncIterator[list[str]]:
    """The command as its own process, told to stop at the end; what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tidegauge", "node", "--address=127.0.0.1", f"--port={port}"),
        *("--housekeeping=1s", f"--cert-dir={directory}", "--name=here"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    try:
        lines: list[str] = []
        async with asyncio.timeout(20):
            while not lines or not lines[-1].startswith("try: "):
                line = await process.stdout.readline()
                assert line, (await process.stderr.read()).decode()
                lines.append(line.decode().rstrip())
        yield lines
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            _, errors = await process.communicate()
        assert process.returncode == Exit.FINE, errors.decode()
        assert b"Traceback" not in errors
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def transport(directory: Path, token: bytes) -> KubeletTransport:
    trust = ClientTrust((directory / "tidegauge-ca.crt",))
    clock = SystemClock()
    return KubeletTransport(
        ClientContexts(trust, clock), clock, bearer=TokenBearer(Inline("token", token))
    )


@linux
async def test_the_server_scrapes_it(tmp_path: Path) -> None:
    """By the server's own transport, parser and store: no bad line, and usage after two looks."""
    port, clock = free_port(), SystemClock()
    target = Target("here", ("127.0.0.1",), port)
    store = Store(clock, period=1)
    async with running(tmp_path, port) as lines:
        assert any(str(tmp_path / "token") in line for line in lines)
        ours = transport(tmp_path, (tmp_path / "token").read_bytes())
        async with asyncio.timeout(SECONDS):
            while not (usage := store.node_usage("here")):
                body = await ours.get(target, SECONDS)
                answer = parse_body(body.data, round(body.requested_at * 1000), None)
                assert (answer.bad_lines, answer.whole) == (0, True)
                assert answer.layout.pods
                store.record("here", answer)
                await asyncio.sleep(0.2)
        ours.close()

        # A busy machine looks late, or leaves a look out.
        assert 0.5e9 < usage.window_ns < SECONDS * 1e9
        assert 0 < usage.containers[0].cpu <= (os.cpu_count() or 1) * 1.5e9
        assert usage.containers[0].memory > 1 << 20


@linux
async def test_who_is_not_known_gets_nothing(tmp_path: Path) -> None:
    """A wrong token is told so, and who does not know our authority does not believe us."""
    port = free_port()
    target = Target("here", ("127.0.0.1",), port)
    async with running(tmp_path, port):
        stranger = transport(tmp_path, b"wrong")
        with pytest.raises(UnauthorizedError):
            await stranger.get(target, SECONDS)
        stranger.close()

        clock = SystemClock()
        doubting = KubeletTransport(ClientContexts(ClientTrust(), clock), clock)
        with pytest.raises(UnknownAuthorityError):
            await doubting.get(target, SECONDS)
        doubting.close()


@linux
async def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    """Exit code 2, naming the flags."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tidegauge", "node", "--address=127.0.0.1", "--name=here"),
            *(f"--port={port}", f"--cert-dir={tmp_path}"),
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(20):
            _, errors = await process.communicate()

    assert process.returncode == Exit.BAD_INPUT
    assert b"--address, --port: cannot listen" in errors
    assert b"Traceback" not in errors


@linux
async def test_a_client_certificate_opens_it_too(tmp_path: Path) -> None:
    """Of the authority that was given, and only of the names that were."""
    import trustme  # noqa: PLC0415  (only here)

    authority, port = trustme.CA(), free_port()
    ca = tmp_path / "clients.crt"
    authority.cert_pem.write_to_path(str(ca))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tidegauge", "node", "--address=127.0.0.1", f"--port={port}"),
        *(f"--cert-dir={tmp_path}", "--name=here", f"--client-ca-file={ca}"),
        "--client-allowed-names=scraper",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout
        async with asyncio.timeout(20):
            while not (await process.stdout.readline()).startswith(b"try: "):
                pass
        statuses = []
        for name in ("scraper", "other"):
            context = ssl.create_default_context(cafile=str(tmp_path / "tidegauge-ca.crt"))
            authority.issue_cert(common_name=name).configure_cert(context)
            statuses.append(await status_of(port, context))
    finally:
        process.terminate()
        await process.communicate()

    assert statuses == [200, 403]


async def status_of(port: int, context: ssl.SSLContext) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(b"GET /metrics/resource HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    status = int((await reader.readline()).split()[1])
    await reader.read()
    writer.close()
    await writer.wait_closed()
    return status
