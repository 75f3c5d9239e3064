"""Whether a NetworkPolicy stands between those who must talk: hints, as networks differ."""

from collections.abc import Iterator
from typing import Any

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import METRICS, Evidence, Provider, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import KUBELET_PORT, NetworkPolicy
from tidegauge.kubelet.errors import ConnectTimeoutError, RefusedError, UnreachableError

_ANYBODY = ("0.0.0.0/0", "::/0")

_CUT_OFF = {kind.cause for kind in (ConnectTimeoutError, UnreachableError, RefusedError)}
"""How it looks from inside when packets out are dropped or rejected."""


@rule(
    "TG507",
    Severity.WARNING,
    "A NetworkPolicy may keep the API server out",
    why="The API server comes from the control plane's addresses, which no podSelector matches: a "
    "policy that admits pods only makes the metrics API unavailable.",
    remedy="Add an ingress rule for the server's port without `from`, as the chart's own policy "
    "has (networkPolicy.enabled=true).",
)
def keeps_out(evidence: Evidence) -> Iterator[Found]:
    ours = (one for one in known(evidence.apiservices) if one.spec.group == METRICS)
    if any(one.available.status != "True" for one in ours):
        yield from _walls(evidence.provider, "Ingress", "admits only listed peers")


@rule(
    "TG512",
    Severity.WARNING,
    "A NetworkPolicy may keep the metrics server in",
    why="It must reach each node's kubelet port, and nodes have addresses that no podSelector "
    "matches.",
    remedy="Add an egress rule for port 10250 without `to`, and for the API server's port, as the "
    "chart's own policy has.",
)
def keeps_in(evidence: Evidence) -> Iterator[Found]:
    provider = evidence.provider
    if provider and any(cause in _CUT_OFF for cause, _ in provider.failing.values()):
        yield from _walls(provider, "Egress", "lets it reach only listed peers")


def _walls(provider: Provider | None, way: str, what: str) -> Iterator[Found]:
    """Policies add up: where one of those that select the server is open, none is a wall."""
    if provider is None:
        return
    policies = [one for one in known(provider.policies) if _selects(one, provider, way)]
    if not any(_open(one, way) for one in policies):
        for one in policies:
            yield Found(
                subject=f"networkpolicy {one.key}",
                what=f"it selects the metrics server and {what}",
            )


def _selects(policy: NetworkPolicy, provider: Provider, way: str) -> bool:
    """By labels only: expressions are taken as matching, since this is a hint. A policy has no
    hold on the host's network.
    """
    types = policy.spec.policy_types or ("Ingress",)
    wanted = policy.spec.pod_selector.get("matchLabels") or {}
    return way in types and any(
        not pod.spec.host_network and wanted.items() <= pod.metadata.labels.items()
        for pod in provider.running
    )


def _open(policy: NetworkPolicy, way: str) -> bool:
    """Ways out count for kubelets only, or leave to ask the DNS would open all."""
    if way == "Ingress":
        return any(_for_anybody(one.get("from")) for one in policy.spec.ingress or ())
    return any(
        _for_anybody(one.get("to")) and _has_port(one.get("ports"), KUBELET_PORT)
        for one in policy.spec.egress or ()
    )


def _for_anybody(peers: list[dict[str, Any]] | None) -> bool:
    blocks = [one.get("ipBlock") or {} for one in peers or ()]
    return not peers or any(one.get("cidr") in _ANYBODY and not one.get("except") for one in blocks)


def _has_port(ports: list[dict[str, Any]] | None, wanted: int) -> bool:
    spans = [(one.get("port", wanted), one.get("endPort")) for one in ports or ()]
    return not ports or any(
        isinstance(first, int) and first <= wanted <= (last or first) for first, last in spans
    )


RULES = (keeps_out, keeps_in)
