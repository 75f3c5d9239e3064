"""The manifests for kubectl and kustomize are what the chart renders."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy import manifests
from tests.deploy.helm import KUBECTL, Manifest
from tests.realcluster import build


def test_they_are_up_to_date() -> None:
    """Else `make deploy-files` was forgotten."""
    assert {path: path.read_text() for path, _ in manifests.files()} == dict(manifests.files())


def test_nothing_else_lies_there() -> None:
    """A file that nothing makes would grow stale."""
    there = {path for path in manifests.FOLDER.rglob("*") if path.is_file()}

    assert there == {path for path, _ in manifests.files()}


@pytest.mark.parametrize("profile", manifests.PROFILES)
def test_kustomize_builds_them(profile: str, tmp_path: Path) -> None:
    """With kubectl's own kustomize, and with the image that somebody has."""
    folder = tmp_path / "own"
    folder.mkdir()
    base = Path("../" * (len(folder.parts) - 1)) / (manifests.FOLDER / profile).relative_to("/")
    own = {"resources": [str(base)], "images": [{"name": "localhost/tidegauge", "newTag": "next"}]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(own))
    command = [str(build.path_of(KUBECTL)), "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    built = {_key(each): each for each in yaml.safe_load_all(done.stdout)}

    expected = {_key(each): each for each in manifests.plain(manifests.PROFILES[profile])}
    deployment = expected["Deployment", "tidegauge"]
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "localhost/tidegauge:next"
    assert built == expected


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]
