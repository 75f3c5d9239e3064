"""Whether kube-apiserver routes the metrics API to a server that it trusts and can reach."""

from collections.abc import Iterator

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.checks.availability import REMEDIES, explained
from tidegauge.doctor.checks.pems import bundle_problem
from tidegauge.doctor.evidence import METRICS, VERSIONS, Evidence, Unread, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import APIService

_STUCK = "NamespaceDeletionDiscoveryFailure"


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
    remedy="helm upgrade tidegauge deploy/helm/tidegauge -n kube-system --reuse-values --set "
    "apiService.create=true, or kubectl apply -k deploy/manifests/base",
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


@rule(
    "TG502",
    Severity.ERROR,
    "An APIService is not available",
    why="All requests for that version fail; kubectl api-resources is incomplete, and namespaces "
    "cannot be deleted while it lasts.",
    remedy="kubectl describe apiservice NAME",
    cases=REMEDIES,
)
def unavailable(evidence: Evidence) -> Iterator[Found]:
    for one in _ours(evidence):
        condition = one.available
        if condition.status == "True":
            continue
        what, remedy = explained(one)
        yield Found(
            subject=_subject(one),
            what=what,
            remedy=remedy,
            evidence=f"{condition.reason or 'no condition yet'}: {condition.message or ''}",
        )


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
        if one.spec.ca_bundle and (problem := bundle_problem(one.spec.ca_bundle, evidence.now)):
            evidence_ = f"{one.metadata.name}: spec.caBundle {problem}"
            yield Found(subject=_subject(one), what="its caBundle is unusable", evidence=evidence_)


@rule(
    "TG505",
    Severity.WARNING,
    "Different servers hold the versions of the metrics API",
    why="kubectl top and HPAs then see different numbers, and one of them may be a leftover that "
    "nobody minds.",
    remedy="kubectl get apiservices | grep metrics.k8s.io; delete the one that is left over",
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
    "TG509",
    Severity.WARNING,
    "Another server holds the metrics API",
    why="Tidegauge runs, but kubectl top and HPAs ask somebody else: the APIServices lead there, "
    "and what an operator or another chart applies again is taken back again.",
    remedy="Remove the other one (helm list -A; kubectl get apiservices), then let Tidegauge's "
    "chart make the APIServices: apiService.create=true.",
)
def held_by_another(evidence: Evidence) -> Iterator[Found]:
    provider, ours = evidence.provider, [one for one in known(evidence.tidegauges) if one.ready]
    behind = {pod.key for pod in provider.running} if provider else set()
    if provider and behind and behind.isdisjoint(one.key for one in ours):
        where = f"{provider.reference.namespace}/{provider.reference.name}"
        for one in ours:
            yield Found(
                subject=f"pod {one.key}",
                what="it serves, but nobody asks it",
                evidence=f"the APIServices lead to service {where}",
            )


@rule(
    "TG511",
    Severity.ERROR,
    "A namespace cannot be deleted",
    why="Before a namespace goes the API server asks every APIService what else is in it: while "
    "the metrics API does not answer it stays Terminating.",
    remedy="Mend the APIService, as its findings say, or delete it: the namespace then goes within "
    "minutes. Do not remove the namespace's finalizer: what is in it would be left behind.",
)
def stuck(evidence: Evidence) -> Iterator[Found]:
    for one in known(evidence.namespaces):
        for condition in one.status.conditions:
            failed = condition.type == _STUCK and condition.status == "True"
            if failed and METRICS in (condition.message or ""):
                yield Found(
                    subject=f"namespace {one.metadata.name}",
                    what="it waits for the metrics API",
                    evidence=condition.message or "",
                )


RULES = (missing, unavailable, unverified, bad_bundle, divided, held_by_another, stuck)
