"""The recorded cluster for real: control plane, objects, kubelets, and servers under test."""

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.realcluster import build, faults
from tests.realcluster.client import object_path
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import FakeKubelet
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.process import wait_until
from tests.realcluster.servers import MetricsServer
from tests.transcripts.exchange import Exchange
from tests.transcripts.identities import contexts

RECORDED_FLAGS = (
    "--kubelet-insecure-tls",
    "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
    "--kubelet-use-node-status-port",
    "--metric-resolution=15s",
)

ROUND_SECONDS = 60.0
"""Two scrapes 15 s apart, the first after a period at the latest, and time for a busy machine."""

_NODES = "/apis/metrics.k8s.io/v1beta1/nodes"
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

Fixture = Mapping[str, Any]


class Stage:
    """The cluster of a fixture, without controllers; a context manager.

    Nothing is served before `feed`: until then no kubelet answers.
    """

    def __init__(self, folder: Path, fixture: Fixture, say: build.Say | None = None) -> None:
        self._fixture = fixture
        self._stack = ExitStack()
        self._servers: list[MetricsServer] = []
        self.plane = ControlPlane(
            folder, controllers=(), without_admission=["PodTopologyLabels"], say=say
        )
        self._kubelets = Kubelets(self.plane.authority)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.plane)
            self._create(self._fixture)
            self._create_each(self._fixture["rbac"])
            self._contexts = contexts(self.plane)
            self._token = self.plane.service_account_token("ns-1", "reader")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, make: Callable[..., MetricsServer]) -> MetricsServer:
        """Start a server with the recorded flags; it has listed nodes and pods on return."""
        server = self._stack.enter_context(make(self.plane, *RECORDED_FLAGS))
        self._servers.append(server)
        but_data = "/readyz?exclude=metric-storage-ready"
        wait_until(lambda: server.admin.send("GET", but_data).status == 200, but_data, 60)
        return server

    def exchange(self, url: str) -> Exchange:
        return Exchange(url, self._contexts, self._token)

    def register(self, server: MetricsServer) -> None:
        """Route the fixture's APIService to the server, and wait until all of it is known."""
        service, api_service = copy.deepcopy(self._fixture["aggregation"])
        service["spec"]["ports"][0]["port"] = server.port
        api_service["spec"]["service"]["port"] = server.port
        self._create_each([service, api_service])
        self.plane.wait_metrics_api(["v1beta1"])
        wait_until(self._discovered, "metrics.k8s.io discovered", 60)

    def feed(self) -> None:
        """Let the kubelets answer, and wait until every server serves every node."""
        self._stack.enter_context(self._kubelets)
        self._feed(self._fixture)

    def enlarge(self) -> None:
        """Add the large namespace and its node, and wait until they are served."""
        self._create(self._fixture["large"])
        self._feed(self._fixture["large"])

    def _feed(self, part: Fixture) -> None:
        bodies = {
            self._kubelet(name, told): told["second"]["body"].encode()
            for name, told in part["kubelets"].items()
            if told["first"] is not None
        }
        wait_until(lambda: all(map(self._asked_by_all, bodies)), "first scrapes", ROUND_SECONDS)
        for kubelet, body in bodies.items():
            kubelet.fault = faults.Fault(transform=faults.instead(body))
        wait_until(self._all_served, "all nodes served", ROUND_SECONDS)

    def _kubelet(self, name: str, told: Mapping[str, Any]) -> FakeKubelet:
        kubelet = self._kubelets.add(name, told["address"])
        kubelet.path = told["path"]
        kubelet.fault = faults.Fault(transform=faults.instead(told["first"]["body"].encode()))
        return kubelet

    def _asked_by_all(self, kubelet: FakeKubelet) -> bool:
        """Each server has a token of its own."""
        return len({seen.token for seen in kubelet.requests}) == len(self._servers)

    def _all_served(self) -> bool:
        wanted = len(self._kubelets.all())
        answers = [server.admin.request("GET", _NODES) for server in self._servers]
        return all(len(answer["items"]) == wanted for answer in answers)

    def _discovered(self) -> bool:
        answer = self.plane.admin.send("GET", "/apis", headers={"Accept": _DISCOVERY})
        groups = {item["metadata"]["name"]: item for item in json.loads(answer.body)["items"]}
        versions = groups.get("metrics.k8s.io", {"versions": []})["versions"]
        index = self.plane.request("GET", "/openapi/v3")["paths"]
        described = "apis/metrics.k8s.io/v1beta1" in index
        return described and any(each.get("resources") for each in versions)

    def _create(self, part: Fixture) -> None:
        """Nodes get the port that this run's kubelets listen on."""
        self._create_each([*part["namespaces"], *part["serviceaccounts"]])
        for node in copy.deepcopy(part["nodes"]):
            node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"] = self._kubelets.port
            self._create_each([node])
        for pod in part["pods"]:
            self._create_each([pod["object"]])
            path = f"{object_path(pod['object'])}/status"
            kind = {"Content-Type": "application/merge-patch+json"}
            self.plane.admin.request("PATCH", path, {"status": pod["status"]}, kind)

    def _create_each(self, manifests: Iterable[Mapping[str, Any]]) -> None:
        for manifest in manifests:
            self.plane.request("POST", object_path(manifest).rpartition("/")[0], manifest)
