"""HPA controllers against a control plane: ours as a process, and upstream's kept in its place."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

import yaml

from tests.realcluster.controlplane import CONTROLLERS, FAST_AUTOSCALER, ControlPlane
from tests.realcluster.process import Process, free_port

PROGRAM = (Path(sys.executable).with_name("tidegauge"), "controller")
DOCUMENT = Path(__file__).parents[2] / "docs" / "controller.md"
UPSTREAM = "horizontal-pod-autoscaler-controller"
READY_SECONDS = 60.0
# As kube-controller-manager's in shape, but a test need not wait as long.
QUICK_LEASE = (
    "--leader-elect-lease-duration=4s",
    "--leader-elect-renew-deadline=2s",
    "--leader-elect-retry-period=500ms",
)
# The account that upstream's controller acts as; its informers are kube-controller-manager's own.
_ACCOUNT = {
    "kind": "ServiceAccount",
    "name": "horizontal-pod-autoscaler",
    "namespace": "kube-system",
}
_ROLE = "system:controller:horizontal-pod-autoscaler"


class Controller(Process):
    """`tidegauge controller`, as fast as the control plane's own; a context manager.

    It has the rights that the documentation gives it, and no others.
    """

    def __init__(self, plane: ControlPlane, name: str, *flags: str) -> None:
        self.port = free_port()
        plane.apply(*rights())
        token = plane.service_account_token("kube-system", "tidegauge-controller")
        config = plane._kubeconfig_file(name, {"token": token})
        own = [
            f"--kubeconfig={config}",
            f"--metrics-bind-address=127.0.0.1:{self.port}",
            *FAST_AUTOSCALER,
            *QUICK_LEASE,
        ]
        super().__init__(name, [*PROGRAM, *own, *flags], plane.folder / "logs" / f"{name}.log")

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_until(lambda: self.get("/readyz") == "ok", "ready", READY_SECONDS)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def get(self, path: str) -> str:
        """A page of its plain port, whatever its status. Raises OSError."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode()

    @property
    def leads(self) -> bool:
        """Whether it says so itself."""
        return "\ntidegauge_controller_leading 1.0\n" in self.get("/metrics")

    def said(self) -> list[dict[str, Any]]:
        """Its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def rights() -> list[dict[str, Any]]:
    """The manifests of docs/controller.md."""
    _, block = DOCUMENT.read_text("utf-8").split("```yaml\n", 1)
    return list(yaml.safe_load_all(block.partition("```")[0]))


@contextmanager
def upstream_off(plane: ControlPlane) -> Iterator[None]:
    """kube-controller-manager without its HPA controller."""
    with _controllers(plane, [name for name in CONTROLLERS if name != UPSTREAM]):
        yield


@contextmanager
def _controllers(plane: ControlPlane, names: list[str]) -> Iterator[None]:
    (manager,) = plane._processes[2:]
    before = list(manager.command)
    manager.command = [
        f"--controllers={','.join(names)}" if part.startswith("--controllers=") else part
        for part in before
    ]
    plane.restart_controllers()
    try:
        yield
    finally:
        manager.command = before
        plane.restart_controllers()


@contextmanager
def upstream_only_in(plane: ControlPlane, namespace: str) -> Iterator[None]:
    """Upstream's controller sees all HPAs, but may touch scales and statuses only there."""
    everywhere = f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{_ROLE}"
    binding = plane.request("GET", everywhere)
    plane.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "upstream", "namespace": namespace},
            "roleRef": {**binding["roleRef"]},
            "subjects": [_ACCOUNT],
        }
    )
    plane.request("DELETE", everywhere)
    try:
        yield
    finally:
        fresh = {key: binding["metadata"][key] for key in ("name", "labels", "annotations")}
        plane.request("POST", everywhere.rpartition("/")[0], {**binding, "metadata": fresh})
