"""How kube-apiserver comes to trust our server, by a given certificate or a self-made one."""

from pathlib import Path

import pytest

from tests.realcluster.aggregation import VERSIONS
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import node, run_pod
from tests.realcluster.process import Process, free_port, wait_until
from tests.realcluster.reading import API, rows_of
from tests.realcluster.servers import LISTENING_SECONDS, TIDEGAUGE, MetricsServer

NAMESPACE = "registration"
NODE = "registered-node"

# What the incumbent's manifests give beside a port and a directory, which this machine chooses.
SHIPPED_ARGS = (
    "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
    "--kubelet-use-node-status-port",
    "--metric-resolution=15s",
)
# A whole period to the first answer, and 5 s more to the second.
FIRST_DATA_SECONDS = 40.0


@pytest.fixture(autouse=True)
def _unregistered(control_plane: ControlPlane) -> None:
    """No condition is left of what was registered before."""
    control_plane.unregister_metrics_api()


def test_both_versions_are_available(
    control_plane: ControlPlane, metrics_api: MetricsServer
) -> None:
    """By a certificate that kube-apiserver verified."""
    metrics_api.register()

    for version in VERSIONS:
        spec = control_plane.request("GET", _api_service(version))["spec"]
        condition = control_plane.api_service_condition(version)
        assert (condition["status"], condition["reason"]) == ("True", "Passed")
        assert spec["caBundle"]
        assert "insecureSkipTLSVerify" not in spec


def test_a_certificate_of_another_authority_is_refused(
    control_plane: ControlPlane, metrics_api: MetricsServer
) -> None:
    """Verification is not for show: with the wrong CA bundle nothing becomes available."""
    control_plane.register_metrics_api(metrics_api.port, control_plane.proxy_authority.certificate)

    condition = wait_until(
        lambda: _failed_check(control_plane, "v1"), "a failed discovery check", 30
    )

    assert "certificate signed by unknown authority" in condition


def _failed_check(plane: ControlPlane, version: str) -> str:
    condition = plane.api_service_condition(version)
    failed = condition.get("reason") == "FailedDiscoveryCheck"
    return condition["message"] if failed else ""


def _api_service(version: str) -> str:
    return f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.metrics.k8s.io"


def test_the_incumbents_arguments_do(
    control_plane: ControlPlane, kubelets: Kubelets, tmp_path: Path
) -> None:
    """With them alone, and as `caBundle` the authority that we leave in --cert-dir, all works."""
    control_plane.create_metrics_rbac()
    control_plane.create_namespace(NAMESPACE)
    port, certificates = free_port(), tmp_path / "certificates"
    given = [f"--cert-dir={certificates}", f"--secure-port={port}", *SHIPPED_ARGS]
    # Who it is: a pod's account is mounted where only root could put it. And where it is.
    outside = [
        f"--kubeconfig={control_plane.server_kubeconfig('shipped')}",
        "--bind-address=127.0.0.1",
    ]
    shipped = Process("shipped", [*TIDEGAUGE, *given, *outside], tmp_path / "log")
    with node(control_plane.admin, kubelets, NODE) as kubelet:
        run_pod(control_plane.admin, kubelet, NAMESPACE, "web", cpu=0.25)
        shipped.start()
        try:
            authority = shipped.wait_until(
                (certificates / "tidegauge-ca.crt").read_bytes, "certificates", LISTENING_SECONDS
            )
            control_plane.register_metrics_api(port, authority)
            control_plane.wait_metrics_api()
            control_plane.wait_for(f"{API}/v1/nodes/{NODE}", bool, FIRST_DATA_SECONDS)

            shown = control_plane.kubectl("top", "nodes")
        finally:
            shipped.stop()
    assert rows_of(shown.stdout, [NODE]) == [[NODE, "350m", "4%", "576Mi", "1%"]]
    assert shipped.exit_code == 0
