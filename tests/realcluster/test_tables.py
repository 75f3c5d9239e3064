"""The sandbox's tables of types and of protobuf numbers are those of the Kubernetes we run."""

import subprocess
from pathlib import Path

import pytest

from tests.realcluster import typefile, wirefile
from tests.realcluster.controlplane import ControlPlane
from tidegauge.sandbox.apiserver import schema, wire


def test_types(control_plane: ControlPlane) -> None:
    """`types.txt` is what kube-apiserver publishes."""
    found = typefile.render(typefile.schemas(control_plane.admin))

    assert schema.FILE.read_text() == found


def test_numbers() -> None:
    """`wire.txt` is what the .proto files of the same release say."""
    shown = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=False)
    modules = Path(shown.stdout.strip())
    if shown.returncode or not (modules / "k8s.io").exists():
        pytest.skip("Go's module cache is empty: the binaries were built before, or elsewhere")

    assert wire.FILE.read_text() == wirefile.render(wirefile.messages(modules))
