"""The image for this machine's architecture, and whether the others' can be built at all."""

import json
import shutil
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.release.running import ReleaseError, run
from tests.deploy.image import build_image, prerequisites
from tests.realcluster.build import Say

# What images are released for, and the wheels' platforms that the default base can install.
ARCHITECTURES = {
    "amd64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "arm64": ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
}
BASE_PYTHON = "3.13"
"""Of the Containerfile's default base."""


def build(folder: Path, say: Say) -> None:
    """Its archive and its bill of materials, built twice to the same digest.

    Raises:
        ReleaseError: it can't be built here, or the digests differ.

    """
    if reason := prerequisites():
        raise ReleaseError(f"the image can't be built here: {reason}")
    digests = set()
    for _ in range(2):
        with TemporaryDirectory() as work:
            image = build_image(Path(work), say)
            digests.add(manifest_digest(image.archive))
            shutil.copy2(image.archive, folder)
            shutil.copy2(image.materials, folder)
    if len(digests) > 1:
        raise ReleaseError(f"the image, built again: {' and '.join(sorted(digests))}")


def manifest_digest(archive: Path) -> str:
    """By which a registry will know the image, as sha256:…"""
    with tarfile.open(archive) as tar:
        index = tar.extractfile("index.json")
        assert index is not None, archive
        (described,) = json.load(index)["manifests"]
    return str(described["digest"])


def has_wheels(requirements: Path, architecture: str) -> None:
    """Whether all that the image needs is there for an architecture, with hashes of the lock.

    So that no compiler is needed, and an image can be built for what this machine is not.

    Raises:
        ReleaseError: pip's word on what is missing.

    """
    platforms = [f"--platform={each}" for each in ARCHITECTURES[architecture]]
    with TemporaryDirectory() as folder:
        run(
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--only-binary=:all:", f"--python-version={BASE_PYTHON}", *platforms),
            *("--require-hashes", "--requirement", requirements, "--dest", folder),
        )
