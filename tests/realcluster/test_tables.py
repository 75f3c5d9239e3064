"""The sandbox's tables of types and of protobuf numbers are those of the Kubernetes we run."""

from typing import Any

from tests.realcluster import typefile, wirefile
from tests.realcluster.controlplane import ControlPlane
from tidegauge.sandbox.apiserver import schema, wire
from tidegauge.sandbox.apiserver.discovery import AGGREGATED_TYPE, own_versions


def test_types(control_plane: ControlPlane) -> None:
    """`types.txt` is what kube-apiserver publishes."""
    found = typefile.render(typefile.schemas(control_plane.admin))

    assert schema.FILE.read_text() == found


def offered(control_plane: ControlPlane) -> dict[tuple[str, str, str], Any]:
    """What a real server says it offers, by group, version and resource."""
    wanted = {"Accept": AGGREGATED_TYPE}
    return {
        (group["metadata"].get("name", ""), version["version"], resource["resource"]): resource
        for root in ("/api", "/apis")
        for group in control_plane.admin.send("GET", root, None, wanted).json()["items"]
        for version in group["versions"]
        for resource in version.get("resources", ())  # none of a server that is away
    }


def test_discovery(control_plane: ControlPlane) -> None:
    """Every resource and subresource of ours is offered with the real one's names and verbs."""
    real = offered(control_plane)

    for version in own_versions():
        for resource in version.resources:
            theirs = real[version.group, version.version, resource["resource"]]
            subresources = [
                each
                for each in theirs.get("subresources", [])
                if each in resource.get("subresources", [])
            ]
            expected = theirs | ({"subresources": subresources} if subresources else {})
            assert resource == {
                key: value
                for key, value in expected.items()
                if key != "subresources" or key in resource
            }


def test_numbers() -> None:
    """`wire.txt` is what the .proto files of the same release say."""
    found = wirefile.messages(wirefile.module_cache())

    assert wire.FILE.read_text() == wirefile.render(found)
