"""Whether kube-apiserver routes the metrics API to a server that it trusts and can reach."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import METRICS, VERSIONS, Evidence, Provider, Unread, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import APIService, NetworkPolicy

_NEEDED_KEYS = ("requestheader-client-ca-file", "requestheader-username-headers")


def _ours(evidence: Evidence) -> list[APIService]:
    return [one for one in known(evidence.apiservices) if one.spec.group == METRICS]


def _subject(one: APIService) -> str:
    return f"apiservice {one.metadata.name}"


@rule(
    "TG501",
    Severity.ERROR,
    "An APIService of the metrics API is missing",
    why="The API server does not convert between versions: kubectl from 1.37 on asks for v1, the "
    "HPA's controller for v1beta1, and gets 404 without an object for each.",
    remedy="helm upgrade --reuse-values with apiService.create=true, or apply deploy/manifests",
)
def missing(evidence: Evidence) -> Iterator[Found]:
    if isinstance(evidence.apiservices, Unread):
        return
    there = {one.spec.version for one in _ours(evidence)}
    for version in VERSIONS:
        if version not in there:
            name = f"{version}.{METRICS}"
            what = "there is none" if there else "there is no metrics API at all"
            yield Found(subject=f"apiservice {name}", what=what)


_REASONS = (  # reason, words of the message, what is the case, remedy
    (
        "ServiceNotFound",
        "",
        "its Service does not exist",
        "kubectl -n {namespace} get service {name}; install again, or mend spec.service",
    ),
    (
        "ServicePortError",
        "",
        "its Service has no such port",
        "make spec.service.port of the APIService one of the ports of service {namespace}/{name}",
    ),
    (
        "MissingEndpoints|EndpointsNotFound",
        "",
        "no pod behind its Service is ready",
        "kubectl -n {namespace} get pods; the findings about the server tell why it is not ready",
    ),
    (
        "FailedDiscoveryCheck",
        "x509|certificate",
        "the API server does not trust the server's certificate",
        (
            "put the authority that signed it into spec.caBundle: with the chart's own "
            "certificates Tidegauge does so itself, if it may update apiservices"
        ),
    ),
    (
        "FailedDiscoveryCheck",
        "deadline|timeout|Timeout|no route|refused",
        "the API server cannot reach the server's pod",
        (
            "let the control plane reach the server's pod: a NetworkPolicy or firewall may forbid "
            "it; where the control plane is no part of the pod network, set "
            "hostNetwork.enabled=true"
        ),
    ),
    (
        "FailedDiscoveryCheck",
        "40[13]|Forbidden|Unauthorized",
        "the server does not accept who the API server says is asking",
        (
            "see the findings about request headers; aggregation needs the front-proxy flags of "
            "kube-apiserver"
        ),
    ),
)


@rule(
    "TG502",
    Severity.ERROR,
    "An APIService is not available",
    why="All requests for that version fail; kubectl api-resources is incomplete, and namespaces "
    "cannot be deleted while it lasts.",
    remedy="kubectl describe apiservice NAME",
)
def unavailable(evidence: Evidence) -> Iterator[Found]:
    for one in _ours(evidence):
        condition = one.available
        if condition.status == "True":
            continue
        what, remedy = _explained(one)
        yield Found(
            subject=_subject(one),
            what=what,
            remedy=remedy,
            evidence=f"{condition.reason or 'no condition yet'}: {condition.message or ''}",
        )


def _explained(one: APIService) -> tuple[str, str]:
    condition, where = one.available, one.spec.service
    for reason, words, what, remedy in _REASONS:
        if re.fullmatch(reason, condition.reason or "") and re.search(
            words, condition.message or ""
        ):
            names = {"namespace": "", "name": "", "port": 443}
            if where:
                names = {"namespace": where.namespace, "name": where.name, "port": where.port}
            return what, remedy.format(**names)
    return "it is not available", ""


@rule(
    "TG503",
    Severity.WARNING,
    "The API server does not verify who serves the metrics",
    why="Whoever can take the Service's address can tell HPAs any numbers.",
    remedy="Put the authority into spec.caBundle and remove insecureSkipTLSVerify; the chart does "
    "both by default.",
)
def unverified(evidence: Evidence) -> Iterator[Found]:
    for one in _ours(evidence):
        if one.spec.insecure_skip_tls_verify:
            yield Found(
                subject=_subject(one),
                what="it skips verification",
                evidence="spec.insecureSkipTLSVerify: true",
            )


@rule(
    "TG504",
    Severity.ERROR,
    "An APIService's authorities are unusable",
    why="With a bundle that holds no valid certificate the API server trusts nobody.",
    remedy="Renew spec.caBundle: with the chart's own certificates, restart one pod of Tidegauge "
    "and look at its log; else put your authority's PEM there, in base64.",
)
def bad_bundle(evidence: Evidence) -> Iterator[Found]:
    for one in _ours(evidence):
        if one.spec.ca_bundle and (problem := _bundle_problem(one.spec.ca_bundle, evidence.now)):
            yield Found(subject=_subject(one), what="its caBundle is unusable", evidence=problem)


def _bundle_problem(bundle: str, now: float) -> str:
    """Empty where a certificate of the bundle is valid."""
    try:
        found = x509.load_pem_x509_certificates(base64.b64decode(bundle))
    except ValueError as error:
        return f"spec.caBundle is no PEM in base64: {error}"
    last = max(one.not_valid_after_utc for one in found)
    if last < datetime.fromtimestamp(now, UTC):
        return f"spec.caBundle expired on {last:%Y-%m-%d}"
    return ""


@rule(
    "TG505",
    Severity.WARNING,
    "Different servers hold the versions of the metrics API",
    why="kubectl top and HPAs then see different numbers, and one of them may be a leftover that "
    "nobody minds.",
    remedy="kubectl get apiservice -l '' | grep metrics.k8s.io; delete the one that is left over",
)
def divided(evidence: Evidence) -> Iterator[Found]:
    places = {
        one.metadata.name: f"{one.spec.service.namespace}/{one.spec.service.name}"
        for one in _ours(evidence)
        if one.spec.service
    }
    if len(set(places.values())) > 1:
        for name, place in places.items():
            yield Found(
                subject=f"apiservice {name}",
                what="the versions lead to different Services",
                evidence=f"{name} leads to {place}",
            )


@rule(
    "TG506",
    Severity.ERROR,
    "The API server does not vouch for who is asking",
    why="An aggregated server believes the API server's word on users by its client certificate, "
    "whose authority kube-apiserver publishes; without it every request through it is anonymous.",
    remedy="Give kube-apiserver --requestheader-client-ca-file, --requestheader-username-headers, "
    "--proxy-client-cert-file and --proxy-client-key-file.",
)
def no_front_proxy(evidence: Evidence) -> Iterator[Found]:
    config = evidence.authentication
    name = "configmap kube-system/extension-apiserver-authentication"
    if isinstance(config, Unread):
        if config.cause == "not_found":
            yield Found(subject=name, what="it does not exist", evidence=config.detail)
        return
    for key in _NEEDED_KEYS:
        if not config.data.get(key):
            yield Found(subject=name, what=f"it lacks {key}")


@rule(
    "TG507",
    Severity.WARNING,
    "A NetworkPolicy may keep the API server out",
    why="The API server comes from the control plane's addresses, which no podSelector matches: a "
    "policy that admits pods only makes the metrics API unavailable.",
    remedy="Add an ingress rule for the server's port without `from`, as the chart's own policy "
    "has (networkPolicy.enabled=true).",
)
def walled(evidence: Evidence) -> Iterator[Found]:
    provider = evidence.provider
    if not provider or all(one.available.status == "True" for one in _ours(evidence)):
        return
    for policy in known(provider.policies):
        if _covers(policy, provider) and not _open_to_all(policy):
            yield Found(
                subject=f"networkpolicy {policy.key}",
                what="it selects the metrics server and admits only listed peers",
            )


def _covers(policy: NetworkPolicy, provider: Provider) -> bool:
    """By labels only: expressions are taken as matching, since this is a hint."""
    wanted = policy.spec.pod_selector.get("matchLabels") or {}
    return any(wanted.items() <= pod.metadata.labels.items() for pod in known(provider.pods))


def _open_to_all(policy: NetworkPolicy) -> bool:
    admits = "Ingress" not in policy.spec.policy_types and policy.spec.ingress is None
    return admits or any(not rule_.get("from") for rule_ in policy.spec.ingress or ())


RULES = (missing, unavailable, unverified, bad_bundle, divided, no_front_proxy, walled)
