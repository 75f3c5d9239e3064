"""etcd, kube-apiserver and kube-controller-manager on free loopback ports, without root."""

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.realcluster import aggregation, build, pki
from tests.realcluster import versions as pins
from tests.realcluster.client import Client, RequestFailed
from tests.realcluster.process import Process, free_port, wait_until

# Named one by one: the node lifecycle controller would evict every pod from nodes without leases.
CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "deployment-controller",
    "garbage-collector-controller",
    "horizontal-pod-autoscaler-controller",
    "namespace-controller",
    "replicaset-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
)
# An HPA scenario takes seconds, not minutes.
FAST_AUTOSCALER = (
    "--horizontal-pod-autoscaler-sync-period=2s",
    "--horizontal-pod-autoscaler-downscale-stabilization=10s",
    "--horizontal-pod-autoscaler-cpu-initialization-period=0s",
    "--horizontal-pod-autoscaler-initial-readiness-delay=0s",
)
# For creating pods by the ten thousand.
MASS_LOADING = (
    "--enable-priority-and-fairness=false",
    "--max-requests-inflight=2000",
    "--max-mutating-requests-inflight=1000",
)
# kube-apiserver was seen ready after 10 s on an idle machine with two cores; these are shared.
READY_SECONDS = 90.0
KUBECTL_SECONDS = 60.0
# etcd takes 128 operations in one transaction.
_PUTS_AT_ONCE = 100
_ISSUER = "https://kubernetes.default.svc"
_PROXY_NAME = "front-proxy-client"


class Completed(NamedTuple):
    """What a kubectl run printed and its exit code."""

    stdout: str
    stderr: str
    code: int


class ControlPlane:
    """A control plane with its own certificates; a context manager.

    Args:
        folder: for data, certificates and logs; must be empty.
        kubernetes: version of kube-apiserver and kube-controller-manager.
        controllers: what kube-controller-manager runs; it is not started for none.
        without_admission: admission plugins to disable.
        apiserver_flags: further flags of kube-apiserver.
        say: told when something has to be built first.

    """

    def __init__(
        self,
        folder: Path,
        *,
        kubernetes: str = pins.KUBERNETES,
        controllers: Sequence[str] = CONTROLLERS,
        without_admission: Sequence[str] = (),
        apiserver_flags: Sequence[str] = (),
        say: build.Say | None = None,
    ) -> None:
        self.folder = folder
        self._say = say
        self.authority = pki.Authority("cluster-ca")
        self.proxy_authority = pki.Authority("front-proxy-ca")
        self.admin_pair = self.authority.client("admin", ["system:masters"])
        self._port, self._etcd_port, self._manager_port = free_port(), free_port(), free_port()
        self.url = f"https://127.0.0.1:{self._port}"
        self.admin = Client(self.url, self.authority.certificate, self.admin_pair)
        programs = ["kube-apiserver", *(["kube-controller-manager"] if controllers else [])]
        binaries = [build.find(name, kubernetes) for name in programs]
        self._binaries = [build.find("etcd", pins.ETCD), *binaries]
        paths = {binary.name: build.path_of(binary) for binary in self._binaries}
        self._processes = [
            self._process("etcd", [paths["etcd"], *self._etcd_flags()]),
            self._process(
                "kube-apiserver",
                [
                    paths["kube-apiserver"],
                    *self._apiserver_flags(),
                    f"--disable-admission-plugins={','.join(without_admission)}",
                    *apiserver_flags,
                ],
            ),
        ]
        if controllers:
            flags = self._controller_flags(controllers)
            manager = paths["kube-controller-manager"]
            self._processes.append(self._process("kube-controller-manager", [manager, *flags]))

    def __enter__(self) -> Self:
        build.ensure(self._binaries, self._say)
        self._write_files()
        try:
            for process in self._processes[:2]:
                process.start()
            self.wait_ready()
            # Only now: it gives up at once while the roles that let it read are not there.
            self._start_controllers()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all processes, the last started first."""
        self.admin.close()
        for process in reversed(self._processes):
            process.stop()

    @property
    def apiserver(self) -> Process:
        """The kube-apiserver process, for its log and pid."""
        return self._processes[1]

    def wait_ready(self) -> None:
        """Until kube-apiserver says ready."""
        self.apiserver.wait_until(
            lambda: self.admin.send("GET", "/readyz").status == 200, "ready", READY_SECONDS
        )

    def pause_apiserver(self) -> None:
        """End kube-apiserver as a crash does; its port refuses connections from now on."""
        self.apiserver.kill()

    def resume_apiserver(self) -> None:
        """Start kube-apiserver again on its port and wait until it is ready."""
        self.apiserver.start()
        self.wait_ready()

    def restart_controllers(self) -> None:
        """Start kube-controller-manager anew: after a long outage its informers sleep a minute."""
        for manager in self._processes[2:]:
            manager.stop()
        self._start_controllers()

    def manager_metrics(self) -> str:
        """What kube-controller-manager says about itself on /metrics."""
        client = Client(f"https://127.0.0.1:{self._manager_port}", None, self.admin_pair)
        try:
            return client.send("GET", "/metrics").body.decode()
        finally:
            client.close()

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """A request as admin; decoded JSON back. RequestFailed on a status of 400 or more."""
        return self.admin.request(method, path, body)

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Create or update objects as admin."""
        for manifest in manifests:
            self.admin.apply(manifest)

    def create_namespace(self, name: str) -> None:
        """A namespace in which pods can be created at once."""
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        wait_until(lambda: self.admin.send("GET", account).status == 200, account, 30)

    def client(self, user: str, groups: Sequence[str] = ()) -> Client:
        """Requests to kube-apiserver as that user."""
        pair = self.authority.client(user, groups)
        return Client(self.url, self.authority.certificate, pair)

    def proxy_pair(self) -> pki.Pair:
        """A client certificate with which aggregated servers believe X-Remote-* headers."""
        return self.proxy_authority.client(_PROXY_NAME)

    def service_account_token(self, namespace: str, name: str, seconds: int = 24 * 3600) -> str:
        """A fresh token of a service account; ten minutes is the shortest life it can have."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        asked = {"spec": {"expirationSeconds": seconds}}
        return str(self.request("POST", path, asked)["status"]["token"])

    def kubeconfig(self, user: str = "admin", groups: Sequence[str] = ("system:masters",)) -> Path:
        """A kubeconfig file with a client certificate for that user."""
        name = f"{user}-{'-'.join(groups)}".replace(":", "_").replace("/", "_")
        identity = pki.certificate_user(self.authority.client(user, groups))
        return self._kubeconfig_file(name, identity)

    def server_kubeconfig(self, name: str = "metrics-server") -> Path:
        """A kubeconfig for a metrics server, with its service account's token in a file.

        The token file is `server_token_file(name)`, so that a test can replace it.
        """
        token = self.service_account_token(aggregation.NAMESPACE, aggregation.ACCOUNT)
        file = pki.replace_file(self.server_token_file(name), token.encode(), mode=0o600)
        return self._kubeconfig_file(name, {"tokenFile": str(file)})

    def server_token_file(self, name: str = "metrics-server") -> Path:
        """Where the token of `server_kubeconfig(name)` is."""
        return self.folder / "kubeconfigs" / f"{name}.token"

    def kubectl(
        self,
        *args: str,
        version: str = "1.37",
        kubeconfig: Path | None = None,
        stdin: str = "",
    ) -> Completed:
        """Run kubectl, as admin unless a kubeconfig is given.

        Its discovery cache is made anew for each run: tests change what there is to discover.
        """
        pinned = {"1.37": pins.KUBERNETES, "1.32": pins.KUBECTL_V1BETA1}[version]
        binary = build.find("kubectl", pinned)
        config = kubeconfig or self._admin_kubeconfig()
        program = str(build.ensure([binary], self._say)[binary.label])
        cache = f"--cache-dir={self.folder / 'kubectl-cache' / os.urandom(8).hex()}"
        done = subprocess.run(
            [program, cache, *args],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "KUBECONFIG": str(config)},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=KUBECTL_SECONDS,
            check=False,
        )
        return Completed(done.stdout, done.stderr, done.returncode)

    def create_metrics_rbac(self) -> None:
        """The metrics server's account and roles."""
        self.apply(*aggregation.rbac())

    def register_metrics_api(
        self,
        port: int,
        ca_bundle: bytes | None = None,
        versions: Sequence[str] = aggregation.VERSIONS,
    ) -> None:
        """Route `versions` of metrics.k8s.io to a server on this machine, and no others.

        Without a CA bundle the server's certificate is not verified.
        """
        self.create_metrics_rbac()
        self.apply(*aggregation.registration(port, ca_bundle, versions))
        for version in set(aggregation.VERSIONS) - set(versions):
            self.admin.delete(aggregation.api_service(version, port, ca_bundle))

    def unregister_metrics_api(self) -> None:
        """Take the APIServices and the Service away."""
        for manifest in aggregation.registration(1, None):
            self.admin.delete(manifest)

    def api_service_condition(self, version: str) -> Mapping[str, Any]:
        """The Available condition of an APIService; empty while there is none."""
        path = f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.metrics.k8s.io"
        status = self.request("GET", path).get("status", {})
        return next((c for c in status.get("conditions", []) if c["type"] == "Available"), {})

    def wait_metrics_api(
        self, versions: Sequence[str] = aggregation.VERSIONS, seconds: float = 60.0
    ) -> None:
        """Until kube-apiserver calls those versions Available."""

        def available() -> bool:
            return all(self.api_service_condition(v).get("status") == "True" for v in versions)

        wait_until(available, f"metrics.k8s.io {', '.join(versions)} Available", seconds)

    def wait_for(self, path: str, check: Callable[[Any], bool], seconds: float = 60.0) -> Any:
        """Until `check` is true of what GET `path` answers; that answer."""

        def look() -> Any:
            try:
                answer = self.request("GET", path)
            except RequestFailed:
                return None
            return answer if check(answer) else None

        return wait_until(look, path, seconds)

    def store(self, objects: Iterable[tuple[str, bytes]]) -> None:
        """Write objects (key, JSON) straight into etcd; kube-apiserver learns of them by its watch.

        Nothing is checked or defaulted: give what kube-apiserver itself would store.
        """
        puts = (
            {"requestPut": {"key": pki.b64(key.encode()), "value": pki.b64(value)}}
            for key, value in objects
        )
        connection = HTTPConnection("127.0.0.1", self._etcd_port)
        while batch := list(islice(puts, _PUTS_AT_ONCE)):
            connection.request("POST", "/v3/kv/txn", json.dumps({"success": batch}))
            response = connection.getresponse()
            answer = response.read()
            assert response.status == 200, answer
        connection.close()

    def _start_controllers(self) -> None:
        for manager in self._processes[2:]:
            manager.start()
            manager.wait_until(self._manager_healthy, "healthy", READY_SECONDS)

    def _manager_healthy(self) -> bool:
        client = Client(f"https://127.0.0.1:{self._manager_port}", None)
        try:
            return client.send("GET", "/healthz").status == 200
        finally:
            client.close()

    def _process(self, name: str, command: Sequence[str | Path]) -> Process:
        return Process(name, command, self.folder / "logs" / f"{name}.log")

    def _admin_kubeconfig(self) -> Path:
        return self.folder / "kubeconfigs" / "admin.kubeconfig"

    def _kubeconfig_file(self, name: str, user: Mapping[str, Any]) -> Path:
        data = pki.kubeconfig(self.url, self.authority.certificate, user)
        path = self.folder / "kubeconfigs" / f"{name}.kubeconfig"
        return pki.replace_file(path, data, mode=0o600)

    def _write_files(self) -> None:
        folder = self.folder / "pki"
        names = ("127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc")
        self.authority.server(*names).write(folder, "apiserver")
        self.proxy_pair().write(folder, "front-proxy-client")
        kubelet_client = self.authority.client("kube-apiserver-kubelet-client", ["system:masters"])
        kubelet_client.write(folder, "kubelet-client")
        pki.replace_file(folder / "ca.crt", self.authority.certificate)
        pki.replace_file(folder / "front-proxy-ca.crt", self.proxy_authority.certificate)
        private, public = pki.signing_pair()
        pki.replace_file(folder / "service-accounts.key", private, mode=0o600)
        pki.replace_file(folder / "service-accounts.pub", public)
        self._kubeconfig_file("admin", pki.certificate_user(self.admin_pair))
        manager = self.authority.client("system:kube-controller-manager")
        self._kubeconfig_file("kube-controller-manager", pki.certificate_user(manager))

    def _etcd_flags(self) -> list[str]:
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._etcd_port, free_port()))
        return [
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            f"--quota-backend-bytes={4 << 30}",
            "--unsafe-no-fsync",
        ]

    def _apiserver_flags(self) -> list[str]:
        folder = self.folder / "pki"
        return [
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            # Else the loopback address is refused as an endpoint of the `kubernetes` Service.
            "--endpoint-reconciler-type=none",
            f"--secure-port={self._port}",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--tls-cert-file={folder / 'apiserver.crt'}",
            f"--tls-private-key-file={folder / 'apiserver.key'}",
            f"--client-ca-file={folder / 'ca.crt'}",
            f"--requestheader-client-ca-file={folder / 'front-proxy-ca.crt'}",
            f"--requestheader-allowed-names={_PROXY_NAME}",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={folder / 'front-proxy-client.crt'}",
            f"--proxy-client-key-file={folder / 'front-proxy-client.key'}",
            # True would refuse Services of type ExternalName.
            "--enable-aggregator-routing=false",
            f"--kubelet-client-certificate={folder / 'kubelet-client.crt'}",
            f"--kubelet-client-key={folder / 'kubelet-client.key'}",
            f"--kubelet-certificate-authority={folder / 'ca.crt'}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--service-account-issuer={_ISSUER}",
            f"--service-account-key-file={folder / 'service-accounts.pub'}",
            f"--service-account-signing-key-file={folder / 'service-accounts.key'}",
            "--authorization-mode=Node,RBAC",
        ]

    def _controller_flags(self, controllers: Sequence[str]) -> list[str]:
        config = self.folder / "kubeconfigs" / "kube-controller-manager.kubeconfig"
        folder = self.folder / "pki"
        return [
            f"--kubeconfig={config}",
            f"--authentication-kubeconfig={config}",
            f"--authorization-kubeconfig={config}",
            f"--controllers={','.join(controllers)}",
            f"--service-account-private-key-file={folder / 'service-accounts.key'}",
            f"--root-ca-file={folder / 'ca.crt'}",
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={self._manager_port}",
            *FAST_AUTOSCALER,
        ]
