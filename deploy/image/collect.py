# ruff: noqa: INP001  (a script of the image, no module of the project)
"""Collects in a folder all that the server needs to run, and nothing else: `collect.py ROOT`.

Run in the image's build stage by a Python in which the server is installed:

- the interpreter, and its standard library less what no server imports;
- the distributions that `tidegauge` requires, from wherever they were installed, under /app;
- the shared libraries of all of these, as the loader finds them;
- root certificates, a user, and what tells scanners of vulnerabilities which packages are there.

Bytecode is compiled ahead, since the root file system will be read-only.
"""

import compileall
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

APP = Path("app")
UNUSED = (
    *("__pycache__", "dist-packages", "site-packages"),
    *(
        "config-*",
        "distutils",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "test",
        "tests",
        "venv",
    ),
    *("curses", "dbm", "sqlite3", "tkinter", "turtledemo", "turtle.py"),
    *("_curses*", "_dbm*", "_gdbm*", "_sqlite3*", "_test*", "_tkinter*", "_xxtestfuzz*", "nis.*"),
    *("readline.*",),
)
"""Of the standard library: for developers, windows and databases, with the libraries they need."""

ROOT_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Where the image's SSL_CERT_FILE leads."""

LAUNCHER = "#!/usr/bin/python3\nimport tidegauge.__main__\n"
"""For `kubectl exec … -- tidegauge doctor`: the kernel reads the first line, it takes no shell."""

USER = "tidegauge:x:1000:1000::/:/sbin/nologin\n"
"""The chart's uid; a name for it, since some libraries ask for one."""


def closure(name: str) -> dict[str, Distribution]:
    """The distribution and all that it requires on this machine, by name."""
    found: dict[str, Distribution] = {}
    wanted = [name]
    while wanted:
        each = distribution(wanted.pop())
        if each.name in found:
            continue
        found[each.name] = each
        requirements = map(Requirement, each.requires or ())
        wanted += [r.name for r in requirements if not r.marker or r.marker.evaluate({"extra": ""})]
    return found


def copy_distributions(root: Path) -> None:
    """Modules and metadata; of the scripts, which name this stage's Python, ours alone, anew."""
    for each in closure("tidegauge").values():
        for file in each.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                copy(Path(str(file.locate())), root / APP / file)
    launcher = root / "usr/bin/tidegauge"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)


def copy_python(root: Path) -> None:
    """The interpreter where it is, also as /usr/bin/python3, and its library."""
    interpreter = Path(sys.executable).resolve()
    copy(interpreter, inside(root, interpreter))
    link = root / "usr/bin/python3"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(interpreter)
    # A venv's own paths have no standard library in them.
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}))
    ignored = shutil.ignore_patterns(*UNUSED)
    shutil.copytree(library, inside(root, library), ignore=ignored, dirs_exist_ok=True)


def copy_libraries(root: Path) -> None:
    """Each shared library under the path by which the loader finds it, the loader included."""
    for binary in list(binaries(root)):
        shown = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False)  # noqa: S603, S607  # the build stage's own
        for path in re.findall(r"(/\S+) \(0x", shown.stdout):
            if not path.startswith(str(root)):
                copy(Path(path).resolve(), inside(root, Path(path)))


def binaries(root: Path) -> Iterator[Path]:
    """All ELF files."""
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def copy_settings(root: Path) -> None:
    """What the server reads of a system: root certificates, names of users, how to resolve."""
    copy(ROOT_CERTIFICATES, inside(root, ROOT_CERTIFICATES))
    copy(Path("/etc/os-release").resolve(), root / "etc/os-release")
    (root / "etc/passwd").write_text("root:x:0:0::/:/sbin/nologin\n" + USER)
    (root / "etc/group").write_text("root:x:0:\ntidegauge:x:1000:\n")
    (root / "etc/nsswitch.conf").write_text("hosts: files dns\n")
    (root / "tmp").mkdir(mode=0o1777)
    (root / "tmp").chmod(0o1777)


def tell_packages(root: Path) -> None:
    """Status and licence of each Debian package of which a file is there."""
    files = [f"/{path.relative_to(root)}" for path in root.rglob("*") if path.is_file()]
    # Since /lib leads to /usr/lib, a package may know its files by either.
    names = {
        name for file in files for name in (file, file.removeprefix("/usr"), f"/usr{file}") if name
    }
    found = subprocess.run(  # noqa: S603  # the build stage's own
        ["dpkg-query", "--search", *sorted(names)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,  # it fails for files of no package, such as ours
    )
    for package in sorted({line.partition(":")[0] for line in found.stdout.splitlines()}):
        status = subprocess.run(  # noqa: S603  # the build stage's own
            ["dpkg-query", "--status", package],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
        target = root / "var/lib/dpkg/status.d" / package
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(status.stdout)
        licence = Path(f"/usr/share/doc/{package}/copyright")
        if licence.exists():
            copy(licence.resolve(), inside(root, licence))


def compile_all(root: Path) -> None:
    """Bytecode that is believed without a look at its source."""
    compileall.compile_dir(
        root,
        maxlevels=50,
        quiet=1,
        stripdir=str(root),
        prependdir="/",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def inside(root: Path, path: Path) -> Path:
    """Where an absolute path is in the new root."""
    return root / path.relative_to("/")


def copy(source: Path, target: Path) -> None:
    """A file with its mode; symbolic links are followed."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def main() -> None:
    """Fill the folder that is named."""
    root = Path(sys.argv[1])
    copy_distributions(root)
    copy_python(root)
    copy_libraries(root)
    copy_settings(root)
    tell_packages(root)
    compile_all(root)


if __name__ == "__main__":
    main()
