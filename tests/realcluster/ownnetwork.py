"""A network namespace for one module: addresses that are no loopback ones, and lines to cut.

What the calling thread starts inside, processes and threads, lives in it; nothing outside reaches
it, nor is anything outside changed. Needs root, `ip` and `iptables`.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

# Debian's packages of these names; the others are on every machine.
INSTALLED = ("iptables",)
TOOLS = ("ip", "setpriv", *INSTALLED)
_CLONE_NEWNET = 0x40000000


def prerequisites() -> str | None:
    """Why there can be none here; None when there can. Installs what is lacking, with apt-get."""
    if os.geteuid():
        return "needs root"
    if not all(map(shutil.which, INSTALLED)) and shutil.which("apt-get"):
        run("apt-get", "update", "--quiet")
        run("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *INSTALLED)
    if lacking := [tool for tool in TOOLS if not shutil.which(tool)]:
        return f"needs {' and '.join(lacking)}, and there is no apt-get to install them"
    done = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return f"no network namespace: {done.stderr.decode()}" if done.returncode else None


@contextmanager
def own_network(addresses: Sequence[str]) -> Iterator[None]:
    """Puts this thread into a new namespace with these addresses, and back at the end."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as before:  # noqa: PTH123  (a descriptor is what is used)
        _succeed(libc.unshare(_CLONE_NEWNET))
        try:
            run("ip", "link", "set", "lo", "up")
            for address in addresses:
                run("ip", "address", "add", f"{address}/32", "dev", "lo")
            yield
        finally:
            _succeed(libc.setns(before.fileno(), _CLONE_NEWNET))


@contextmanager
def cut(*packets: str) -> Iterator[None]:
    """Let packets vanish that are sent meanwhile; told by flags of iptables."""
    run("iptables", "-A", "OUTPUT", *packets, "-j", "DROP")
    try:
        yield
    finally:
        run("iptables", "-D", "OUTPUT", *packets, "-j", "DROP")


def sent_by(group: int) -> tuple[str, ...]:
    """Flags for packets of processes of that group (gid)."""
    return "-m", "owner", "--gid-owner", str(group)


def run(*command: str) -> None:
    """Run a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, f"{' '.join(command)}: {done.stderr}"


def _succeed(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
