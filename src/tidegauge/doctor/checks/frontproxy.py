"""Whether kube-apiserver vouches for those who ask, and how it finds a replica."""

from collections.abc import Iterator

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.checks.pems import pem_problem
from tidegauge.doctor.evidence import Evidence, Unread, known
from tidegauge.doctor.findings import Found, rule
from tidegauge.doctor.objects import Pod

_AUTHORITIES = "requestheader-client-ca-file"

_NEEDED_KEYS = (_AUTHORITIES, "requestheader-username-headers")

_NEEDED_FLAGS = ("--proxy-client-cert-file", "--proxy-client-key-file")

_ROUTING = "--enable-aggregator-routing"

_CONFIG = "configmap kube-system/extension-apiserver-authentication"


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
    if isinstance(config, Unread):
        if config.cause == "not_found":
            yield Found(subject=_CONFIG, what="it does not exist", evidence=config.detail)
    else:
        for key in _NEEDED_KEYS:
            if not config.data.get(key):
                yield Found(subject=_CONFIG, what=f"it lacks {key}")
    for pod in _api_servers(evidence):
        for flag in _NEEDED_FLAGS:
            if not _has(pod, flag):
                yield Found(subject=f"pod {pod.key}", what=f"it runs without {flag}")


def _api_servers(evidence: Evidence) -> list[Pod]:
    """Their pods, as kubeadm labels them; elsewhere they are not seen."""
    members = known(evidence.members)
    return [one for one in members if one.metadata.labels.get("component") == "kube-apiserver"]


def _has(pod: Pod, flag: str) -> bool:
    words = [word for one in pod.spec.containers for word in one.words]
    return any(word.partition("=")[0] == flag and word != f"{flag}=false" for word in words)


@rule(
    "TG508",
    Severity.ERROR,
    "The authorities of request headers are unusable",
    why="The server believes the API server's word only by a client certificate that these have "
    "signed: with none that is valid every request through it is anonymous, and refused.",
    remedy="Renew the front-proxy CA (kubeadm certs check-expiration tells when it expires) and "
    "--requestheader-client-ca-file of kube-apiserver.",
)
def bad_front_proxy(evidence: Evidence) -> Iterator[Found]:
    config = evidence.authentication
    pem = "" if isinstance(config, Unread) else config.data.get(_AUTHORITIES, "")
    if pem and (problem := pem_problem(pem.encode(), evidence.now)):
        yield Found(subject=_CONFIG, what="no certificate is valid", evidence=f"{problem}")


@rule(
    "TG510",
    Severity.INFO,
    "The API server does not route to replicas itself",
    why="It asks the Service's address, and a connection that is kept stays with one replica: all "
    "requests go to it, and when its node dies they fail until the connection does.",
    remedy="Give kube-apiserver --enable-aggregator-routing=true: it then picks a ready replica "
    "for each request.",
)
def one_route(evidence: Evidence) -> Iterator[Found]:
    if evidence.provider and len(evidence.provider.running) > 1:
        for pod in _api_servers(evidence):
            if not _has(pod, _ROUTING):
                yield Found(subject=f"pod {pod.key}", what=f"it runs without {_ROUTING}")


RULES = (no_front_proxy, bad_front_proxy, one_route)
