"""The sandbox's API server in a thread of its own, for clients that block and for programs."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

from tests.realcluster import build, pki, versions
from tests.realcluster.client import Client
from tidegauge.sandbox.apiserver.identities import ADMIN
from tidegauge.sandbox.apiserver.server import ApiServer
from tidegauge.serving.messages import User

T = TypeVar("T")

START_SECONDS = 30.0
KUBECTL_SECONDS = 60.0


class Completed(NamedTuple):
    """What a kubectl run printed and its exit code."""

    stdout: str
    stderr: str
    code: int


class Running:
    """A running API server; a context manager. `do` reaches into it from outside of its loop."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self._options = options
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._started = threading.Event()
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(START_SECONDS), "the sandbox did not start"
        if self._failure:
            raise RuntimeError("the sandbox failed") from self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_SECONDS)

    def do(self, act: Callable[[ApiServer], T]) -> T:
        """Call something in the server's own loop."""

        async def call() -> T:
            return act(self.server)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(START_SECONDS)

    def client(self, user: User = ADMIN) -> Client:
        pair = self.server.identities.client_pair(user)
        authority = self.server.identities.authority.certificate
        return Client(self.server.url, authority, pki.Pair(pair.certificate, pair.key))

    def kubeconfig(self, user: User = ADMIN) -> Path:
        return self.server.kubeconfig(self.folder / f"{user.name.replace(':', '_')}.conf", user)

    def kubectl(
        self, *args: str, version: str = "1.37", user: User = ADMIN, stdin: str = ""
    ) -> Completed:
        """Run kubectl, its discovery cache made anew."""
        child = self.start_kubectl(*args, version=version, user=user)
        out, errors = child.communicate(stdin, KUBECTL_SECONDS)
        return Completed(out, errors, child.returncode)

    def start_kubectl(
        self, *args: str, version: str = "1.37", user: User = ADMIN
    ) -> "subprocess.Popen[str]":
        """Start kubectl; whoever does ends it."""
        pinned = {"1.37": versions.KUBERNETES, "1.32": versions.KUBECTL_V1BETA1}[version]
        binary = build.find("kubectl", pinned)
        program = str(build.ensure([binary])[binary.label])
        cache = f"--cache-dir={self.folder / 'cache' / os.urandom(8).hex()}"
        kept = {name: os.environ[name] for name in ("KUBE_EDITOR", "PATH") if name in os.environ}
        environ = kept | {"HOME": str(self.folder)}
        return subprocess.Popen(
            [program, cache, *args],
            env=environ | {"KUBECONFIG": str(self.kubeconfig(user))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  (handed to the thread that waits)
            self._failure = error
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.server = ApiServer(**self._options)
        await self.server.start()
        self._started.set()
        await self._stop.wait()
        await self.server.stop()
