"""What is wrong with what kubelets say that do answer."""

from collections.abc import Iterator
from datetime import datetime

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import Evidence, Look
from tidegauge.doctor.findings import Found, rule
from tidegauge.kubelet.certificates import Seen

SKEW_SECONDS = 60.0
"""Stamps are up to 15 s old when a kubelet is asked; what is further off is a clock's fault, or
the kubelet has stopped to measure, which the stamps' standing still tells."""

_STILL_SECONDS = 20.0
"""Kubelets measure every 10 to 15 s, stretched by chance to twice that: within less all may be well
though nothing moves.
"""

_AHEAD_SECONDS = 5.0
"""No stamp is from the future; the API server's clock is known to a second."""

_LAST_PART = 0.1
"""Of a certificate's life: kubelets ask for the next one when 10 to 30 % are left."""

_SWAP_BYTES = 64 << 20
"""What an idle node puts aside harms nobody."""


def _answered(evidence: Evidence) -> Iterator[tuple[str, Look]]:
    return ((node, look) for node, look in evidence.looks.items() if not look.cause)


@rule(
    "TG330",
    Severity.WARNING,
    "A kubelet's figures stand still",
    why="Usage is a rate between two measurements: where none follows, usage stays as it is and is "
    "withdrawn after 10 minutes. Minikube and Docker Desktop measure only every 5 minutes.",
    remedy="Set the kubelet's housekeeping: --housekeeping-interval=10s, or with CRI stats "
    "containerStatsPollInterval; see whether the container runtime hangs.",
)
def stands_still(evidence: Evidence) -> Iterator[Found]:
    for node, look in _answered(evidence):
        moving = look.moved and look.still * 2 <= look.containers  # those that have ended do not
        if moving or look.apart < _STILL_SECONDS:
            continue
        what = "most containers' stamps" if look.moved else "no stamp"
        yield Found(
            subject=f"node {node}",
            what=f"{what} {'stood still' if look.moved else 'moved'} between two asks",
            evidence=f"{node}: asked twice, {look.apart:.0f} s apart; "
            f"{look.still} of {look.containers} containers stood still",
        )


@rule(
    "TG331",
    Severity.WARNING,
    "A node's clock differs",
    why="Rates are not harmed, as they use the node's own stamps; but the timestamps served are "
    "off, and certificates and tokens fail when clocks are far apart.",
    remedy="Set up time synchronisation (chrony, systemd-timesyncd) on the node.",
)
def skewed(evidence: Evidence) -> Iterator[Found]:
    for node, look in _answered(evidence):
        off = look.stamp / 1000 - look.asked_at - evidence.skew
        if look.stamp > 0 and look.moved and not -SKEW_SECONDS <= off <= _AHEAD_SECONDS:
            ahead = "ahead of" if off > 0 else "behind"
            yield Found(
                subject=f"node {node}",
                what="its stamps are far from the API server's clock",
                evidence=f"{node}: {abs(off):.0f} s {ahead} the API server's clock",
            )


@rule(
    "TG332",
    Severity.WARNING,
    "A kubelet's answer is not whole",
    why="What is missing keeps its last usage until that is too old.",
    remedy="kubectl get --raw /api/v1/nodes/NODE/proxy/metrics/resource; see the kubelet's log.",
)
def flawed(evidence: Evidence) -> Iterator[Found]:
    for node, look in _answered(evidence):
        if look.flaw:
            yield Found(
                subject=f"node {node}",
                what=f"its answer has a flaw: {look.flaw_cause}",
                evidence=look.flaw,
            )


@rule(
    "TG333",
    Severity.INFO,
    "A container lacks CPU or memory",
    why="A pod is served when all of its containers have both: this one is hidden until then. "
    "Containers that have just started or ended look like that for some seconds.",
    remedy="If it lasts, see the log of the container runtime on that node.",
)
def incomplete(evidence: Evidence) -> Iterator[Found]:
    for node, look in _answered(evidence):
        for container in look.incomplete:
            yield Found(
                subject=f"container {container}",
                what="the kubelet reports only one of CPU and memory",
                evidence=f"{container} on node {node}",
            )


@rule(
    "TG334",
    Severity.WARNING,
    "A kubelet's certificate is about to expire",
    why="Kubelets renew theirs well before that: this one's was not renewed, and once it has "
    "expired the kubelet is no longer asked.",
    remedy="kubectl get csr; approve the pending ones for kubernetes.io/kubelet-serving, or run an "
    "approver for them. Without serverTLSBootstrap: true delete the node's "
    "/var/lib/kubelet/pki/kubelet.crt and kubelet.key and restart the kubelet, which makes new "
    "ones.",
)
def expiring(evidence: Evidence) -> Iterator[Found]:
    for node, look in _answered(evidence):
        seen = look.certificate
        if seen and _part_left(seen, evidence.now) < _LAST_PART:
            yield Found(
                subject=f"node {node}",
                what="less than a tenth of its certificate's life is left",
                evidence=f"{node}: valid until {seen.not_after}, for "
                f"{', '.join(seen.names) or 'no names'}, issued by {seen.issuer}",
            )


def _part_left(seen: Seen, now: float) -> float:
    first, last = (
        datetime.fromisoformat(text).timestamp() for text in (seen.not_before, seen.not_after)
    )
    return (last - now) / max(1.0, last - first)


@rule(
    "TG335",
    Severity.INFO,
    "A node swaps",
    why="A container's memory is its working set, and what is swapped out is not in it: an HPA on "
    "memory sees less than its pods need, and they are slower than their CPU tells.",
    remedy="Scale by CPU or by a metric of the work itself, add memory, or set the kubelet's "
    "memorySwap.swapBehavior: NoSwap.",
)
def swaps(evidence: Evidence) -> Iterator[Found]:
    for node, look in _answered(evidence):
        if look.swap > _SWAP_BYTES:
            yield Found(
                subject=f"node {node}",
                what="memory of it is in swap",
                evidence=f"{node}: {look.swap >> 20}Mi in swap",
            )


RULES = (stands_still, skewed, flawed, incomplete, expiring, swaps)
