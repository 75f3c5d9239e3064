"""The image holds what the server needs, says what it is, and nothing more."""

import json
import re
import stat
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

import tidegauge
from tests.deploy.image import Image, the_image

MIB = 1 << 20
# A base is made once per machine, by a minute of installing packages.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Image:
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    assert reporter is not None
    return the_image(
        tmp_path_factory.mktemp("image"), lambda line: reporter.write_line(line, flush=True)
    )


def files(image: Image) -> Iterator[Path]:
    for path in image.root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path


def test_it_is_small(image: Image) -> None:
    """As docs/install.md says, with a little room: 28 MiB to pull, 85 MiB unpacked."""
    unpacked = sum(path.stat().st_size for path in files(image))

    assert image.archive.stat().st_size < 32 * MIB
    assert unpacked < 90 * MIB


def test_there_is_nothing_to_run_but_python_and_us(image: Image) -> None:
    """No shell, no package manager, nothing that could become somebody else."""
    runnable = {
        path.name
        for path in files(image)
        if path.stat().st_mode & stat.S_IXUSR and path.suffix != ".py" and ".so" not in path.name
    }
    raising = [path for path in files(image) if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)]

    assert len(runnable) == 2
    assert all(name == "tidegauge" or name.startswith("python3") for name in runnable)
    assert raising == []


def test_all_bytecode_is_there(image: Image) -> None:
    """Compiled ahead and believed as it is, since nothing can be written at run time."""
    sources = [path for path in files(image) if path.suffix == ".py"]
    compiled = [next((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")) for path in sources]
    unchecked = (1).to_bytes(4, "little")  # PEP 552: by hash, and not to be checked

    assert len(sources) > 500
    assert {path.read_bytes()[4:8] for path in compiled} == {unchecked}


def test_what_it_says_of_itself(image: Image) -> None:
    """Who runs it, how, and which version of what."""
    config = image.config["config"]
    labels = config["Labels"]

    assert config["User"] == "1000:1000"
    assert config["Entrypoint"] == ["/usr/bin/python3", "-m", "tidegauge"]
    assert config["Cmd"] == ["serve"]
    assert labels["org.opencontainers.image.version"] == tidegauge.__version__
    # With changes that nobody committed it is no commit's, and says so.
    assert re.fullmatch("[0-9a-f]{40}(-dirty)?", labels["org.opencontainers.image.revision"])
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_the_bill_of_materials(image: Image) -> None:
    """Every distribution that is there is on it, and the libraries that scanners ask for."""
    listed = {
        (package["name"], package.get("versionInfo"))
        for package in json.loads(image.materials.read_text())["packages"]
    }
    there = {
        (each.name.lower().replace("_", "-"), each.version)
        for each in distributions(path=[str(image.root / "app")])
    }

    assert ("tidegauge", tidegauge.__version__) in there
    assert there <= listed
    assert {"libssl3", "libc6"} <= {name for name, _ in listed}


def test_nothing_for_developers_is_there(image: Image) -> None:
    """Of the lock only what the server requires was taken along."""
    there = {each.name.lower() for each in distributions(path=[str(image.root / "app")])}

    assert {"aiohttp", "cryptography", "msgspec"} <= there
    assert not there & {"pip", "pytest", "mypy", "ruff", "hatchling", "setuptools"}


def test_no_trust_of_this_machine_is_in_it(image: Image) -> None:
    """Root certificates are the base's; the ones by which this machine reaches registries stay."""
    bundle = (image.root / "etc/ssl/certs/ca-certificates.crt").read_bytes()

    assert bundle.count(b"BEGIN CERTIFICATE") > 100
    assert not (image.root / "run").exists()
