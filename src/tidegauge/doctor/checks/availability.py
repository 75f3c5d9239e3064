"""Why an APIService is not available: what its condition says, told apart by remedy."""

import re
from typing import NamedTuple

from tidegauge.doctor.objects import APIService, ServiceReference


class Cause(NamedTuple):
    """Which conditions it is the cause of, what is the case then, and what to do."""

    reason: str
    """A pattern of the whole reason."""
    words: str
    """A pattern of what the message has in it."""
    what: str
    remedy: str


_DISCOVERY = "FailedDiscoveryCheck"

_CAUSES = (
    Cause(
        "ServiceNotFound",
        "",
        "its Service does not exist",
        "kubectl -n {namespace} get service {name}; install again, or mend spec.service",
    ),
    Cause(
        "ServicePortError",
        "",
        "its Service has no such port",
        "make spec.service.port of the APIService one of the ports of service {namespace}/{name}",
    ),
    Cause(
        "MissingEndpoints|EndpointsNotFound",
        "",
        "no pod behind its Service is ready",
        "kubectl -n {namespace} get pods; the findings about the server tell why it is not ready",
    ),
    Cause(
        _DISCOVERY,
        "proxyconnect|Proxy Authentication",
        "the API server asks for it at an HTTP proxy",
        "add the cluster's Service addresses, .svc and .cluster.local to NO_PROXY of "
        "kube-apiserver (the environment in its manifest) and restart it",
    ),
    Cause(
        _DISCOVERY,
        "does not look like a TLS handshake|HTTP response to HTTPS|status from .*: 404",
        "something else than a metrics server answers there",
        "see what listens at the targetPort of service {namespace}/{name}: kubectl -n {namespace} "
        "get endpointslices -l kubernetes.io/service-name={name}; on the host's network another "
        "process may have that port",
    ),
    Cause(
        _DISCOVERY,
        "is valid for|any names|any IP SANs",
        "the server's certificate is for other names than the Service's",
        "issue one that names {name}.{namespace}.svc; with --tls-cert-file that is yours to do, "
        "with the chart's own certificates Tidegauge does so itself",
    ),
    Cause(
        _DISCOVERY,
        "certificate has expired|not yet valid",
        "the server's certificate is not valid now",
        "renew it, and compare the clocks of the server's node and of the control plane; the "
        "chart's own certificates Tidegauge renews itself: see its log",
    ),
    Cause(
        _DISCOVERY,
        "x509|certificate",
        "the API server does not trust the server's certificate",
        "put the authority that signed it into spec.caBundle: with the chart's own certificates "
        "Tidegauge does so itself, if it may patch apiservices",
    ),
    Cause(
        _DISCOVERY,
        r"status from .*: 40[13]|Forbidden|Unauthorized",
        "the server does not accept who the API server says is asking",
        "see the findings about request headers; if there are none, the common name of "
        "kube-apiserver's --proxy-client-cert-file is none of its --requestheader-allowed-names",
    ),
    Cause(
        _DISCOVERY,
        r"status from .*: 5\d\d",
        "the server answers with an error",
        "kubectl -n {namespace} get pods; the findings about the server, and its log, tell more",
    ),
    Cause(
        _DISCOVERY,
        "deadline|[Tt]imeout|timed out|no route|unreachable|refused|no such host|EOF|reset",
        "the API server cannot reach the server's pod",
        "let the control plane reach the server's pod: a NetworkPolicy or firewall may forbid it. "
        "Where the control plane is no part of the pod network set hostNetwork.enabled=true; "
        "where it only has no kube-proxy, --enable-aggregator-routing=true on kube-apiserver",
    ),
)
"""The first that fits counts: what is said of certificates may come with a time-out, too."""


REMEDIES = {
    cause.what: cause.remedy.format(namespace="NAMESPACE", name="SERVICE") for cause in _CAUSES
}
"""By what is the case, for any Service."""


def explained(service: APIService) -> tuple[str, str]:
    """What is the case, and what to do; the latter is empty where only the rule's own helps."""
    reason, message = service.available.reason or "", service.available.message or ""
    where = service.spec.service or ServiceReference()
    for cause in _CAUSES:
        if re.fullmatch(cause.reason, reason) and re.search(cause.words, message):
            return cause.what, cause.remedy.format(namespace=where.namespace, name=where.name)
    return "it is not available", ""
