"""The API's objects, as far as a diagnosis looks at them: what is not here is not kept."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field

KUBELET_PORT = 10250
"""Unless a node says otherwise."""


class Identity(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    namespace: str = ""


class Metadata(Identity, frozen=True, kw_only=True, rename="camel"):
    """Without annotations: `kubectl apply` keeps whole manifests in them, secrets and all."""

    labels: dict[str, str] = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class Item(Struct, frozen=True, kw_only=True):
    """One of many, of which little more is kept than which it is."""

    metadata: Identity = Identity()

    @property
    def key(self) -> str:
        """`namespace/name`, or the name of what has no namespace."""
        meta = self.metadata
        return f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name


class Object(Item, frozen=True, kw_only=True):
    metadata: Metadata = Metadata()


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
    operating_system: str = ""


class _NodeStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    addresses: tuple[Address, ...] = ()
    conditions: tuple[Condition, ...] = ()
    daemon_endpoints: _DaemonEndpoints = _DaemonEndpoints()
    node_info: _NodeInfo = _NodeInfo()


class _NodeMetadata(Metadata, frozen=True, kw_only=True, rename="camel"):
    annotations: dict[str, str] = {}


class Node(Object, frozen=True, kw_only=True):
    metadata: _NodeMetadata = _NodeMetadata()
    status: _NodeStatus = _NodeStatus()

    @property
    def ready(self) -> bool:
        return any(one.type == "Ready" and one.status == "True" for one in self.status.conditions)


class _Resources(Struct, frozen=True):
    limits: dict[str, Any] | None = None


class _ContainerPort(Struct, frozen=True, rename="camel"):
    container_port: int = 0


class Container(Struct, frozen=True, kw_only=True):
    name: str = ""
    args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    ports: tuple[_ContainerPort, ...] = ()
    resources: _Resources = _Resources()

    @property
    def words(self) -> tuple[str, ...]:
        """What it is run with."""
        return (*self.command, *self.args)


class _PodSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    node_name: str = ""
    host_network: bool = False
    dns_policy: str = ""
    containers: tuple[Container, ...] = ()


class Terminated(Struct, frozen=True, kw_only=True, rename="camel"):
    reason: str = ""
    exit_code: int = 0
    finished_at: datetime | None = None


class _LastState(Struct, frozen=True):
    terminated: Terminated | None = None


class _Waiting(Struct, frozen=True):
    reason: str = ""
    message: str = ""


class _NowState(Struct, frozen=True):
    waiting: _Waiting | None = None


class ContainerStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    restart_count: int = 0
    state: _NowState = _NowState()
    last_state: _LastState = _LastState()


class _PodStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    phase: str = ""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(Object, frozen=True, kw_only=True):
    """One of those whose flags and resources count: of the metrics server, or the control plane."""

    spec: _PodSpec = _PodSpec()
    status: _PodStatus = _PodStatus()

    @property
    def ready(self) -> bool:
        return any(one.type == "Ready" and one.status == "True" for one in self.status.conditions)


class _ListedMetadata(Identity, frozen=True, kw_only=True, rename="camel"):
    deletion_timestamp: datetime | None = None


class _ListedSpec(Struct, frozen=True, rename="camel"):
    node_name: str = ""


class _Running(Struct, frozen=True, rename="camel"):
    started_at: datetime | None = None


class _Reason(Struct, frozen=True):
    reason: str = ""


class _State(Struct, frozen=True, kw_only=True):
    running: _Running | None = None
    waiting: _Reason | None = None
    terminated: _Reason | None = None


class _ListedContainer(Struct, frozen=True):
    state: _State = _State()


class _ListedStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    phase: str = ""
    start_time: datetime | None = None
    container_statuses: tuple[_ListedContainer, ...] = ()


class ListedPod(Item, frozen=True, kw_only=True):
    """Any pod of the cluster; there may be 150,000."""

    metadata: _ListedMetadata = _ListedMetadata()
    spec: _ListedSpec = _ListedSpec()
    status: _ListedStatus = _ListedStatus()


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


class _ServiceSpec(Struct, frozen=True):
    selector: dict[str, str] | None = None


class Service(Object, frozen=True, kw_only=True):
    spec: _ServiceSpec = _ServiceSpec()


class ConfigMap(Object, frozen=True, kw_only=True):
    data: dict[str, str] = {}


class _HPAStatus(Struct, frozen=True):
    conditions: tuple[Condition, ...] = ()


class Autoscaler(Object, frozen=True, kw_only=True):
    status: _HPAStatus = _HPAStatus()


class _PolicySpec(Struct, frozen=True, kw_only=True, rename="camel"):
    pod_selector: dict[str, Any] = {}
    policy_types: tuple[str, ...] = ()
    ingress: tuple[dict[str, Any], ...] | None = None
    egress: tuple[dict[str, Any], ...] | None = None


class NetworkPolicy(Object, frozen=True, kw_only=True):
    spec: _PolicySpec = _PolicySpec()


class PodUsage(Item, frozen=True, kw_only=True):
    """An item of a PodMetricsList."""


class NodeUsage(Item, frozen=True, kw_only=True):
    """An item of a NodeMetricsList."""

    timestamp: datetime | None = None


class _NamespaceStatus(Struct, frozen=True):
    conditions: tuple[Condition, ...] = ()


class Namespace(Object, frozen=True, kw_only=True):
    status: _NamespaceStatus = _NamespaceStatus()


class _LeaseSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    holder_identity: str | None = None
    renew_time: datetime | None = None


class Lease(Object, frozen=True, kw_only=True):
    spec: _LeaseSpec = _LeaseSpec()

    def age(self, now: float) -> float:
        """Seconds since it was renewed last; 0 where that is not told."""
        renewed = self.spec.renew_time
        return now - renewed.timestamp() if renewed else 0.0


class Version(Struct, frozen=True, rename="camel"):
    git_version: str = ""
