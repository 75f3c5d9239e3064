"""How a metrics server joins the cluster: a Service, and an APIService for each version."""

from base64 import b64encode
from typing import Any

from tidegauge.sandbox.apiserver.defaults import assign_addresses, fill_in
from tidegauge.sandbox.apiserver.server import ApiServer

NAMESPACE, SERVICE = "kube-system", "metrics-server"
GROUP = "metrics.k8s.io"
VERSIONS = {"v1": 200, "v1beta1": 100}
"""With their priorities: clients that know both take v1."""


def server_names() -> tuple[str, ...]:
    """What the server's certificate must be for."""
    return (f"{SERVICE}.{NAMESPACE}.svc", "127.0.0.1", "localhost")


def register(api: ApiServer, host: str, port: int) -> None:
    """Lead the group to that address; whoever answers there needs a certificate of the cluster."""
    service: dict[str, Any] = {
        "metadata": {"namespace": NAMESPACE, "name": SERVICE, "labels": {"app": SERVICE}},
        "spec": {"ports": [{"name": "https", "port": 443, "protocol": "TCP"}]},
        "status": {"loadBalancer": {}},
    }
    fill_in("services", service)
    assign_addresses(service, api.storage.list("services"))
    api.storage.create("services", service)
    api.endpoints.expose(NAMESPACE, SERVICE, host, port)
    authority = b64encode(api.identities.authority.certificate).decode()
    for version, priority in VERSIONS.items():
        name = f"{version}.{GROUP}"
        spec = {
            "group": GROUP,
            "version": version,
            "service": {"namespace": NAMESPACE, "name": SERVICE, "port": 443},
            "caBundle": authority,
            "groupPriorityMinimum": 100,
            "versionPriority": priority,
        }
        api.storage.create("apiservices", {"metadata": {"name": name}, "spec": spec})
