"""Each rule finds its fault, and nothing else does."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.doctor.given import (
    NOW,
    PROVIDER,
    ago,
    apiserver,
    apiservice,
    broken,
    evidence,
    hpa,
    lease,
    look,
    made,
    node,
    node_usage,
    pod,
    policy,
    ready,
    server,
)
from tidegauge.doctor.diagnosis import RULES, diagnose
from tidegauge.doctor.evidence import Evidence, Unread, known
from tidegauge.doctor.objects import ConfigMap, Node, Pod
from tidegauge.kubelet import errors


def leases(*changed: Any) -> tuple[Any, ...]:
    """The healthy ones with some in the place of those of the same name."""
    by_name = {one.metadata.name: one for one in (*known(evidence().leases), *changed)}
    return tuple(by_name.values())


def silent(kind: type[errors.KubeletError]) -> Evidence:
    """Worker-2 does not answer, and is not served any more."""
    looks = {"worker-1": look(), "worker-2": look(cause=kind.cause, problem="as it was seen")}
    usage = {version: (node_usage("worker-1"),) for version in ("v1", "v1beta1")}
    return evidence(looks=looks, node_usage=usage)


def provided(**changes: Any) -> Evidence:
    return evidence(provider=replace(PROVIDER, **changes))


def with_containers(*containers: dict[str, Any], **status: Any) -> Evidence:
    spec = {"nodeName": "worker-1", "containers": containers}
    got = made(
        Pod,
        "tidegauge-1",
        metadata={"namespace": "kube-system"},
        spec=spec,
        status={**ready(), **status},
    )
    return provided(pods=(got, PROVIDER.pods[1]))  # type: ignore[index]


UNAVAILABLE = {
    "no Service": ("ServiceNotFound", "service/tidegauge is not present", "does not exist"),
    "no port": ("ServicePortError", "service has no port 443", "no such port"),
    "no pods": ("MissingEndpoints", "endpoints have no addresses", "no pod behind"),
    "no endpoints": ("EndpointsNotFound", "cannot find endpointslices", "no pod behind"),
    "untrusted": (
        "FailedDiscoveryCheck",
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        "does not trust",
    ),
    "unreachable": ("FailedDiscoveryCheck", "context deadline exceeded", "cannot reach"),
    "unknown user": ("FailedDiscoveryCheck", "bad status: 403", "does not accept"),
    "else": ("Whatever", "who knows", "not available"),
}

SPOILT: dict[str, tuple[Evidence, str]] = {
    "no right": (
        evidence(leases=Unread(what="list leases", cause="forbidden", detail="403")),
        "TG101",
    ),
    "a list fails": (
        evidence(leases=Unread(what="list leases", cause="server_error", detail="500")),
        "TG101",
    ),
    "etcd is red": (
        evidence(
            health=Unread(
                what="get /readyz",
                cause="server_error",
                detail="HTTP 500: [+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed",
            )
        ),
        "TG102",
    ),
    "no controller manager": (
        evidence(leases=leases(lease("kube-controller-manager", 300))),
        "TG103",
    ),
    "trouble in the log": (provided(failing={"worker-1": ("bad_line", "line 7")}), "TG329"),
    "two API servers": (evidence(leases=(apiserver("a"), apiserver("b"))), "TG104"),
    "an API server is gone": (evidence(leases=leases(apiserver("apiserver-9", 900))), "TG105"),
    "not ready": (
        evidence(nodes=(node("worker-2"), made(Node, "worker-1", status=ready("Unknown")))),
        "TG201",
    ),
    "a bad annotation": (
        evidence(skipped={"worker-3": "annotation x: 'y' can't be used"}),
        "TG202",
    ),
    "left out": (evidence(skipped={"worker-3": ""}), "TG203"),
    "stands still": (evidence(looks={"worker-1": look(moved=False)}), "TG330"),
    "clock ahead": (
        evidence(looks={"worker-1": look(stamp=int((NOW + 300) * 1000))}),
        "TG331",
    ),
    "clock behind": (
        evidence(looks={"worker-1": look(stamp=int((NOW - 300) * 1000))}),
        "TG331",
    ),
    "bad lines": (
        evidence(looks={"worker-1": look(flaw="can't read 1 line", flaw_cause="bad_line")}),
        "TG332",
    ),
    "half a container": (
        evidence(looks={"worker-1": look(incomplete=("shop/web-1/web",))}),
        "TG333",
    ),
    "only we cannot reach it": (
        evidence(looks={"worker-1": look(cause="refused", problem="refused")}),
        "TG320",
    ),
    "the Service is gone": (
        provided(service=Unread(what="get services", cause="not_found", detail="404")),
        "TG401",
    ),
    "the selector selects nothing": (provided(pods=()), "TG401"),
    "a server is unready": (with_containers(conditions=ready("False")["conditions"]), "TG402"),
    "out of memory": (
        with_containers(
            containerStatuses=[
                {
                    "name": "tidegauge",
                    "restartCount": 1,
                    "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}},
                }
            ]
        ),
        "TG403",
    ),
    "restarted often": (
        with_containers(containerStatuses=[{"name": "tidegauge", "restartCount": 3}]),
        "TG403",
    ),
    "a small limit": (
        with_containers({"name": "tidegauge", "resources": {"limits": {"memory": "32Mi"}}}),
        "TG404",
    ),
    "one replica": (provided(pods=(server("tidegauge-1", "worker-1"),)), "TG405"),
    "one node": (
        provided(pods=(server("tidegauge-1", "worker-1"), server("tidegauge-2", "worker-1"))),
        "TG406",
    ),
    "host network": (
        provided(
            pods=(
                server("tidegauge-1", "worker-1", hostNetwork=True, dnsPolicy="ClusterFirst"),
                PROVIDER.pods[1],  # type: ignore[index]
            )
        ),
        "TG407",
    ),
    "trusts every kubelet": (
        with_containers({"name": "tidegauge", "args": ["--kubelet-insecure-tls"]}),
        "TG408",
    ),
    "no v1": (evidence(apiservices=(apiservice("v1beta1"),)), "TG501"),
    "unverified": (
        evidence(
            apiservices=(
                apiservice("v1"),
                apiservice("v1beta1", insecureSkipTLSVerify=True, caBundle=""),
            )
        ),
        "TG503",
    ),
    "a bundle of nothing": (
        evidence(apiservices=(apiservice("v1"), apiservice("v1beta1", caBundle="bm8="))),
        "TG504",
    ),
    "two providers": (
        evidence(
            apiservices=(
                apiservice("v1"),
                apiservice("v1beta1", service={"namespace": "old", "name": "metrics-server"}),
            )
        ),
        "TG505",
    ),
    "no front proxy": (evidence(authentication=made(ConfigMap, "x")), "TG506"),
    "a pod without usage": (evidence(pods=(pod("web-1"), pod("web-2"))), "TG603"),
    "old usage": (
        evidence(
            node_usage={
                version: (node_usage("worker-1", 600), node_usage("worker-2"))
                for version in ("v1", "v1beta1")
            }
        ),
        "TG604",
    ),
    "an HPA without metrics": (
        evidence(autoscalers=(hpa("web", ScalingActive="FailedGetResourceMetric"),)),
        "TG701",
    ),
    "an HPA without target": (
        evidence(autoscalers=(hpa("web", AbleToScale="FailedGetScale"),)),
        "TG702",
    ),
    "an HPA nobody minds": (evidence(autoscalers=(hpa("web"),)), "TG703"),
}


def rules_of(seen: Evidence) -> set[str]:
    return {finding.rule for finding in diagnose(seen)}


def test_healthy() -> None:
    """In a cluster in which nothing is wrong, nothing is found."""
    assert diagnose(evidence()) == []


@pytest.mark.parametrize(("seen", "rule"), SPOILT.values(), ids=SPOILT)
def test_fault(seen: Evidence, rule: str) -> None:
    """A fault is found by its rule, and by no other."""
    assert rules_of(seen) == {rule}


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, errors.KubeletError)
        and kind not in (errors.KubeletError, errors.ResponseError, errors.InternalError)
    ],
    ids=lambda kind: kind.cause,
)
def test_silent_kubelet(kind: type[errors.KubeletError]) -> None:
    """Each cause of a kubelet's silence has a rule with the remedy that the scraper's error has."""
    seen = silent(kind)
    found = [one for one in diagnose(seen) if one.subjects == ("node worker-2",)]
    assert [one.rule for one in found if one.rule == "TG602"], "its usage is missed as well"
    (cause,) = [one for one in found if one.rule != "TG602"]
    assert cause.remedy == kind.remedy + "."
    assert cause.evidence == ("as it was seen",)


def test_log_counts_more() -> None:
    """What the server's own log says of a node stands for what we met ourselves."""
    seen = silent(errors.RefusedError)
    told = {"worker-2": (errors.DnsError.cause, "from the log")}
    seen = replace(seen, provider=replace(PROVIDER, failing=told))
    assert rules_of(seen) == {"TG305", "TG602"}


@pytest.mark.parametrize(("reason", "message", "what"), UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_unavailable(reason: str, message: str, what: str) -> None:
    """Why an APIService is not available is told from its condition."""
    seen = evidence(apiservices=(apiservice("v1"), broken("v1beta1", reason, message)))
    (found,) = diagnose(seen)
    assert (found.rule, found.subjects) == ("TG502", ("apiservice v1beta1.metrics.k8s.io",))
    assert what in found.what
    assert message in found.evidence[0]


WALLS = {
    "pods only": ({"ingress": [{"from": [{"podSelector": {}}]}]}, True),
    "nobody": ({"policyTypes": ["Ingress"]}, True),
    "everybody": ({"ingress": [{"ports": [{"port": 10250}]}]}, False),
    "ways out only": ({"policyTypes": ["Egress"]}, False),
    "other pods": (
        {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]},
        False,
    ),
}


@pytest.mark.parametrize(("spec", "walled"), WALLS.values(), ids=WALLS)
def test_walls(spec: dict[str, Any], walled: bool) -> None:
    """A policy is suspected where it admits only some to the server and the API is unavailable."""
    down = broken("v1beta1", "FailedDiscoveryCheck", "context deadline exceeded")
    seen = evidence(
        apiservices=(apiservice("v1"), down), provider=replace(PROVIDER, policies=(policy(**spec),))
    )
    assert ("TG507" in rules_of(seen)) == walled
    assert "TG507" not in rules_of(provided(policies=(policy(**spec),))), "as long as it works"


def test_virtual_node() -> None:
    """A virtual node that does not answer is told to be left out."""
    nodes = (node("worker-1"), node("worker-2", labels={"type": "virtual-kubelet"}))
    seen = replace(silent(errors.NotFoundError), nodes=nodes)
    assert rules_of(seen) == {"TG204", "TG314", "TG602"}


PODLESS = {
    "not asked": ({"skipped": {"worker-1": ""}, "looks": {}}, "its node is not asked"),
    "not reported": ({"looks": {"worker-1": look(pods=())}}, "its kubelet does not report it"),
    "half": (
        {"looks": {"worker-1": look(pods=(("shop", "web-2"),), incomplete=("shop/web-2/web",))}},
        "a container of it has only CPU or only memory",
    ),
    "nobody knows": ({"looks": {}}, "the metrics API does not tell of it"),
}


@pytest.mark.parametrize(("changes", "what"), PODLESS.values(), ids=PODLESS)
def test_why_a_pod_has_no_usage(changes: dict[str, Any], what: str) -> None:
    """A pod without usage comes with the reason, as far as it was seen."""
    found = diagnose(evidence(pods=(pod("web-1"), pod("web-2")), **changes))
    assert [one.what for one in found if one.rule == "TG603"] == [what]


def test_young_and_ending_pods() -> None:
    """Pods that cannot have usage yet, or need none any more, are not missed."""
    young = made(
        Pod,
        "young",
        metadata={"namespace": "shop"},
        status={"phase": "Running", "startTime": ago(20)},
    )
    ending = made(
        Pod,
        "ending",
        metadata={"namespace": "shop", "deletionTimestamp": ago(1)},
        status={"phase": "Running", "startTime": ago(900)},
    )
    done = made(Pod, "done", metadata={"namespace": "shop"}, status={"phase": "Succeeded"})
    assert diagnose(evidence(pods=(pod("web-1"), young, ending, done))) == []


def test_grouping() -> None:
    """One thing wrong with many is one finding with many subjects."""
    looks = {f"worker-{number}": look(moved=False) for number in range(50)}
    (found,) = diagnose(evidence(looks=looks))
    assert len(found.subjects) == 50


def test_nothing_readable() -> None:
    """Where nothing may be read, that is what is found, and nothing else is made up."""
    no = Unread(what="list all", cause="forbidden", detail="403")
    fields = (
        "leases",
        "nodes",
        "pods",
        "apiservices",
        "authentication",
        "pod_usage",
        "autoscalers",
    )
    seen = evidence(**dict.fromkeys(fields, no), provider=None, looks={}, node_usage={"v1": no})
    assert rules_of(seen) == {"TG101"}


def test_rule_ids() -> None:
    """No two rules share an id, they stand in the order of their ids' hundreds, and all of them
    have all that is shown of them.
    """
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert [one[2] for one in ids] == sorted(one[2] for one in ids)
    assert all(rule.why and rule.remedy and rule.title for rule in RULES)


def test_survives_json() -> None:
    """Evidence can be written and read again, as a bundle holds it, and means the same."""
    seen = evidence(pods=(pod("web-1"), pod("web-2")))
    again = msgspec.json.decode(msgspec.json.encode(seen.pods), type=tuple[Pod, ...])
    assert diagnose(replace(seen, pods=again)) == diagnose(seen)
