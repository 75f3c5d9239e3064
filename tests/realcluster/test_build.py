"""Building: what goes wrong is said with what to do about it."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from tests.realcluster import build
from tests.realcluster.versions import BINARIES


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which nothing is built."""
    monkeypatch.setenv("TIDEGAUGE_CACHE", str(tmp_path))
    return tmp_path


def test_a_failed_build_shows_the_end_of_its_log(empty_cache: Path) -> None:
    """The compiler's own words, and where the rest of them is."""
    # Go refuses it while reading go.mod, so nothing is looked up anywhere.
    broken = dataclasses.replace(BINARIES[0], version="no version at all")
    lines: list[str] = []

    with pytest.raises(build.BuildError, match="usage: require module/path") as failed:
        build.ensure([broken], lines.append)

    assert str(empty_cache / "logs" / f"{broken.label}.log") in str(failed.value)
    assert not build.path_of(broken).exists()
    assert broken.label in lines[-1]


def test_too_little_disk_is_told_before_anything_is_built(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How much there is, how much it takes, and what to do."""
    usage = shutil.disk_usage(empty_cache)._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(build.BuildError, match=r"0\.0 GiB free, the build takes .* make room"):
        build.ensure(BINARIES[:1], lambda _: None)


def test_what_is_there_is_not_built_again(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of that name and version is taken as it is, without Go."""
    monkeypatch.setenv("PATH", "")
    binary = BINARIES[0]
    (empty_cache / "bin").mkdir()
    build.path_of(binary).touch()

    assert build.ensure([binary]) == {binary.label: empty_cache / "bin" / binary.label}


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The command lists what can be built."""
    with pytest.raises(SystemExit):
        build.main(["nonsense"])

    assert "choose from etcd-" in capsys.readouterr().err
