"""`tidegauge demo` as its own process: what it prints, what it leaves behind, how it is told."""

import asyncio
import errno
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ApiError
from tidegauge.console.access import api_access
from tidegauge.console.commandline import FlagError
from tidegauge.console.demo.demo import LOOK, Demo
from tidegauge.console.demo.options import FLAGS, DemoOptions, parse
from tidegauge.console.exits import Exit
from tidegauge.console.main import main
from tidegauge.sandbox.simulation import library
from tidegauge.units.clock import SystemClock

pytestmark = pytest.mark.live

SECONDS = 30.0
"""For a start or an end, on a busy machine."""


class Process:
    """A demo, with what it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.output = ""

    async def until(self, pattern: str) -> re.Match[str]:
        """Read until the output has it."""
        assert self._process.stdout
        async with asyncio.timeout(SECONDS):
            while not (found := re.search(pattern, self.output)):
                piece = await self._process.stdout.read(4096)
                assert piece, self.output
                self.output += piece.decode()
        return found

    async def kubeconfig(self) -> Path:
        return Path((await self.until(r"KUBECONFIG=(\S+)\n"))[1])

    async def end(self, number: signal.Signals | None = None) -> int:
        """Tell it to stop, or wait for that; the exit code."""
        assert self._process.stdout
        if number:
            self._process.send_signal(number)
        async with asyncio.timeout(SECONDS):
            self.output += (await self._process.stdout.read()).decode()
            return await self._process.wait()


@asynccontextmanager
async def demo(tmp_path: Path, *flags: str) -> AsyncIterator[Process]:
    """It keeps its folder in `tmp_path`, and is killed if the test forgets to end it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tidegauge", "demo", *flags),
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def tell(tmp_path: Path, *words: str, kubeconfig: str = "") -> tuple[int, str]:
    """`tidegauge demo fault …`: exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tidegauge", "demo", "fault", *words),
        env={**os.environ, "TMPDIR": str(tmp_path), "KUBECONFIG": kubeconfig},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


SLOW = re.compile("the first usage was to be|99 of 100 usages were to be")
"""Promises of times, which a busy machine breaks: they are tested by figures of our making."""


def lacking(promises: Iterable[str]) -> list[str]:
    """Broken promises of which no busy machine is to blame."""
    return [each for each in promises if not SLOW.match(each)]


async def until_served(tmp_path: Path, nodes: int) -> None:
    """Until there is usage of so many nodes, as the viewer of the only demo there sees it."""
    async with asyncio.timeout(SECONDS):
        while not (found := [*tmp_path.glob("*/viewer.conf")]):
            await asyncio.sleep(0.1)
        async with Client(api_access(str(found[0])), SystemClock()) as client:
            while len(await served_nodes(client)) != nodes:
                await asyncio.sleep(0.1)


async def served_nodes(client: Client) -> list[Any]:
    try:
        answer = await client.get("/apis/metrics.k8s.io/v1/nodes", type=dict)
    except ApiError:
        return []  # not there yet
    return list(answer["items"])


def refused(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0


async def test_a_demo_of_some_seconds_ends_with_a_summary(tmp_path: Path) -> None:
    """All nodes and pods served, exit code 0, and nothing left behind."""
    async with demo(tmp_path, "--for=9s", "--housekeeping=1s") as process:
        kubeconfig = await process.kubeconfig()
        await process.until("kubectl top nodes\n(  .*\n){4}")
        server = api_access(str(kubeconfig)).server

        code = await process.end()
    broken = re.findall(r"^not kept: (.*)$", process.output, re.MULTILINE)
    assert lacking(broken) == []
    assert code == (Exit.FINDINGS if broken else Exit.FINE)
    served = re.search(r"nodes served +(\d+); at the end (\d+) of (\d+)\n", process.output)
    assert served
    assert served[1] == served[2] == served[3]
    assert int(served[1]) >= 9
    assert re.search(r"scrapes +\d+, 0 failed\n", process.output)
    assert re.search(r"freshness +p50 \d\.\ds, p99 \d\.\ds\n", process.output)
    assert broken or process.output.endswith("all that was promised was there\n")
    assert refused(int(server.rpartition(":")[2]))
    assert [*tmp_path.iterdir()] == []


async def test_programs_get_the_summary_as_json(tmp_path: Path) -> None:
    """And nothing else; a node that a fault hides breaks no promise."""
    flags = (
        "--housekeeping=1s",
        "-o=json",
        "--fault=node-down=worker-4",
        "--this-machine=false",
    )
    async with demo(tmp_path, *flags) as process:
        await until_served(tmp_path, 9)
        await until_served(tmp_path, 8)
        await asyncio.sleep(3 * LOOK)  # the summary is of its last look
        code = await process.end(signal.SIGINT)

    summary: dict[str, Any] = json.loads(process.output)
    assert code == (Exit.FINDINGS if summary["broken"] else Exit.FINE)
    assert summary["nodes"] == {"served": 9, "present": 9, "missing": 1}
    assert summary["failedScrapes"] > 0
    assert summary["faults"] == ["node-down=worker-4"]
    assert lacking(summary["broken"]) == []
    assert 0 < summary["freshnessSeconds"]["p50"] <= summary["freshnessSeconds"]["p99"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_it_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    """Exit code 0, no folder, no port."""
    async with demo(tmp_path) as process:
        kubeconfig = await process.kubeconfig()
        port = int(api_access(str(kubeconfig)).server.rpartition(":")[2])
        assert not refused(port)

        assert await process.end(number) == Exit.FINE
    assert refused(port)
    assert [*tmp_path.iterdir()] == []


async def test_a_signal_while_it_starts_is_enough(tmp_path: Path) -> None:
    """As soon as there is a folder, it is taken away again."""
    async with demo(tmp_path) as process:
        async with asyncio.timeout(SECONDS):
            while not [*tmp_path.iterdir()]:
                await asyncio.sleep(0.005)

        assert await process.end(signal.SIGINT) == Exit.FINE
    assert [*tmp_path.iterdir()] == []


async def test_two_demos_run_side_by_side(tmp_path: Path) -> None:
    """Each with ports of its own; who asks one does not ask the other."""
    async with demo(tmp_path) as one, demo(tmp_path) as other:
        paths = [await one.kubeconfig(), await other.kubeconfig()]
        accesses = [api_access(str(path)) for path in paths]
        namespaces = []
        for number, access in enumerate(accesses):
            async with Client(access, SystemClock()) as client:
                made = {"metadata": {"name": f"of-demo-{number}"}}
                await client.post("/api/v1/namespaces", made, type=dict)
                found: dict[str, Any] = await client.get("/api/v1/namespaces", type=dict)
                namespaces.append({each["metadata"]["name"] for each in found["items"]})

        assert accesses[0].server != accesses[1].server
        assert "of-demo-0" not in namespaces[1]
        assert await one.end(signal.SIGINT) == await other.end(signal.SIGINT) == Exit.FINE


async def test_faults_are_played_from_another_terminal(tmp_path: Path) -> None:
    """Begun, listed and cleared; what to watch for is printed."""
    async with demo(tmp_path) as process:
        await process.kubeconfig()
        await process.until("Worth trying")

        begun = await tell(tmp_path, "lying=worker-3")
        assert begun[0] == Exit.FINE
        assert "you should see: no pod changes its usage" in begun[1]
        assert await tell(tmp_path, "--list") == (Exit.FINE, "lying=worker-3\n")
        assert await tell(tmp_path, "--clear") == (Exit.FINE, "no faults any more\n")
        assert (await tell(tmp_path, "no-such"))[0] == Exit.BAD_INPUT
        await process.end(signal.SIGINT)


async def test_of_two_demos_a_fault_goes_to_the_one_of_the_kubeconfig(tmp_path: Path) -> None:
    """Though the other is newer."""
    async with demo(tmp_path) as older:
        mine = str(await older.kubeconfig())
        await older.until("Worth trying")
        async with demo(tmp_path) as newer:
            await newer.until("Worth trying")

            assert (await tell(tmp_path, "lying=worker-3", kubeconfig=mine))[0] == Exit.FINE

            assert await tell(tmp_path, "--list") == (Exit.FINE, "no faults\n")
            assert (await tell(tmp_path, "--list", kubeconfig=mine))[1] == "lying=worker-3\n"
            await newer.end(signal.SIGINT)
        await older.end(signal.SIGINT)


def test_the_command_that_is_printed_can_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `tidegauge` is not in PATH, as after `make demo`, by its whole path."""
    tried = Demo(DemoOptions(), library.shipped("leak"), tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tried.commands()[-1] == f"{Path(sys.executable).parent}/tidegauge doctor"

    (tmp_path / "tidegauge").touch(mode=0o755)
    assert tried.commands()[-1] == "tidegauge doctor"


def test_a_full_disk_is_told_without_a_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do; it is no bug of ours."""

    def full(**_: str) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkdtemp", full)

    assert main(["demo", "--for=1s"]) == Exit.BAD_INPUT
    told = capsys.readouterr().err
    assert "No space left on device; its files need some room, TMPDIR says where" in told
    assert "Traceback" not in told


async def test_without_a_demo_no_fault_can_be_played(tmp_path: Path) -> None:
    """Exit code 3, and what to do."""
    code, output = await tell(tmp_path, "node-down")

    assert code == Exit.UNREACHABLE
    assert "start one with `tidegauge demo`" in output


def test_on_a_terminal_there_is_a_screen_that_answers_keys(tmp_path: Path) -> None:
    """Drawn within three seconds; it shows what is decided by usage, then the faults, and gives
    the terminal back.
    """
    started = time.monotonic()
    terminal, inside = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "tidegauge", "demo"],
        env={**os.environ, "TMPDIR": str(tmp_path), "TERM": "xterm", "NO_COLOR": "1"},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    shown = bytearray()

    def until(text: bytes) -> None:
        while text not in shown:
            assert time.monotonic() - started < SECONDS, shown.decode(errors="replace")[-2000:]
            shown.extend(os.read(terminal, 65536))

    until(b"tidegauge demo")
    drawn = time.monotonic() - started
    until(b"cpu of web ")
    os.write(terminal, b"f")
    until(b"press a letter")
    os.write(terminal, b"q")
    until(b"\x1b[?1049l")
    until(b"nodes served")
    code = child.wait(SECONDS)
    os.close(terminal)

    assert code == Exit.FINE
    assert drawn < 3 or os.getloadavg()[0] > 2
    assert b"\x1b[31m" not in shown
    assert [*tmp_path.iterdir()] == []


def test_help_has_examples_and_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, in lines that fit a window."""
    assert main(["demo", "--help"]) == Exit.FINE

    shown = capsys.readouterr().out
    assert "Examples:" in shown
    assert "Exit codes:" in shown
    assert all(f"--{name}" in shown for name in FLAGS)
    assert all(len(line) <= 96 for line in shown.splitlines())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--story=fairy-tale"], "--story: 'fairy-tale' is none of bad-rollout, "),
        (["--fault=node-up"], "--fault: there is no fault 'node-up'"),
        (["--speed=0"], "--speed: 0 is too little"),
        (["--for=0s"], "--for: 0s is too little"),
        (["-o=xml"], "--output: 'xml' is none of text, json"),
        (["--story-file=/nowhere"], "--story-file: cannot read /nowhere"),
    ],
    ids=repr,
)
def test_what_cannot_be_used_is_told(arguments: list[str], told: str) -> None:
    """With its flag and a remedy."""
    with pytest.raises(FlagError) as caught:
        parse(arguments)

    assert any(told in problem for problem in caught.value.problems)


def test_faults_of_several_flags_add_up() -> None:
    """And the name of a flag may be a word of Python's."""
    options = parse(["--fault=lying", "--fault=api-away", "--for", "90s"])

    assert options == DemoOptions(fault=("lying", "api-away"), for_=90.0)


@pytest.mark.parametrize("words", [[], ["--celar"], ["a", "b"]], ids=repr)
def test_a_fault_has_to_be_named(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Else the ways to do so are told."""
    assert main(["demo", "fault", *words]) == Exit.BAD_INPUT
    assert "give NAME[=NODE], --clear or --list; faults are node-down" in capsys.readouterr().err


def test_a_story_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is started, with the file's name."""
    (tmp_path / "story.yaml").write_text("title: [")

    assert main(["demo", f"--story-file={tmp_path / 'story.yaml'}"]) == Exit.BAD_INPUT
    assert "story.yaml: is not YAML" in capsys.readouterr().err


async def test_a_fault_on_no_node_ends_the_start_cleanly(tmp_path: Path) -> None:
    """Exit code 2, and nothing left behind."""
    async with demo(tmp_path, "--fault=lying=worker-77") as process:
        assert await process.end() == Exit.BAD_INPUT
    assert "there is no node 'worker-77'" in process.output
    assert [*tmp_path.iterdir()] == []
