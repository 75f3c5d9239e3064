"""Each rule finds its fault, and nothing else does."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.doctor.given import (
    API_FLAGS,
    AT,
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
    member,
    namespace,
    node,
    node_usage,
    pod,
    policy,
    ready,
    server,
)
from tidegauge.autoscale.lint.findings import Finding as LintFinding
from tidegauge.autoscale.lint.findings import Place, Severity
from tidegauge.doctor.diagnosis import RULES, diagnose
from tidegauge.doctor.evidence import Evidence, Unread, known
from tidegauge.doctor.objects import ConfigMap, ListedPod, Node, Pod
from tidegauge.kubelet import errors
from tidegauge.kubelet.certificates import Seen


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
    return with_server(containers=containers, status=status)


def with_server(**more: Any) -> Evidence:
    """One of the two replicas is like that."""
    got = server("tidegauge-1", **more)
    return provided(pods=(got, PROVIDER.pods[1]))  # type: ignore[index]


def with_members(*changed: Pod) -> Evidence:
    """Pods of the control plane in the place of those of the same name."""
    by_name = {one.metadata.name: one for one in (*known(evidence().members), *changed)}
    return evidence(members=tuple(by_name.values()))


def ended(reason: str, seconds: float, restarts: int) -> Evidence:
    """A replica that was restarted so often, and ended last so long ago."""
    last = {"terminated": {"reason": reason, "exitCode": 137, "finishedAt": ago(seconds)}}
    told = {"name": "tidegauge", "restartCount": restarts, "lastState": last}
    return with_containers({"name": "tidegauge"}, containerStatuses=[told])


def certified(first: float, last: float) -> Evidence:
    """A kubelet's certificate that is valid from and until so many days from now."""
    valid = (f"{AT + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (first, last))
    shown = Seen("CN=kubernetes", ("worker-1", "10.0.0.1"), *valid)
    return evidence(looks={"worker-1": look(certificate=shown)})


def linted(severity: Severity) -> Evidence:
    place = Place(kind="HorizontalPodAutoscaler", namespace="shop", name="web")
    found = LintFinding(
        rule="HPA301",
        severity=severity,
        autoscaler=place,
        place=place,
        message="it has a flaw",
        why="it matters",
        remedy="mend it",
    )
    return evidence(lint=(found,))


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
    "another name": (
        "FailedDiscoveryCheck",
        "tls: failed to verify certificate: x509: certificate is valid for a, not b",
        "other names",
    ),
    "expired": (
        "FailedDiscoveryCheck",
        "x509: certificate has expired or is not yet valid: current time",
        "not valid now",
    ),
    "unreachable": ("FailedDiscoveryCheck", "context deadline exceeded", "cannot reach"),
    "unknown user": (
        "FailedDiscoveryCheck",
        "bad status from https://10.0.40.3:10403/apis: 403",
        "does not accept",
    ),
    "a port like a status": (
        "FailedDiscoveryCheck",
        "https://10.0.0.1:10403/apis: connect: connection refused",
        "cannot reach",
    ),
    "a proxy": (
        "FailedDiscoveryCheck",
        "proxyconnect tcp: dial tcp 10.1.1.1:3128: i/o timeout",
        "HTTP proxy",
    ),
    "somebody else": ("FailedDiscoveryCheck", "bad status from https://x/apis: 404", "else"),
    "plain HTTP": (
        "FailedDiscoveryCheck",
        "http: server gave HTTP response to HTTPS client",
        "something else",
    ),
    "an error": ("FailedDiscoveryCheck", "bad status from https://x/apis: 503", "an error"),
    "else": ("Whatever", "who knows", "not available"),
}


def two_controllers(*flags: str, age: float = 2) -> Evidence:
    """Ours holds its Lease, renewed so long ago, beside a manager with these flags."""
    manager = with_members(member("kube-controller-manager", 0, *flags))
    return replace(manager, leases=leases(lease("tidegauge-controller", age)))


SPOILT: dict[str, tuple[Evidence, str]] = {
    "no right": (
        evidence(leases=Unread(what="list leases", cause="forbidden", detail="403")),
        "TG101",
    ),
    "no right, in the pod": (
        evidence(leases=Unread(what="list leases", cause="forbidden", detail="403"), direct=True),
        "TG108",
    ),
    "a list fails": (
        evidence(leases=Unread(what="list leases", cause="server_error", detail="500")),
        "TG101",
    ),
    "lint fails": (
        evidence(lint=Unread(what="hpa lint", cause="server_error", detail="500")),
        "TG101",
    ),
    "lint may not see all": (
        evidence(unjudged=("whether quotas suffice: you may not list resourcequotas",)),
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
    "trouble in the log": (provided(logs={"worker-1": ("bad_line", "line 7")}), "TG329"),
    "one API server": (
        evidence(
            leases=tuple(one for one in leases() if one.metadata.name[-2:] not in ("-1", "-2"))
        ),
        "TG104",
    ),
    "two members of etcd": (
        evidence(members=(member("etcd", 0), member("etcd", 1))),
        "TG104",
    ),
    "etcd at its margin": (with_members(member("etcd", 1, state="False")), "TG107"),
    "this clock": (evidence(skew=-90.0, looks={"worker-1": look(asked_at=NOW + 90)}), "TG106"),
    "the API server has no proxy certificate": (
        with_members(member("kube-apiserver", 1, *API_FLAGS[1:])),
        "TG506",
    ),
    "no routing": (with_members(member("kube-apiserver", 1, *API_FLAGS[:2])), "TG510"),
    "routing off": (
        with_members(
            member("kube-apiserver", 1, *API_FLAGS[:2], "--enable-aggregator-routing=false")
        ),
        "TG510",
    ),
    "a certificate of a year with a month left": (certified(-335, 30), "TG334"),
    "a certificate of a day with an hour left": (certified(-23 / 24, 1 / 24), "TG334"),
    "swap": (evidence(looks={"worker-1": look(swap=1 << 30)}), "TG335"),
    "a request-header authority of nothing": (
        evidence(
            authentication=made(
                ConfigMap,
                "x",
                data={
                    "requestheader-client-ca-file": "nonsense",
                    "requestheader-username-headers": "[]",
                },
            )
        ),
        "TG508",
    ),
    "held by another": (evidence(tidegauges=(server("tidegauge-9"),)), "TG509"),
    "a namespace that stays": (
        evidence(
            namespaces=(
                namespace(
                    "old",
                    NamespaceDeletionDiscoveryFailure="unable to retrieve the complete list of "
                    "server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery",
                ),
            )
        ),
        "TG511",
    ),
    "the kubelet's port": (
        with_server(
            hostNetwork=True,
            dnsPolicy="ClusterFirstWithHostNet",
            containers=[{"name": "tidegauge", "ports": [{"containerPort": 10250}]}],
        ),
        "TG409",
    ),
    "a nanny": (
        with_containers({"name": "tidegauge"}, {"name": "n", "command": ["/pod_nanny"]}),
        "TG410",
    ),
    "too fast": (
        with_containers({"name": "tidegauge", "args": ["--metric-resolution=1s"]}),
        "TG411",
    ),
    "lint's errors": (linted(Severity.ERROR), "TG704"),
    "lint's warnings": (linted(Severity.WARNING), "TG705"),
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
    "most containers stand still": (evidence(looks={"worker-1": look(still=3)}), "TG330"),
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
    "out of memory": (ended("OOMKilled", 60, restarts=1), "TG403"),
    "restarted often": (ended("Error", 60, restarts=3), "TG403"),
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
                server("tidegauge-1", hostNetwork=True, dnsPolicy="ClusterFirst"),
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
    "two controllers": (
        two_controllers(),
        "TG706",
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
    assert cause.remedy.casefold() == f"{kind.remedy}.".casefold()
    assert cause.evidence == ("as it was seen",)


def test_log_counts_more() -> None:
    """What the server's own log says of a node stands for what we met ourselves."""
    seen = silent(errors.RefusedError)
    told = {"worker-2": (errors.DnsError.cause, "from the log")}
    seen = replace(seen, provider=replace(PROVIDER, logs=told))
    assert rules_of(seen) == {"TG305", "TG602"}


def test_what_a_server_waits_for() -> None:
    """Of an unready one, what its container lacks is shown: it leads to the mistake."""
    waits = {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "tidegauge:none"'}
    container = {"name": "tidegauge", "state": {"waiting": waits}}
    unready = ready("False", message="containers with unready status: [tidegauge]")
    (found,) = diagnose(with_server(status={**unready, "containerStatuses": [container]}))
    assert found.rule == "TG402"
    assert found.evidence[0].endswith(f"{waits['reason']}: {waits['message']}")


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
    "all addresses": ({"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}, False),
    "all addresses but some": (
        {"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}]},
        True,
    ),
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


def test_walls_add_up() -> None:
    """Where another policy admits everybody, one that admits only some keeps nobody out."""
    down = broken("v1beta1", "FailedDiscoveryCheck", "context deadline exceeded")
    both = policy(policyTypes=["Ingress"]), policy(ingress=[{}])
    walled = replace(PROVIDER, policies=both)
    assert "TG507" not in rules_of(evidence(apiservices=(apiservice("v1"), down), provider=walled))


WAYS_OUT = {
    "the DNS only": ([{"ports": [{"port": 53, "protocol": "UDP"}]}], True),
    "pods only": ([{"to": [{"podSelector": {}}]}], True),
    "nowhere": (None, True),
    "kubelets": ([{"ports": [{"port": 10250}]}], False),
    "a span with kubelets": ([{"ports": [{"port": 1024, "endPort": 65535}]}], False),
    "everywhere": ([{}], False),
}


@pytest.mark.parametrize(("egress", "walled"), WAYS_OUT.values(), ids=WAYS_OUT)
def test_ways_out(egress: list[dict[str, Any]] | None, walled: bool) -> None:
    """A policy that lets the server reach no kubelets is suspected where it misses one."""
    told = {"worker-2": (errors.ConnectTimeoutError.cause, "no answer")}
    policies = (policy(policyTypes=["Egress"], egress=egress),)
    cut = provided(logs=told, policies=policies)
    assert ("TG512" in rules_of(cut)) == walled
    assert "TG512" not in rules_of(provided(policies=policies)), "as long as it reaches all"


def test_windows() -> None:
    """A pod that is missing on a Windows node is told with what to compare there."""
    windows = made(Node, "worker-1", status={**ready(), "nodeInfo": {"operatingSystem": "windows"}})
    seen = evidence(pods=(pod("web-1"), pod("web-2")), nodes=(windows, node("worker-2")))
    (found,) = diagnose(seen)
    assert "Windows node worker-1" in found.evidence[0]
    assert "nodes/worker-1/proxy/stats/summary" in found.remedy


def test_margin() -> None:
    """How many members of etcd may still go is told."""
    (found,) = diagnose(with_members(member("etcd", 1, state="False")))
    assert found.what == "2 of 3 members are ready: it may lose 0 more"
    two = (member("etcd", 1, state="False"), member("etcd", 2, state="False"))
    assert diagnose(with_members(*two))[0].what.endswith("it has no quorum")


def test_virtual_node() -> None:
    """A virtual node that does not answer is told to be left out."""
    nodes = (node("worker-1"), node("worker-2", labels={"type": "virtual-kubelet"}))
    seen = replace(silent(errors.NotFoundError), nodes=nodes)
    assert rules_of(seen) == {"TG204", "TG314", "TG602"}


PODLESS = {
    "no address": (
        {"skipped": {"worker-1": "no usable address"}, "looks": {}},
        "its node cannot be asked",
    ),
    "not reported": ({"looks": {"worker-1": look(pods=())}}, "its kubelet does not report it"),
    "crashing": (
        {"pods": (pod("web-1"), pod("web-2", {"waiting": {"reason": "CrashLoopBackOff"}}))},
        "a container of it does not run: CrashLoopBackOff",
    ),
    "half": (
        {"looks": {"worker-1": look(pods=(("shop", "web-2"),), incomplete=("shop/web-2/web",))}},
        "a container of it has only CPU or only memory",
    ),
    "nobody knows": ({"looks": {}}, "the metrics API does not tell of it"),
}


@pytest.mark.parametrize(("changes", "what"), PODLESS.values(), ids=PODLESS)
def test_why_a_pod_has_no_usage(changes: dict[str, Any], what: str) -> None:
    """A pod without usage comes with the reason, as far as it was seen."""
    found = diagnose(evidence(**{"pods": (pod("web-1"), pod("web-2")), **changes}))
    assert [one.what for one in found if one.rule == "TG603"] == [what]


def test_young_and_ending_pods() -> None:
    """Pods that cannot have usage yet, or need none any more, are not missed; one whose image was
    pulled for a quarter of an hour is young.
    """
    young = pod("young", {"running": {"startedAt": ago(20)}})
    ending = pod("ending", deletionTimestamp=ago(1))
    done = made(ListedPod, "done", metadata={"namespace": "shop"}, status={"phase": "Succeeded"})
    assert diagnose(evidence(pods=(pod("web-1"), young, ending, done))) == []


def test_left_out_pods() -> None:
    """Pods of nodes that are left out on purpose are not missed."""
    seen = evidence(pods=(pod("web-1"), pod("web-2")), skipped={"worker-1": ""}, looks={})
    assert rules_of(seen) == {"TG203"}


HEALTHY = {
    "an evicted replica": provided(
        pods=(
            *known(PROVIDER.pods),
            server("evicted", status={"phase": "Failed", **ready("False")}),
        )
    ),
    "a replica that is replaced": provided(
        pods=(*known(PROVIDER.pods), server("old", status=ready("False"), deletionTimestamp=ago(1)))
    ),
    "killed for memory last month": ended("OOMKilled", 30 * 86400, restarts=7),
    "a node of just now": evidence(
        nodes=(node("worker-1"), node("worker-2"), node("worker-3", creationTimestamp=ago(20)))
    ),
    "a sidecar with a small limit": with_containers(
        {"name": "tidegauge"}, {"name": "proxy", "resources": {"limits": {"memory": "16Mi"}}}
    ),
    "asked again too soon": evidence(looks={"worker-1": look(moved=False, apart=2.0)}),
    "a laptop a second late": evidence(skew=1.4),
    "a node's clock that goes by the API server's, not ours": replace(
        evidence(skew=4.0), looks={"worker-1": look(asked_at=NOW - 4)}
    ),
    "a fresh certificate": certified(-1, 364),
    "a certificate just renewed": certified(-0.5, 0.5),
    "a container that has ended stands still": evidence(looks={"worker-1": look(still=1)}),
    "host network on another port": with_server(
        hostNetwork=True,
        dnsPolicy="ClusterFirstWithHostNet",
        containers=[{"name": "tidegauge", "ports": [{"containerPort": 4443}]}],
    ),
    "the control plane is hidden": evidence(members=(), leases=()),
    "a namespace that waits for others": evidence(
        namespaces=(namespace("old", NamespaceContentRemaining="pods has 1 resource instances"),)
    ),
    "lint's notes": linted(Severity.INFO),
    "replicas not placed yet": provided(
        pods=(server("tidegauge-1", ""), server("tidegauge-2", ""))
    ),
}


@pytest.mark.parametrize("seen", HEALTHY.values(), ids=HEALTHY)
def test_no_fault(seen: Evidence) -> None:
    """What only looks like a fault is none."""
    assert diagnose(seen) == []


def test_aks_node() -> None:
    """A node that AKS labels as an agent is a real one, and is not told to be left out."""
    nodes = (node("worker-1"), node("worker-2", labels={"kubernetes.io/role": "agent"}))
    assert "TG204" not in rules_of(replace(silent(errors.RefusedError), nodes=nodes))


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
        "members",
        "namespaces",
        "tidegauges",
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
    again = msgspec.json.decode(msgspec.json.encode(seen.pods), type=tuple[ListedPod, ...])
    assert diagnose(replace(seen, pods=again)) == diagnose(seen)


ONE_CONTROLLER = {
    "upstream's is off": two_controllers("--controllers=*,-horizontal-pod-autoscaler-controller"),
    "upstream's is off, by its older name": two_controllers(
        "--controllers=*,-horizontalpodautoscaling,bootstrapsigner"
    ),
    "ours is gone": two_controllers(age=60),
}


@pytest.mark.parametrize("seen", ONE_CONTROLLER.values(), ids=ONE_CONTROLLER)
def test_one_controller(seen: Evidence) -> None:
    """Where only one of both looks after HPAs, nothing is found."""
    assert diagnose(seen) == []
