"""Every fault: what happens, where to look, and what a user should see."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum

from tidegauge.sandbox.cluster import EmbeddedCluster
from tidegauge.sandbox.faults import ofcluster, ofnodes, ofscaling, twists
from tidegauge.sandbox.faults.ofcluster import LOST

Effect = Callable[[EmbeddedCluster, str], AbstractAsyncContextManager[None]]
"""Lasts as long as the block; the name is the node's, or empty for a fault of the cluster."""


class Cost(Enum):
    """What is missing while it lasts, at the most."""

    NOTHING = "nothing"
    NODE = "the node and its pods"
    ALL = "everything"


@dataclass(frozen=True)
class Fault:
    name: str
    happens: str
    watch: str
    """Where to look."""

    see: str
    """What a user should see there."""

    cost: Cost
    effect: Effect
    of_node: bool = True
    momentary: bool = False
    """It happens and is over."""

    lacking: Callable[[EmbeddedCluster], str] = ofscaling.nothing
    """What the cluster lacks that could have this fault; empty for nothing."""

    def costs(self, node: str) -> frozenset[str]:
        """Nodes that may be missing."""
        if self.cost is Cost.NODE:
            return frozenset([node] if self.of_node else LOST)
        return frozenset()


_TOP = "kubectl top nodes"
_PODS = "kubectl top pods -A"
_GONE = (
    "the node and its pods keep their usage for 3 periods, then they are absent (kubectl says "
    "`<unknown>`); all others go on; the screen says why"
)

FAULTS: tuple[Fault, ...] = (
    Fault(
        "node-down",
        "The machine loses its power: its port is closed, its lease is no longer renewed.",
        f"{_TOP}; kubectl get nodes -w",
        f"{_GONE}. After 50 s the node is NotReady, after 5 min its pods are given up. An HPA "
        "takes pods of which nothing is known for idle when it would grow, and for busy when it "
        "would shrink.",
        Cost.NODE,
        ofnodes.down,
    ),
    Fault(
        "kubelet-slow",
        f"The kubelet takes {ofnodes.SLOW:g} s for an answer.",
        _TOP,
        f"{_GONE}: timeout. No other node waits for it.",
        Cost.NODE,
        ofnodes.mannered(ofnodes.slowly),
    ),
    Fault(
        "flapping",
        f"The kubelet is away for {ofnodes.FLAPS:g} periods, back for as long, and so on.",
        _PODS,
        "nothing is ever missing: usage gets some seconds older and then fresh again.",
        Cost.NOTHING,
        ofnodes.flapping,
    ),
    Fault(
        "truncating",
        "The kubelet's answers end in the middle.",
        _TOP,
        "nothing goes at once: what stands in the first half is fresh, what is cut off keeps its "
        "last usage until that is 10 min old; the log names the node and says it is cut off.",
        Cost.NOTHING,
        ofnodes.mannered(ofnodes.with_body(twists.cut)),
    ),
    Fault(
        "lying",
        "The kubelet reports pods of another node as its own.",
        _PODS,
        "no pod changes its usage; the claims are dropped, and the log names both nodes.",
        Cost.NOTHING,
        ofnodes.lying,
    ),
    Fault(
        "bad-lines",
        "One line of the kubelet's answers holds no number.",
        _PODS,
        "that container's pod keeps its last usage, everything else goes on; the log shows the "
        "line.",
        Cost.NOTHING,
        ofnodes.mannered(ofnodes.with_body(twists.with_bad_line)),
    ),
    Fault(
        "clock-skew",
        "The node's clock jumps an hour back.",
        f"{_TOP}; kubectl get --raw /apis/metrics.k8s.io/v1/nodes",
        "usage stays as it was, for older stamps say nothing new; it is never wrong. It is served "
        "until its stamp has stood still for 10 min.",
        Cost.NOTHING,
        ofnodes.skewed,
    ),
    Fault(
        "counter-reset",
        "All CPU counters of the node begin at 0 again, though nothing was restarted.",
        _TOP,
        "the last usage stays until there are two new measurements; no rate is negative or huge.",
        Cost.NOTHING,
        ofnodes.reset,
        momentary=True,
    ),
    Fault(
        "wrong-certificate",
        "The kubelet shows a certificate of an authority that nobody here knows.",
        _TOP,
        f"{_GONE}: tls_unknown_authority, with the issuer's name. No token is sent there.",
        Cost.NODE,
        ofnodes.wrong_certificate,
    ),
    Fault(
        "expired-certificate",
        "The kubelet's certificate expired an hour ago.",
        _TOP,
        f"{_GONE}: tls_expired, and since when.",
        Cost.NODE,
        ofnodes.expired_certificate,
    ),
    Fault(
        "unauthorized",
        "The kubelet believes no credentials: 401.",
        _TOP,
        f"{_GONE}: unauthorized.",
        Cost.NODE,
        ofnodes.mannered(ofnodes.as_unknown),
    ),
    Fault(
        "forbidden",
        "The kubelet takes the metrics server for somebody without rights: 403.",
        _TOP,
        f"{_GONE}: forbidden, with the right that is missing.",
        Cost.NODE,
        ofnodes.mannered(ofnodes.as_nobody),
    ),
    Fault(
        "api-away",
        "The API server is gone, then back with all it knew.",
        f"{_TOP}; the screen's scrapes",
        "kubectl cannot connect, and the screen stands still; the nodes are asked all the while, "
        "so that fresh usage is there in the moment the API server is back.",
        Cost.ALL,
        ofcluster.api_away,
        of_node=False,
    ),
    Fault(
        "watch-cut",
        "The API server ends all watches and has forgotten where they were (410 Gone).",
        "kubectl get pods -A -w",
        "kubectl's watch ends; the metrics server lists anew and nothing is missing.",
        Cost.NOTHING,
        ofcluster.watch_cut,
        of_node=False,
        momentary=True,
    ),
    Fault(
        "quorum-lost",
        f"Two of three control-plane nodes are gone ({', '.join(LOST)}), and etcd's quorum with "
        "them.",
        "kubectl get pods -A; kubectl -n kube-system scale deployment coredns --replicas=3",
        "reads go on, and so does usage of all other nodes; every write is refused with "
        "`etcdserver: request timed out`.",
        Cost.NODE,
        ofcluster.quorum_lost,
        of_node=False,
    ),
    Fault(
        "server-restarted",
        "The metrics server is started anew and has forgotten everything.",
        _TOP,
        "for a moment nothing is served (`metrics not available yet`), never a zero; after two "
        "measurements of each node all is there again.",
        Cost.ALL,
        ofcluster.restarted,
        of_node=False,
        momentary=True,
    ),
    Fault(
        "metrics-away",
        "The API server can't reach the metrics server: metrics.k8s.io answers 503.",
        "kubectl get hpa -A -w; kubectl get apiservices v1beta1.metrics.k8s.io",
        "no HPA scales, up or down: no size is made up of figures that nobody has. Conditions and "
        "events say FailedGetResourceMetric. The nodes are asked all the while, so the next "
        "decision after its return is of fresh usage.",
        Cost.ALL,
        ofscaling.metrics_away,
        of_node=False,
    ),
    Fault(
        "controller-restarted",
        "The HPA controller is stopped, and another one takes over.",
        "kubectl -n kube-system get lease tidegauge-controller -w; kubectl get hpa -A -w",
        "the Lease has a new holder at once, nothing is scaled twice, and what held a size back "
        "holds it until the same moment as before: the memory is in a ConfigMap. (Kubernetes' own "
        "controller forgets it, and scales nothing down for five minutes.)",
        Cost.NOTHING,
        ofscaling.controller_restarted,
        of_node=False,
        momentary=True,
    ),
    Fault(
        "second-autoscaler",
        "Somebody makes a second HPA for a workload that has one.",
        "kubectl get events -A --field-selector reason=AmbiguousSelector; the screen's HPAs",
        "neither of the two scales any more: AmbiguousSelector, in both their conditions. "
        "`tidegauge hpa lint -A` names them.",
        Cost.NOTHING,
        ofscaling.second_autoscaler,
        of_node=False,
        lacking=ofscaling.lacks_autoscaler,
    ),
    Fault(
        "missing-request",
        f"A rollout adds a container, {ofscaling.SIDECAR}, without requests to pods that an HPA "
        "scales.",
        "kubectl get hpa -A -w; kubectl get events -A --field-selector type=Warning",
        "from the first new pod on that HPA scales nothing: one container without a request makes "
        "the utilisation of all pods unknown. An HPA on the CPU of a named container goes on.",
        Cost.NOTHING,
        ofscaling.missing_request,
        of_node=False,
        lacking=ofscaling.lacks_requests,
    ),
)

BY_NAME = {fault.name: fault for fault in FAULTS}
