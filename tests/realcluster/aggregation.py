"""The objects by which a cluster knows its metrics server: Service, APIServices, RBAC.

They are what the incumbent's manifests create, but that the server runs outside the cluster: the
Service is an ExternalName for localhost, with the server's own port.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.realcluster.pki import b64

NAMESPACE = "kube-system"
SERVICE = "metrics-server"
ACCOUNT = "metrics-server"
# The name that kube-apiserver verifies in the serving certificate.
SERVICE_HOST = f"{SERVICE}.{NAMESPACE}.svc"
VERSIONS = ("v1", "v1beta1")

_GROUP = "rbac.authorization.k8s.io"
_RBAC = f"{_GROUP}/v1"
_READ = ["get", "list", "watch"]


def service(port: int) -> dict[str, Any]:
    """The Service; of a type whose endpoints kube-apiserver doesn't look for."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": SERVICE, "namespace": NAMESPACE},
        "spec": {
            "type": "ExternalName",
            "externalName": "localhost",
            "ports": [{"name": "https", "port": port, "protocol": "TCP"}],
        },
    }


def api_service(version: str, port: int, ca_bundle: bytes | None) -> dict[str, Any]:
    """The APIService of one version; without a CA bundle the certificate is not verified."""
    trust: dict[str, Any] = (
        {"insecureSkipTLSVerify": True} if ca_bundle is None else {"caBundle": b64(ca_bundle)}
    )
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"{version}.metrics.k8s.io"},
        "spec": {
            "group": "metrics.k8s.io",
            "version": version,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "service": {"name": SERVICE, "namespace": NAMESPACE, "port": port},
            **trust,
        },
    }


def registration(
    port: int, ca_bundle: bytes | None, versions: Sequence[str] = VERSIONS
) -> list[dict[str, Any]]:
    """The Service and the APIServices that route `versions` to `port`."""
    return [service(port), *(api_service(version, port, ca_bundle) for version in versions)]


def rbac() -> list[dict[str, Any]]:
    """The server's account and what it may, and who may read metrics."""
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT, "namespace": NAMESPACE},
        },
        cluster_role(
            "system:metrics-server",
            rule([""], ["nodes/metrics"], ["get"]),
            rule([""], ["pods", "nodes"], _READ),
        ),
        _cluster_binding("system:metrics-server", "system:metrics-server"),
        _cluster_binding("metrics-server:system:auth-delegator", "system:auth-delegator"),
        {
            "apiVersion": _RBAC,
            "kind": "RoleBinding",
            "metadata": {"name": "metrics-server-auth-reader", "namespace": NAMESPACE},
            "roleRef": _reference("Role", "extension-apiserver-authentication-reader"),
            "subjects": [_ACCOUNT_SUBJECT],
        },
        cluster_role(
            "system:aggregated-metrics-reader",
            rule(["metrics.k8s.io"], ["pods", "nodes"], _READ),
            aggregate_to=("view", "edit", "admin"),
        ),
    ]


def rule(groups: list[str], resources: list[str], verbs: list[str]) -> dict[str, Any]:
    """One rule of a role."""
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}


def cluster_role(
    name: str, *rules: dict[str, Any], aggregate_to: Iterable[str] = ()
) -> dict[str, Any]:
    """A ClusterRole."""
    labels = {f"{_GROUP}/aggregate-to-{role}": "true" for role in aggregate_to}
    return {
        "apiVersion": _RBAC,
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": labels},
        "rules": list(rules),
    }


def user_binding(name: str, role: str, user: str, namespace: str | None = None) -> dict[str, Any]:
    """Gives a user a ClusterRole, in one namespace or everywhere."""
    metadata = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return {
        "apiVersion": _RBAC,
        "kind": "ClusterRoleBinding" if namespace is None else "RoleBinding",
        "metadata": metadata,
        "roleRef": _reference("ClusterRole", role),
        "subjects": [{"kind": "User", "apiGroup": _GROUP, "name": user}],
    }


_ACCOUNT_SUBJECT = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}


def _reference(kind: str, name: str) -> dict[str, str]:
    return {"apiGroup": _GROUP, "kind": kind, "name": name}


def _cluster_binding(name: str, role: str) -> dict[str, Any]:
    return {
        "apiVersion": _RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": _reference("ClusterRole", role),
        "subjects": [_ACCOUNT_SUBJECT],
    }
