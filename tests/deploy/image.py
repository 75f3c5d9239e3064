"""The image, built for real by buildah, on a base of Debian's packages: no registry is needed."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import tidegauge
from tests.deploy.helm import ROOT
from tests.realcluster import build
from tests.realcluster.build import Say

SCRIPTS = ROOT / "deploy" / "image"
SUITE = "bookworm"
# A base once per machine: its name changes with the script that makes it.
_RECIPE = sha256((SCRIPTS / "base.sh").read_bytes()).hexdigest()[:12]
BASE = f"localhost/tidegauge-base-{_RECIPE}:{SUITE}"
TOOLS = ("buildah", "debootstrap")


@dataclass(frozen=True)
class Image:
    """A built image: its archive, its bill of materials, its unpacked file system, its parts."""

    archive: Path
    materials: Path
    root: Path
    config: Mapping[str, Any]
    layers: Sequence[Path]


def prerequisites() -> str | None:
    """Why it can't be built here; None when it can."""
    if os.geteuid():
        return "needs root, to make a base of Debian's packages"
    lacking = [tool for tool in TOOLS if not shutil.which(tool)]
    if lacking and not shutil.which("apt-get"):
        return f"needs {' and '.join(lacking)}, and there is no apt-get to install them"
    return None


_built: list[Image] = []


def the_image(folder: Path, say: Say) -> Image:
    """Built once per run, into the folder of whoever asks first.

    Skips the test, loudly, where it can't be built.
    """
    if reason := prerequisites():
        pytest.skip(f"THE IMAGE IS NOT TESTED: {reason}")
    if not _built:
        _built.append(build_image(folder, say))
    return _built[0]


def build_image(folder: Path, say: Say) -> Image:
    """Build it into the folder, whatever was built before."""
    _install_tools(say)
    store = build.cache_dir() / "containers"
    buildah = ["buildah", f"--root={store / 'storage'}", f"--runroot={store / 'run'}"]
    env = os.environ | {"BUILDAH_FLAGS": " ".join(buildah[1:]), "BUILDAH_ISOLATION": "chroot"}
    if _run([*buildah, "images", "--quiet", BASE], env, check=False).strip() == "":
        say(f"image: making {BASE} of Debian's packages (once per machine; about a minute)")
        _run([str(SCRIPTS / "base.sh"), BASE], env)
    say("image: building it (about 20 s)")
    _run([str(SCRIPTS / "build.sh"), str(folder), BASE], env)
    _run([*buildah, "rmi", "--prune", "--force"], env)  # else each run leaves one more
    stem = folder / f"tidegauge-{tidegauge.__version__}"
    archive, materials = (
        stem.with_name(f"{stem.name}.oci.tar"),
        stem.with_name(f"{stem.name}.spdx.json"),
    )
    return Image(archive, materials, *_unpacked(archive, folder))


def _install_tools(say: Say) -> None:
    if all(map(shutil.which, TOOLS)):
        return
    say(f"image: installing {' and '.join(TOOLS)}")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "--quiet"], env)
    _run(["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *TOOLS], env)


def _run(command: list[str], env: Mapping[str, str], *, check: bool = True) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise build.BuildError(
            f"{' '.join(command)}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )
    return done.stdout


def _unpacked(archive: Path, folder: Path) -> tuple[Path, Mapping[str, Any], list[Path]]:
    """Its root, its configuration and its layers."""
    blobs, root = folder / "blobs", folder / "root"
    with tarfile.open(archive) as tar:
        tar.extractall(blobs, filter="fully_trusted")
    blob = _blobs(blobs)
    (described,) = json.loads((blobs / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(described).read_text())
    layers = [blob(layer) for layer in manifest["layers"]]
    for layer in layers:
        with tarfile.open(layer) as tar:
            tar.extractall(root, filter="fully_trusted")
    return root, json.loads(blob(manifest["config"]).read_text()), layers


def _blobs(folder: Path) -> Callable[[Mapping[str, str]], Path]:
    return lambda descriptor: folder / "blobs" / descriptor["digest"].replace(":", "/")
