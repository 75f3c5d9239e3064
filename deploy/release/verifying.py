"""Takes each artefact as a user would: installs, renders, runs it, and looks what version it is."""

import json
import sys
import venv
from calendar import timegm
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import yaml

from deploy.release import image, materials
from deploy.release.distributions import digest
from deploy.release.running import ReleaseError, run
from tests.deploy.helm import HELM
from tests.realcluster import build

# Nothing of the checkout may help what was installed.
_CLEAN = {"PYTHONPATH": ""}


def verify(folder: Path, version: str) -> Iterator[str]:
    """A line for each thing that was found right.

    Raises:
        ReleaseError: at the first that is not.

    """
    checks: tuple[Callable[[Path, str], str], ...] = (
        wheel,
        source,
        chart,
        container,
        bills,
        architectures,
    )
    for check in checks:
        yield check(folder, version)


def wheel(folder: Path, version: str) -> str:
    """It installs into a new venv, with what it requires by hash, and runs."""
    with TemporaryDirectory() as place:
        venv.create(place, with_pip=True)
        python = Path(place) / "bin" / "python"
        pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, "--require-hashes", "-r", folder / f"tidegauge-{version}.requirements.txt")
        run(*pip, "--no-deps", "--no-index", the_wheel(folder))
        run(python, "-m", "pip", "check")
        said = run(Path(place) / "bin" / "tidegauge", "--version", cwd=Path(place), env=_CLEAN)
    _same("tidegauge --version", said.strip(), f"tidegauge {version}")
    return f"the wheel installs into a fresh venv and says: {said.strip()}"


def the_wheel(folder: Path) -> Path:
    """The only one in the folder."""
    (path,) = folder.glob("*.whl")
    return path


def source(folder: Path, version: str) -> str:
    """The wheel that comes out of the sdist is the one that is released, to the byte."""
    sdist = folder / f"tidegauge-{version}.tar.gz"
    with TemporaryDirectory() as place:
        flags = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
        env = {"SOURCE_DATE_EPOCH": str(_moment(the_wheel(folder)))}
        run(sys.executable, "-m", "pip", "wheel", *flags, "--wheel-dir", place, sdist, env=env)
        _same("the wheel of the sdist", digest(the_wheel(Path(place))), digest(the_wheel(folder)))
    return "the sdist builds the same wheel"


def _moment(wheel: Path) -> int:
    """The time that all files in it have, as seconds since the epoch."""
    with ZipFile(wheel) as archive:
        return timegm((*archive.infolist()[0].date_time, 0, 0, 0))


def chart(folder: Path, version: str) -> str:
    """The package renders, with the image of this version."""
    helm = build.ensure([HELM])[HELM.label]
    package = folder / f"tidegauge-{version}.tgz"
    flags = ("--namespace", "kube-system", "--set", "ha=true")
    rendered = yaml.safe_load_all(run(helm, "template", "tidegauge", package, *flags))
    (deployment,) = (each for each in rendered if each["kind"] == "Deployment")
    (pod,) = deployment["spec"]["template"]["spec"]["containers"]
    _same("the chart's image", pod["image"].rpartition(":")[2], version)
    return f"the chart renders {pod['image']}; sha256:{digest(package)}"


def container(folder: Path, version: str) -> str:
    """The image runs, and says what it is."""
    archive = folder / f"tidegauge-{version}.oci.tar"
    with TemporaryDirectory() as store:
        buildah = ("buildah", f"--root={store}/storage", f"--runroot={store}/run")
        env = {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
        name = run(*buildah, "from", "--quiet", f"oci-archive:{archive}", env=env).strip()
        command = ("/usr/bin/python3", "-m", "tidegauge", "--version")
        said = run(*buildah, "run", name, "--", *command, env=env).strip()
        run(*buildah, "rm", "--all", env=env)
    _same("the image", said, f"tidegauge {version}")
    return f"the image runs and says: {said}; {image.manifest_digest(archive)}"


def bills(folder: Path, version: str) -> str:
    """Both bills of materials name all that the wheel requires, in the same versions."""
    needed = materials.locked((folder / f"tidegauge-{version}.requirements.txt").read_text())
    listed = {
        kind: _listed(folder / f"tidegauge-{version}.{kind}spdx.json") for kind in ("whl.", "")
    }
    for each in needed.values():
        # An image is for one platform, so it lacks what only others need.
        for packages in listed.values():
            found = packages.get(each.name.lower(), each.version)
            _same(f"{each.name} in a bill of materials", found, each.version)
    if lacking := needed.keys() - listed["whl."].keys():
        raise ReleaseError(f"the wheel's bill of materials lacks {', '.join(sorted(lacking))}")
    return f"the bills of materials list {len(listed['whl.'])} and {len(listed[''])} packages"


def _listed(path: Path) -> dict[str, str]:
    packages = json.loads(path.read_text())["packages"]
    return {each["name"].lower(): each.get("versionInfo", "") for each in packages}


def architectures(folder: Path, version: str) -> str:
    """For each there are wheels that the lock allows, so no image needs a compiler."""
    for architecture in image.ARCHITECTURES:
        image.has_wheels(folder / f"tidegauge-{version}.requirements.txt", architecture)
    return f"the lock has wheels for {' and '.join(image.ARCHITECTURES)}"


def _same(what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise ReleaseError(f"{what}: {found}, not {wanted}")
