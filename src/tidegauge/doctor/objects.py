"""The API's objects, as far as a diagnosis looks at them: what is not here is not kept."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field


class Metadata(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class Object(Struct, frozen=True, kw_only=True):
    metadata: Metadata = Metadata()

    @property
    def key(self) -> str:
        """`namespace/name`, or the name of what has no namespace."""
        meta = self.metadata
        return f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name


class Condition(Struct, frozen=True, kw_only=True):
    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None


class Address(Struct, frozen=True):
    type: str = ""
    address: str = ""


class _KubeletEndpoint(Struct, frozen=True, rename="pascal"):
    port: int = 0


class _DaemonEndpoints(Struct, frozen=True, rename="camel"):
    kubelet_endpoint: _KubeletEndpoint = _KubeletEndpoint()


class _NodeInfo(Struct, frozen=True, rename="camel"):
    kubelet_version: str = ""
    operating_system: str = ""


class _NodeStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    addresses: tuple[Address, ...] = ()
    conditions: tuple[Condition, ...] = ()
    daemon_endpoints: _DaemonEndpoints = _DaemonEndpoints()
    node_info: _NodeInfo = _NodeInfo()


class Node(Object, frozen=True, kw_only=True):
    status: _NodeStatus = _NodeStatus()

    @property
    def ready(self) -> bool:
        return any(one.type == "Ready" and one.status == "True" for one in self.status.conditions)


class _Resources(Struct, frozen=True):
    requests: dict[str, Any] | None = None
    limits: dict[str, Any] | None = None


class Container(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    image: str = ""
    resources: _Resources = _Resources()


class _PodSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    node_name: str = ""
    host_network: bool = False
    dns_policy: str = ""
    containers: tuple[Container, ...] = ()


class _Terminated(Struct, frozen=True, kw_only=True, rename="camel"):
    reason: str = ""
    exit_code: int = 0


class _ContainerState(Struct, frozen=True):
    terminated: _Terminated | None = None


class ContainerStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    restart_count: int = 0
    last_state: _ContainerState = _ContainerState()


class _PodStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    phase: str = ""
    start_time: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(Object, frozen=True, kw_only=True):
    spec: _PodSpec = _PodSpec()
    status: _PodStatus = _PodStatus()

    @property
    def ready(self) -> bool:
        return any(one.type == "Ready" and one.status == "True" for one in self.status.conditions)


class ServiceReference(Struct, frozen=True):
    namespace: str = ""
    name: str = ""
    port: int = 443


class _APIServiceSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    group: str = ""
    version: str = ""
    service: ServiceReference | None = None
    ca_bundle: str = ""
    insecure_skip_tls_verify: bool = field(name="insecureSkipTLSVerify", default=False)


class _APIServiceStatus(Struct, frozen=True):
    conditions: tuple[Condition, ...] = ()


class APIService(Object, frozen=True, kw_only=True):
    spec: _APIServiceSpec = _APIServiceSpec()
    status: _APIServiceStatus = _APIServiceStatus()

    @property
    def available(self) -> Condition:
        """The condition; one without a status where nothing was said yet."""
        named = (one for one in self.status.conditions if one.type == "Available")
        return next(named, Condition(type="Available"))


class ServicePort(Struct, frozen=True, kw_only=True, rename="camel"):
    port: int = 0
    target_port: int | str = 0


class _ServiceSpec(Struct, frozen=True):
    ports: tuple[ServicePort, ...] = ()
    selector: dict[str, str] | None = None


class Service(Object, frozen=True, kw_only=True):
    spec: _ServiceSpec = _ServiceSpec()


class _EndpointConditions(Struct, frozen=True):
    ready: bool | None = None


class Endpoint(Struct, frozen=True):
    addresses: tuple[str, ...] = ()
    conditions: _EndpointConditions = _EndpointConditions()


class EndpointSlice(Object, frozen=True, kw_only=True):
    endpoints: tuple[Endpoint, ...] | None = None


class ConfigMap(Object, frozen=True, kw_only=True):
    data: dict[str, str] = {}


class _HPAStatus(Struct, frozen=True):
    conditions: tuple[Condition, ...] = ()


class Autoscaler(Object, frozen=True, kw_only=True):
    spec: dict[str, Any] = {}
    status: _HPAStatus = _HPAStatus()


class _PolicySpec(Struct, frozen=True, kw_only=True, rename="camel"):
    pod_selector: dict[str, Any] = {}
    policy_types: tuple[str, ...] = ()
    ingress: tuple[dict[str, Any], ...] | None = None
    egress: tuple[dict[str, Any], ...] | None = None


class NetworkPolicy(Object, frozen=True, kw_only=True):
    spec: _PolicySpec = _PolicySpec()


class _Usage(Struct, frozen=True):
    name: str = ""
    usage: dict[str, str] = {}


class PodUsage(Object, frozen=True, kw_only=True):
    """An item of a PodMetricsList."""

    timestamp: datetime | None = None
    window: str = ""
    containers: tuple[_Usage, ...] = ()


class NodeUsage(Object, frozen=True, kw_only=True):
    """An item of a NodeMetricsList."""

    timestamp: datetime | None = None
    window: str = ""
    usage: dict[str, str] = {}


class _LeaseSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    holder_identity: str | None = None
    renew_time: datetime | None = None
    lease_duration_seconds: int | None = None


class Lease(Object, frozen=True, kw_only=True):
    spec: _LeaseSpec = _LeaseSpec()


class Version(Struct, frozen=True, rename="camel"):
    git_version: str = ""
