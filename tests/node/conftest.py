"""One cluster with a real node, on which the chart is installed with the image that was built."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import tidegauge
from tests.deploy.helm import CHART, HELM
from tests.deploy.image import the_image
from tests.node import archives
from tests.node.node import Node, NodePlane, install_packages, prerequisites
from tests.realcluster import build, versions
from tests.realcluster.client import Client

HERE = Path(__file__).parent
IMAGE = f"localhost/tidegauge:{tidegauge.__version__}"
PAUSE = "localhost/pause:1"
SERVER = "app.kubernetes.io/name=tidegauge"
VALUES = ("--set=image.repository=localhost/tidegauge",)
WAIT = "import signal; signal.pause()"
_OF_KUBERNETES = (
    *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"),
)
_NEEDED = (
    HELM,
    build.find("etcd", versions.ETCD),
    build.find("metrics-server", versions.METRICS_SERVER),
    *(build.find(name, versions.KUBERNETES) for name in _OF_KUBERNETES),
)


@pytest.hookimpl(tryfirst=True)  # before `-m` selects by markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.realcluster)
            # Building an image, a cluster and a roll-out are the first test's to wait for.
            item.add_marker(pytest.mark.timeout(600))


@dataclass(frozen=True)
class Installed:
    """A cluster of one real node, with the chart installed as docs/install.md has it."""

    node: Node
    image: str
    home: Path

    @property
    def plane(self) -> NodePlane:
        return self.node.plane

    def kubectl(self, *args: str) -> str:
        done = self.plane.kubectl(*args)
        assert done.code == 0, done.stderr
        return done.stdout

    def helm(self, *args: str) -> None:
        """Run it on the release."""
        _helm(self.plane, self.home, *args)

    @property
    def server(self) -> Client:
        """Requests straight to the pod, as admin."""
        (pod,) = self.pods("kube-system", SERVER)
        pair = self.plane.authority.client("admin", ["system:masters"])
        return Client(f"https://{pod['status']['podIP']}:10250", None, pair)

    def pods(self, namespace: str, selector: str) -> list[Any]:
        path = f"/api/v1/namespaces/{namespace}/pods?labelSelector={selector}"
        return list(self.plane.request("GET", path)["items"])


@pytest.fixture(scope="session")
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    if reason := prerequisites():
        pytest.skip(f"THE REAL NODE IS NOT TESTED: {reason}")
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    assert reporter is not None

    def say(line: str) -> None:
        reporter.write_line(line, flush=True)

    install_packages(say)
    build.ensure(_NEEDED, say)
    folder = tmp_path_factory.mktemp("node")
    image = the_image(folder / "image", say)
    images = [
        archives.archive(image, folder / "tidegauge.tar", IMAGE),
        archives.archive(image, folder / "pause.tar", PAUSE, ["/usr/bin/python3", "-c", WAIT]),
    ]
    with NodePlane(folder / "plane") as plane, Node(plane, folder / "n", images, PAUSE) as node:
        say("node: installing the chart")
        _install(plane, folder)
        yield Installed(node, IMAGE, folder)


def _install(plane: NodePlane, home: Path) -> None:
    """As an operator does it; the pods have to become ready by themselves."""
    _helm(plane, home, "install", "tidegauge", str(CHART), *VALUES)
    path = "/apis/apps/v1/namespaces/kube-system/deployments/tidegauge"
    try:
        plane.wait_for(path, lambda one: one["status"].get("readyReplicas") == 1, 90)
    except TimeoutError as error:
        shown = plane.kubectl("get", "pods,events", "-A", "-o", "wide").stdout
        raise TimeoutError(f"{error}\n{shown}") from error
    plane.wait_metrics_api()


def _helm(plane: NodePlane, home: Path, *args: str) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "KUBECONFIG": str(plane.kubeconfig())}
    command = [str(build.path_of(HELM)), *args, "--namespace=kube-system"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
