"""Whether the API server can be asked, and stands on healthy feet."""

import re
from collections.abc import Iterator, Mapping

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import Evidence, Unread, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import Pod

_RED = re.compile(r"^\[-\](?P<name>\S+) failed.*$", re.MULTILINE)
"""A line of an API server's `?verbose` health."""

_REFUSALS = ("forbidden", "unauthorized")

_APISERVERS = "apiserver.kubernetes.io/identity"
_SKEW_SECONDS = 5.0
"""HTTP tells whole seconds; certificates and tokens bear this much."""

_STALE_SECONDS = 60.0
"""Leases of the control plane are renewed every 10 s at the most, and last for 15 s; those of
kube-apiserver last for an hour and are renewed every 10 s."""


@rule(
    "TG101",
    Severity.WARNING,
    "Something could not be looked at",
    why="What is not seen cannot be diagnosed: the rules that need it found nothing.",
    remedy="Run the doctor as a user who may, such as a cluster's admin; of the user of now "
    "`kubectl auth can-i --list` tells the rights.",
)
def unreadable(evidence: Evidence) -> Iterator[Found]:
    if not evidence.direct:
        yield from _refused(evidence)
    for unread in evidence.unread():
        if unread.cause not in _REFUSALS and not _told_elsewhere(unread):
            yield Found(subject=unread.what, what="it failed", evidence=unread.detail)
    for note in evidence.unjudged:
        what = "it judged without knowing all"
        yield Found(subject="hpa lint", what=what, evidence=note)


@rule(
    "TG108",
    Severity.INFO,
    "The pod's account may not look at everything",
    why="It has the rights that the server needs and no more, so from here only the way to the "
    "kubelets is seen well: the rules that need the rest found nothing.",
    remedy="Run the doctor with your own kubeconfig too.",
)
def seen_from_inside(evidence: Evidence) -> Iterator[Found]:
    if evidence.direct:
        yield from _refused(evidence)


def _refused(evidence: Evidence) -> Iterator[Found]:
    for unread in evidence.unread():
        if unread.cause in _REFUSALS:
            what = "this user has no right to it"
            yield Found(subject=unread.what, what=what, evidence=unread.detail)


def _told_elsewhere(unread: Unread) -> bool:
    """The metrics API's failures, missing objects, and both healths have rules of their own."""
    own = "metrics.k8s.io" in unread.what or "/readyz" in unread.what or "/proxy" in unread.what
    return own or unread.cause == "not_found"


@rule(
    "TG102",
    Severity.ERROR,
    "The API server is not ready",
    why="All of this goes through it; while it is red, other findings may be its consequences.",
    remedy="kubectl get --raw '/readyz?verbose'; for etcd, look at its members and its disk.",
)
def api_server_red(evidence: Evidence) -> Iterator[Found]:
    health = evidence.health
    text = health.detail if isinstance(health, Unread) else health
    for red in _RED.finditer(text):
        yield Found(subject=evidence.server, what=f"{red['name']} is red", evidence=red.group())
    if isinstance(health, Unread) and health.cause == "server_error" and not _RED.search(text):
        yield Found(subject=evidence.server, what="its readiness is red", evidence=text)


@rule(
    "TG103",
    Severity.ERROR,
    "A part of the control plane has stopped",
    why="Without kube-controller-manager no HPA acts and no namespace is deleted; without "
    "kube-scheduler new pods stay Pending.",
    remedy="Look at its pod and its log: kubectl -n kube-system get pods -l tier=control-plane",
)
def part_stopped(evidence: Evidence) -> Iterator[Found]:
    for lease in known(evidence.leases):
        if lease.metadata.name not in ("kube-controller-manager", "kube-scheduler"):
            continue
        if (age := lease.age(evidence.now)) > _STALE_SECONDS:
            holder = lease.spec.holder_identity or "nobody"
            yield Found(
                subject=f"lease {lease.key}",
                what=f"{lease.metadata.name} has not renewed its lease for {age:.0f} s",
                evidence=f"it was held by {holder}",
            )


@rule(
    "TG104",
    Severity.INFO,
    "The control plane does not survive a loss",
    why="etcd needs more than half of its members: of two it may lose none, of four no more than "
    "of three. One API server is a single point of failure for everything that scales.",
    remedy="Run three or five members of the control plane; a single one is fine for trying.",
)
def fragile(evidence: Evidence) -> Iterator[Found]:
    servers = [one for one in known(evidence.leases) if _is_api_server(one.metadata.labels)]
    alive = [one for one in servers if one.age(evidence.now) <= _STALE_SECONDS]
    if len(alive) == 1:
        name = alive[0].metadata.name
        yield Found(subject="kube-apiserver", what="one is alive", evidence=name)
    members = _etcd(evidence)
    if members and (len(members) == 1 or len(members) % 2 == 0):
        names = ", ".join(one.metadata.name for one in members)
        few = "it has one member" if len(members) == 1 else f"it has {len(members)} members"
        yield Found(subject="etcd", what=few, evidence=names)


@rule(
    "TG107",
    Severity.ERROR,
    "A member of etcd is not ready",
    why="etcd needs more than half of its members; without that nothing can be written any more, "
    "and no HPA scales.",
    remedy="kubectl -n kube-system describe pod POD; look at its log, its disk and its node.",
)
def etcd_member_down(evidence: Evidence) -> Iterator[Found]:
    members = _etcd(evidence)
    ready = sum(one.ready for one in members)
    margin = ready - len(members) // 2 - 1
    left = f"it may lose {margin} more" if margin >= 0 else "it has no quorum"
    for one in members:
        if not one.ready:
            what = f"{ready} of {len(members)} members are ready: {left}"
            yield Found(subject=f"pod {one.key}", what=what, evidence=one.metadata.name)


def _etcd(evidence: Evidence) -> list[Pod]:
    """Its pods, as kubeadm labels them; elsewhere it is not seen."""
    members = known(evidence.members)
    return [one for one in members if one.metadata.labels.get("component") == "etcd"]


@rule(
    "TG105",
    Severity.WARNING,
    "A member of the control plane is missing",
    why="A kube-apiserver that was there within the last hour has stopped renewing its lease: "
    "there is less margin than planned.",
    remedy="Look at the node and the static pod of that kube-apiserver.",
)
def member_missing(evidence: Evidence) -> Iterator[Found]:
    for lease in known(evidence.leases):
        age = lease.age(evidence.now)
        if _is_api_server(lease.metadata.labels) and age > _STALE_SECONDS:
            yield Found(
                subject=f"lease {lease.key}",
                what="a kube-apiserver does not renew its lease",
                evidence=f"{lease.spec.holder_identity}: last renewed {age:.0f} s ago",
            )


@rule(
    "TG106",
    Severity.WARNING,
    "This machine's clock differs from the API server's",
    why="Certificates and tokens that are valid there may not be here, and the other way round. "
    "Ages are told by the API server's clock all the same.",
    remedy="Set up time synchronisation (chrony, systemd-timesyncd) on the one that is wrong.",
)
def other_clock(evidence: Evidence) -> Iterator[Found]:
    if abs(evidence.skew) > _SKEW_SECONDS:
        where = "behind" if evidence.skew > 0 else "ahead of"
        yield Found(
            subject="this machine",
            what="its clock is not the API server's",
            evidence=f"{abs(evidence.skew):.0f} s {where} {evidence.server}",
        )


def _is_api_server(labels: Mapping[str, str]) -> bool:
    return labels.get(_APISERVERS) == "kube-apiserver"


RULES = (
    unreadable,
    seen_from_inside,
    api_server_red,
    part_stopped,
    fragile,
    member_missing,
    other_clock,
    etcd_member_down,
)
