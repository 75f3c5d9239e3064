"""What the cluster suffers while no kubelet answers and the server has nothing to serve yet."""

from collections.abc import Iterator

import pytest

from tests.deploy.helm import CHART
from tests.node.conftest import SERVER, VALUES, Installed
from tests.node.node import NAME
from tests.realcluster.aggregation import VERSIONS
from tests.realcluster.process import wait_until
from tests.realcluster.reading import API

PATIENCE = "15s"
NAMESPACE = "leaving"
PORT = "tidegauge.dev/kubelet-port"


@pytest.fixture
def dark(installed: Installed) -> Iterator[Installed]:
    """A server that was started when no kubelet answered any more."""
    upgrade = ("upgrade", "tidegauge", str(CHART), *VALUES, "--wait", "--timeout=90s")
    installed.helm(*upgrade, f"--set=args={{--ready-without-data-after={PATIENCE}}}")
    installed.kubectl("create", "namespace", NAMESPACE)
    installed.kubectl("annotate", "node", NAME, f"{PORT}=1")
    installed.kubectl("-n", "kube-system", "delete", "pod", f"--selector={SERVER}", "--now")
    yield installed
    installed.kubectl("annotate", "node", NAME, f"{PORT}-")
    installed.helm(*upgrade)
    installed.plane.wait_for(f"{API}/v1/nodes/{NAME}", bool, 60)


def test_red_readiness_ends(dark: Installed) -> None:
    """The endpoint is there again without a single figure; a namespace goes, discovery is whole."""
    plane = dark.plane

    def available() -> set[str]:
        return {plane.api_service_condition(version)["status"] for version in VERSIONS}

    wait_until(lambda: available() == {"False"}, "red readiness", 30)
    wait_until(lambda: available() == {"True"}, "green readiness", 60)
    dark.kubectl("delete", "namespace", NAMESPACE, "--timeout=60s")

    assert "nodes.metrics.k8s.io" in dark.kubectl("api-resources", "--output=name").split()
    assert plane.request("GET", f"{API}/v1/nodes")["items"] == []
