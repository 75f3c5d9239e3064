"""One control plane, its fake kubelets and the Go metrics-server for the whole run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.realcluster import build, servers, versions
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.servers import MetricsServer

HERE = Path(__file__).parent
# Nodes so labelled are for servers of one module alone: they are many, or deadly.
COMMON_NODES = "--node-selector=!apart"


@pytest.hookimpl(tryfirst=True)  # before `-m` selects by markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.realcluster)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what the run needs before the first test, so that no test's time limit counts it."""
    wanted = any(HERE in item.path.parents for item in session.items)
    if wanted and not session.config.option.collectonly:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        assert reporter is not None
        build.ensure(say=lambda line: reporter.write_line(line, flush=True))


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane of the version we are made for."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane")) as plane:
        yield plane


@pytest.fixture(scope="session")
def kubelets(control_plane: ControlPlane) -> Iterator[Kubelets]:
    """A server for fake kubelets whose certificates the cluster's CA signs; none is there yet."""
    with Kubelets(control_plane.authority) as server:
        yield server


@pytest.fixture(scope="session")
def incumbent(control_plane: ControlPlane) -> Iterator[MetricsServer]:
    """The Go metrics-server, scraping every 10 s; not registered as the cluster's own."""
    with servers.incumbent(control_plane, COMMON_NODES) as server:
        yield server


@pytest.fixture(scope="session")
def tidegauge(control_plane: ControlPlane) -> Iterator[MetricsServer]:
    """Our server, scraping every second; not registered as the cluster's own."""
    with servers.tidegauge(control_plane, "--metric-resolution=1s", COMMON_NODES) as server:
        yield server


@pytest.fixture(scope="module")
def metrics_api(tidegauge: MetricsServer) -> MetricsServer:
    """Our server as the cluster's metrics server, whoever was that before this module."""
    tidegauge.register()
    return tidegauge


@pytest.fixture(scope="session")
def older_control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane of an older version, for a smoke run."""
    folder = tmp_path_factory.mktemp("older-control-plane")
    with ControlPlane(folder, kubernetes=versions.KUBERNETES_OLDER) as plane:
        yield plane
