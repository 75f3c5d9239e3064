"""A cluster with one real node: kubelet, containerd and runc, beside a real control plane."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from tests.node import settings
from tests.node.relay import Relay
from tests.realcluster import build, pki, versions
from tests.realcluster.controlplane import CONTROLLERS, ControlPlane
from tests.realcluster.process import Process, wait_until
from tests.realcluster.versions import Binary

HERE = Path(__file__).parent
PACKAGES = ("containerd", "runc", "containernetworking-plugins")
PLUGIN = Path("/usr/lib/cni/bridge")
NAME = "real-node"
READY_SECONDS = 120.0


def _program(name: str) -> Binary:
    return build.find(name, versions.KUBERNETES)


def prerequisites() -> str | None:
    """Why there can be no node here; None when there can."""
    if os.geteuid():
        return "needs root, for containers"
    if not Path("/sys/fs/cgroup/memory").is_dir():
        return "was made for the cgroup hierarchies of version 1, and here is version 2 alone"
    if not (PLUGIN.exists() or shutil.which("apt-get")):
        return f"needs {', '.join(PACKAGES)}, and there is no apt-get to install them"
    return None


class NodePlane(ControlPlane):
    """A control plane that pods can reach by its Service, and that reaches Services itself."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder,
            # A node keeps a taint until the lifecycle controller has seen it Ready.
            controllers=(*CONTROLLERS, "endpointslice-controller", "node-lifecycle-controller"),
            # No kube-proxy runs here: Services are reached by their endpoints.
            apiserver_flags=("--enable-aggregator-routing=true",),
        )

    @property
    def address(self) -> tuple[str, int]:
        """Where kube-apiserver listens."""
        host, _, port = self.url.removeprefix("https://").partition(":")
        return host, int(port)

    def _write_files(self) -> None:
        super()._write_files()
        names = ("127.0.0.1", "localhost", "kubernetes.default.svc", settings.API_SERVER[0])
        self.authority.server(*names).write(self.folder / "pki", "apiserver")


class Node:
    """The node; a context manager. `plane` must be running."""

    def __init__(self, plane: NodePlane, folder: Path, images: Sequence[Path], pause: str) -> None:
        self.plane = plane
        self._folder = folder
        self._images = images
        self._pause = pause
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack:
            self._write_files()
            self._make_bridge()
            self._stack.enter_context(Relay(settings.API_SERVER, self.plane.address))
            self._stack.callback(self._end_cgroups)
            self._start_scheduler()
            inside = self._start_containerd()
            self._import_images()
            self._start("kubelet", [*inside, *self._kubelet()])
            wait_until(self._ready, "a node that is Ready", READY_SECONDS, every=0.5)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _file(self, name: str) -> str:
        return str(self._folder / name)

    def _start_containerd(self) -> list[str]:
        """What a command has to begin with to run in the same namespaces and cgroups."""
        command = ["containerd", f"--config={self._file('containerd.toml')}"]
        process = self._start("containerd", [str(HERE / "enter.sh"), str(self._folder), *command])
        process.wait_until(self._socket.exists, "its socket", 30)
        joining = 'for g in $(cat "$1"); do echo $$ >"$g/cgroup.procs"; done; shift; exec "$@"'
        join = ["bash", "-c", joining, "join", self._file("cgroups")]
        return [*join, "nsenter", f"--target={process.pid}", "--mount", "--cgroup"]

    @property
    def _socket(self) -> Path:
        return self._folder / "places" / "run" / "containerd" / "containerd.sock"

    def _start(self, name: str, command: Sequence[str]) -> Process:
        process = Process(name, command, self._folder / f"{name}.log")
        process.start()
        self._stack.callback(process.stop)
        return process

    def _write_files(self) -> None:
        folder, plane = self._folder, self.plane
        (folder / "cni").mkdir(parents=True)
        pair = plane.authority.server(settings.ADDRESS, NAME).write(folder, "kubelet")
        identity = plane.authority.client(f"system:node:{NAME}", ["system:nodes"])
        for name, user in (
            ("kubelet", identity),
            ("scheduler", plane.authority.client("system:kube-scheduler")),
        ):
            config = pki.kubeconfig(
                plane.url, plane.authority.certificate, pki.certificate_user(user)
            )
            pki.replace_file(folder / f"{name}.kubeconfig", config, mode=0o600)
        authority = plane.folder / "pki" / "ca.crt"
        texts = {
            "containerd.toml": settings.containerd(folder, self._pause),
            "cni/10-node.conflist": settings.network(folder),
            "kubelet.json": json.dumps(settings.kubelet(folder, authority, *pair)),
        }
        for name, text in texts.items():
            (folder / name).write_text(text)

    def _make_bridge(self) -> None:
        # By default a bridge takes the lowest address of its ports, so one that leaves changes it,
        # and the others call the wrong one for half a minute.
        own = ("address", "02:74:67:00:00:01")
        _run("ip", "link", "add", settings.BRIDGE, *own, "type", "bridge")
        self._stack.callback(_run, "ip", "link", "delete", settings.BRIDGE)
        for address in (f"{settings.ADDRESS}/24", f"{settings.API_SERVER[0]}/32"):
            _run("ip", "address", "add", address, "dev", settings.BRIDGE)
        _run("ip", "link", "set", settings.BRIDGE, "up")

    def _start_scheduler(self) -> None:
        config = f"={self._file('scheduler.kubeconfig')}"
        flags = [
            f"--{each}kubeconfig{config}" for each in ("", "authentication-", "authorization-")
        ]
        program = str(build.path_of(_program("kube-scheduler")))
        fixed = ["--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port=0"]
        self._start("scheduler", [program, *flags, *fixed])

    def _import_images(self) -> None:
        to = (f"--address={self._socket}", "--namespace=k8s.io")
        for archive in self._images:
            _run("ctr", *to, "images", "import", str(archive))

    def _kubelet(self) -> list[str]:
        return [
            str(build.path_of(_program("kubelet"))),
            f"--config={self._file('kubelet.json')}",
            f"--kubeconfig={self._file('kubelet.kubeconfig')}",
            f"--hostname-override={NAME}",
            f"--node-ip={settings.ADDRESS}",
            f"--root-dir={self._file('kubelet')}",
            f"--cert-dir={self._file('kubelet-pki')}",
        ]

    def _ready(self) -> bool:
        answer = self.plane.admin.send("GET", f"/api/v1/nodes/{NAME}")
        if answer.status != 200:
            return False
        conditions = {
            each["type"]: each["status"] for each in answer.json()["status"]["conditions"]
        }
        return conditions.get("Ready") == "True"

    def _end_cgroups(self) -> None:
        """End what containers left: all of it is in the cgroups that were made for the node."""
        listed = self._folder / "cgroups"
        groups = [Path(line) for line in listed.read_text().split()] if listed.exists() else []
        for _ in range(20):
            pids = {pid for group in groups for pid in _processes(group)}
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not pids:
                break
            time.sleep(0.2)
        for group in groups:
            for folder in sorted(group.rglob("*/"), reverse=True):
                with suppress(OSError):
                    folder.rmdir()
            with suppress(OSError):
                group.rmdir()


def _processes(group: Path) -> set[int]:
    files = group.rglob("cgroup.procs")
    return {int(pid) for file in files for pid in file.read_text().split() if int(pid) > 0}


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, f"{' '.join(command)}: {done.stderr}"


def install_packages(say: build.Say) -> None:
    """The container runtime, where it is not there yet."""
    if PLUGIN.exists() and shutil.which("containerd") and shutil.which("runc"):
        return
    say(f"node: installing {', '.join(PACKAGES)}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    _run("apt-get", "update", "--quiet")
    _run("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *PACKAGES)
