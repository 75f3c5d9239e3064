"""Everything that was seen of a cluster, and what could not be seen."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from tidegauge.autoscale.lint.findings import Finding as LintFinding
from tidegauge.doctor.objects import (
    APIService,
    Autoscaler,
    ConfigMap,
    Lease,
    ListedPod,
    Namespace,
    NetworkPolicy,
    Node,
    NodeUsage,
    Pod,
    PodUsage,
    Service,
    ServiceReference,
    Version,
)
from tidegauge.kubelet.certificates import Seen

METRICS = "metrics.k8s.io"
VERSIONS = ("v1", "v1beta1")
"""Of that group: kubectl asks for the first from 1.37 on, the HPA's controller for the second."""


class Unread(Struct, frozen=True, kw_only=True):
    """Something that could not be read."""

    what: str
    """As authorization names it, with the verb: `list nodes`."""
    cause: str
    """One word: `forbidden`, `unreachable`, `not_found` and others of `cluster.errors`."""
    detail: str


T = TypeVar("T")


def known(read: Sequence[T] | Unread) -> Sequence[T]:
    """What was read; nothing where it could not be."""
    return () if isinstance(read, Unread) else read


class Look(Struct, frozen=True, kw_only=True):
    """What two asks of one kubelet gave, some seconds apart. Stamps are milliseconds, -1 for none.

    `cause` and `problem` are empty where both were answered.
    """

    cause: str = ""
    problem: str = ""
    asked_at: float = 0.0
    """Seconds since the epoch, at the second ask."""
    apart: float = 0.0
    """Seconds between the two."""
    stamp: int = -1
    """Of the node's CPU in the second answer."""
    moved: bool = False
    """Whether that stamp is later than in the first answer, or any container's is."""
    containers: int = 0
    """How many there were in both answers."""
    still: int = 0
    """Of these, how many had the same stamp in both."""
    swap: int = -1
    """Bytes that the node has in swap; -1 where it does not tell."""
    certificate: Seen | None = None
    """What it showed; None where it was not asked directly, or by plain HTTP."""
    flaw: str = ""
    flaw_cause: str = ""
    incomplete: tuple[str, ...] = ()
    """Containers with CPU or memory only, as `namespace/pod/container`."""
    pods: tuple[tuple[str, str], ...] = ()
    """Namespaces and names of all that it reports."""


class Provider(Struct, frozen=True, kw_only=True):
    """Who serves the metrics API: what the APIService's Service leads to."""

    reference: ServiceReference
    """As the APIService has it."""
    service: Service | Unread
    pods: Sequence[Pod] | Unread = ()
    policies: Sequence[NetworkPolicy] | Unread = ()
    readiness: str | Unread = ""
    """The text of `/readyz?verbose`, asked through the API server."""
    logs: Mapping[str, tuple[str, str]] | Unread = {}
    """By node, what the replicas' own logs say is wrong with it: cause and problem."""

    @property
    def running(self) -> Sequence[Pod]:
        """Those of its pods that have not ended, as evicted ones have, and are not about to."""
        ended = ("Succeeded", "Failed")
        return [
            one
            for one in known(self.pods)
            if one.status.phase not in ended and not one.metadata.deletion_timestamp
        ]

    @property
    def failing(self) -> Mapping[str, tuple[str, str]]:
        """Those logs, empty where they could not be read."""
        return {} if isinstance(self.logs, Unread) else self.logs


class Evidence(Struct, frozen=True, kw_only=True):
    """Sequences are as the API server gave them. Times are seconds since the epoch."""

    now: float
    """By the API server's clock, when gathering began."""
    skew: float = 0.0
    """Seconds by which that clock is ahead of this machine's."""
    server: str
    """The API server's URL."""
    version: Version | Unread = Version()
    health: str | Unread = ""
    """The text of the API server's own `/readyz?verbose`."""
    leases: Sequence[Lease] | Unread = ()
    """Of kube-system."""
    members: Sequence[Pod] | Unread = ()
    """The control plane's pods in kube-system; managed clusters hide them."""
    namespaces: Sequence[Namespace] | Unread = ()
    nodes: Sequence[Node] | Unread = ()
    pods: Sequence[ListedPod] | Unread = ()
    looks: Mapping[str, Look] = {}
    """By the node's name; none where kubelets were not asked."""
    direct: bool = False
    """The kubelets were asked directly, as the metrics server does, not through the API server."""
    skipped: Mapping[str, str] = {}
    """Nodes that are not asked for usage, each with why it cannot be; empty where on purpose."""
    apiservices: Sequence[APIService] | Unread = ()
    provider: Provider | None = None
    """None where no APIService of the group leads to a Service."""
    tidegauges: Sequence[Pod] | Unread = ()
    """Pods of Tidegauge in any namespace, whoever the APIServices lead to."""
    authentication: ConfigMap | Unread = ConfigMap()
    """`kube-system/extension-apiserver-authentication`."""
    node_usage: Mapping[str, Sequence[NodeUsage] | Unread] = {}
    """By version of the group."""
    pod_usage: Sequence[PodUsage] | Unread = ()
    autoscalers: Sequence[Autoscaler] | Unread = ()
    lint: Sequence[LintFinding] | Unread = ()
    """What `tidegauge hpa lint` says of them."""
    unjudged: Sequence[str] = ()
    """What lint could not look at, and why."""

    @property
    def serving(self) -> Sequence[Pod]:
        """The pods that serve the metrics API, or should."""
        return self.provider.running if self.provider else ()

    def unread(self) -> list[Unread]:
        """All that could not be read, each once."""
        provider = self.provider
        fields = [getattr(self, name) for name in self.__struct_fields__]
        if provider:
            fields += [getattr(provider, name) for name in provider.__struct_fields__]
        fields += self.node_usage.values()
        found = [one for one in fields if isinstance(one, Unread)]
        return list({one.what: one for one in found}.values())
