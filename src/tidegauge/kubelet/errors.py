"""Why a node gave no answer: a class per cause that asks for a different remedy.

`cause` is one word, used as a metric's label; `remedy` is what to do about it.
"""

from typing import ClassVar


class KubeletError(Exception):
    """A node gave no usable answer: names the node and URL, what happened, and what to do.

    Where another address was tried before, `url` says so in brackets behind it.
    """

    cause: ClassVar[str] = "other"
    remedy: str = "see the kubelet's log on that node"

    def __init__(self, node: str, url: str, detail: str) -> None:
        super().__init__(node, url, detail)
        self.node = node
        self.url = url
        self.detail = detail

    def __str__(self) -> str:
        return f"node {self.node}: {self.url}: {self.detail}; {self.remedy}"


class ConnectError(KubeletError):
    """No connection to any address that was tried."""

    cause = "connect"
    remedy = (
        "check routes and firewalls from this pod to the node's port "
        "(proxies from the environment are not used for kubelets)"
    )


class DnsError(ConnectError):
    """A host name could not be resolved."""

    cause = "dns"
    remedy = (
        "put InternalIP first in --kubelet-preferred-address-types, or make the node's name "
        "resolvable from this pod"
    )


class RefusedError(ConnectError):
    """Nobody listens on that port."""

    cause = "refused"
    remedy = "check that the kubelet runs and that this is its port"


class UnreachableError(ConnectError):
    """No route to the address."""

    cause = "unreachable"


class ConnectTimeoutError(ConnectError):
    """The address does not answer: packets are dropped on the way, or the node is off."""

    cause = "connect_timeout"


class NoSocketError(ConnectError):
    """Our process may open no more sockets."""

    cause = "no_socket"
    remedy = "raise this process's limit of open files (ulimit -n) above twice the number of nodes"


class DeadlineError(KubeletError):
    """Connected, but the answer was not there in time."""

    cause = "timeout"
    remedy = "look for load on the node, or raise --kubelet-request-timeout"


class TlsError(KubeletError):
    """The TLS handshake or the encrypted stream failed."""

    cause = "tls"
    remedy = "check that a kubelet listens there with TLS 1.2 or newer"


class UnknownAuthorityError(TlsError):
    """The certificate is signed by nobody we trust."""

    cause = "tls_unknown_authority"
    remedy = (
        "give that issuer's certificate with --kubelet-certificate-authority, or let the cluster's "
        "CA sign kubelet certificates (serverTLSBootstrap: true and approved requests)"
    )


class WrongNameError(TlsError):
    """The certificate is for other names than the one we asked for."""

    cause = "tls_wrong_name"
    remedy = (
        "prefer an address type that the certificate names (--kubelet-preferred-address-types), "
        "expect the node's name in all certificates (--kubelet-verify-node-name), annotate the "
        "node with tidegauge.dev/kubelet-server-name, or issue a certificate with the node's "
        "addresses"
    )


class ExpiredError(TlsError):
    """The certificate is not valid now."""

    cause = "tls_expired"
    remedy = "renew the kubelet's serving certificate (rotateCertificates), and compare clocks"


class ClientCertificateError(TlsError):
    """The kubelet ended the handshake because of the certificate we showed, or did not."""

    cause = "tls_client_certificate"
    remedy = "check --kubelet-client-certificate against the kubelet's clientCAFile"


class ResponseError(KubeletError):
    """An answer came, but nothing to parse."""

    cause = "response"


class UnauthorizedError(ResponseError):
    """The kubelet does not know who we are."""

    cause = "unauthorized"
    remedy = (
        "the kubelet must accept our token (authentication.webhook.enabled: true) or our client "
        "certificate (authentication.x509.clientCAFile); check that the token is current"
    )


class ForbiddenError(ResponseError):
    """The kubelet knows who we are and says no."""

    cause = "forbidden"
    remedy = (
        'our ClusterRole lacks the rule apiGroups [""], resources [nodes/metrics], verbs [get], or '
        "it is not bound to our service account"
    )


class NotFoundError(ResponseError):
    """No such path on this kubelet."""

    cause = "not_found"
    remedy = (
        "a kubelet before 1.14 or a virtual one has no /metrics/resource: name its path in the "
        "annotation metrics.k8s.io/resource-metrics-path, or skip it with tidegauge.dev/scrape"
    )


class RedirectError(ResponseError):
    """The answer points elsewhere; nothing is followed, as a credential would go with it."""

    cause = "redirect"
    remedy = "find out what answers on the kubelet's port, it is no kubelet"


class StatusError(ResponseError):
    """Any other status than 200."""

    cause = "status"


class BodyTooLargeError(ResponseError):
    """More than any node has to say."""

    cause = "body_too_large"
    remedy = "find out what answers on the kubelet's port and path, this is no list of resources"


class BadHttpError(ResponseError):
    """Not HTTP/1.1 as we know it."""

    cause = "bad_http"
    remedy = "find out what answers on the kubelet's port, it is no kubelet"


class ConnectionLostError(ResponseError):
    """The connection broke before the answer was whole."""

    cause = "connection_lost"
    remedy = "see whether the kubelet restarts, and what stands between it and this pod"


class InternalError(KubeletError):
    """A defect of ours, met while handling this node's answer; its cause is chained."""

    cause = "internal"
    remedy = "please report this with the trace in our log"
