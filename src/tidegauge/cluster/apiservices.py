"""APIServices: whom kube-apiserver asks for a group's version, and whose certificates it trusts."""

import msgspec

from tidegauge.cluster.client import Client
from tidegauge.cluster.jsonform import JsonObject
from tidegauge.cluster.patching import merge


class ServiceReference(msgspec.Struct, frozen=True):
    namespace: str = ""
    name: str = ""


class ApiServiceSpec(msgspec.Struct, rename="camel"):
    service: ServiceReference | None = None
    """None for what kube-apiserver serves itself."""
    ca_bundle: bytes | None = None
    """PEM, decoded from the base64 of the wire."""


class ApiService(JsonObject):
    spec: ApiServiceSpec = msgspec.field(default_factory=ApiServiceSpec)


def path_of(name: str) -> str:
    return f"/apis/apiregistration.k8s.io/v1/apiservices/{name}"


async def read_api_service(client: Client, name: str) -> ApiService:
    """Raises ApiError."""
    return await client.get(path_of(name), type=ApiService)


async def trust(client: Client, api_service: ApiService, bundle: bytes) -> ApiService:
    """Let kube-apiserver verify the server's certificate by these authorities (PEM).

    Raises ApiError; Conflict where the APIService is not what it was when it was read.
    """
    meta = api_service.metadata
    change = {"spec": {"caBundle": bundle}}
    return await merge(client, path_of(meta.name), meta, change, ApiService)
