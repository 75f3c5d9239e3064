"""Whether kubelets answer.

One rule for each cause that `kubelet.errors` tells apart: each has a remedy of its own.
"""

from collections.abc import Iterator, Mapping

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import Evidence, known
from tidegauge.doctor.findings import Check, Found, Rule, rule
from tidegauge.doctor.proxying import NoProxyError
from tidegauge.kubelet import errors

_WHY = (
    "The node's usage goes stale after three periods and is then no longer served: its pods are "
    "missing in kubectl top, and HPAs do not scale their workloads down."
)


def _failed(cause: str) -> Check:
    def check(evidence: Evidence) -> Iterator[Found]:
        for node, (seen, problem) in _failures(evidence).items():
            if seen == cause:
                yield Found(subject=f"node {node}", what=_WHAT[cause], evidence=problem)

    return check


def _sentence(remedy: str) -> str:
    """The scraper's errors have it as the end of theirs."""
    return f"{remedy[:1].upper()}{remedy[1:]}."


def _failures(evidence: Evidence) -> Mapping[str, tuple[str, str]]:
    """By node, cause and problem. What the server's log says counts more than what we met: where
    it gets the node's usage all the same, it is only us who could not reach it.
    """
    served = _served(evidence)
    ours = {
        node: (look.cause, look.problem)
        for node, look in evidence.looks.items()
        if look.cause and node not in served
    }
    theirs = evidence.provider.failing if evidence.provider else {}
    return {**ours, **theirs}


def _served(evidence: Evidence) -> set[str]:
    return {one.metadata.name for got in evidence.node_usage.values() for one in known(got)}


_CAUSES: tuple[tuple[str, type[errors.KubeletError], str, str], ...] = (
    (
        "TG301",
        errors.RefusedError,
        "Nobody listens at a kubelet's port",
        "the connection is refused",
    ),
    ("TG302", errors.UnreachableError, "A node's address cannot be reached", "there is no route"),
    (
        "TG303",
        errors.ConnectTimeoutError,
        "A node's address does not answer",
        "connecting times out: packets are dropped on the way, or the node is off",
    ),
    ("TG304", errors.ConnectError, "A node cannot be connected to", "connecting fails"),
    ("TG305", errors.DnsError, "A node's name does not resolve", "its name is not known to DNS"),
    ("TG306", errors.DeadlineError, "A kubelet is slow", "the answer is not there in time"),
    (
        "TG307",
        errors.UnknownAuthorityError,
        "A kubelet's certificate is signed by an unknown authority",
        "its certificate is signed by an authority that is not trusted",
    ),
    (
        "TG308",
        errors.WrongNameError,
        "A kubelet's certificate is for other names",
        "its certificate does not name the address that is asked",
    ),
    (
        "TG309",
        errors.ExpiredError,
        "A kubelet's certificate has expired",
        "its certificate is not valid now",
    ),
    (
        "TG310",
        errors.ClientCertificateError,
        "A kubelet does not take our client certificate",
        "it ends the handshake over our certificate",
    ),
    ("TG311", errors.TlsError, "TLS with a kubelet fails", "the TLS handshake fails"),
    (
        "TG312",
        errors.UnauthorizedError,
        "A kubelet does not know who asks",
        "it answers 401 Unauthorized",
    ),
    ("TG313", errors.ForbiddenError, "A kubelet refuses to tell", "it answers 403 Forbidden"),
    ("TG314", errors.NotFoundError, "A kubelet has no such path", "it answers 404 Not Found"),
    (
        "TG315",
        errors.RedirectError,
        "Something else answers at a kubelet's port",
        "it answers with a redirect",
    ),
    ("TG316", errors.StatusError, "A kubelet answers with an error", "it answers with an error"),
    (
        "TG317",
        errors.BodyTooLargeError,
        "A kubelet's answer is too large",
        "its answer is larger than any node's",
    ),
    ("TG318", errors.BadHttpError, "What answers is no kubelet", "its answer is no HTTP"),
    (
        "TG319",
        errors.ConnectionLostError,
        "The connection to a kubelet breaks",
        "the connection breaks before the answer is whole",
    ),
    (
        "TG321",
        errors.NoSocketError,
        "The metrics server may open too few files",
        "there is no socket left to ask it",
    ),
)

_WHAT = {kind.cause: what for _id, kind, _title, what in _CAUSES}

_SILENT = tuple(
    Rule(id_, Severity.ERROR, title, _WHY, _sentence(kind.remedy), _failed(kind.cause))
    for id_, kind, title, _what in _CAUSES
)


@rule(
    "TG320",
    Severity.INFO,
    "A kubelet answers the metrics server, but not the doctor",
    why="Its usage is served, so nothing is wrong with that; but how fresh and whole its answers "
    "are was not seen.",
    remedy="Run it as a user who may `get` `nodes/proxy`, or in the pod: kubectl -n NAMESPACE exec "
    "deploy/tidegauge -- tidegauge doctor",
)
def not_seen(evidence: Evidence) -> Iterator[Found]:
    served = _served(evidence)
    for node, look in evidence.looks.items():
        if look.cause and (node in served or look.cause == NoProxyError.cause):
            yield Found(subject=f"node {node}", what="it was not seen", evidence=look.problem)


@rule(
    "TG329",
    Severity.WARNING,
    "The metrics server's log tells of trouble with a node",
    why="What it could not use of the node's answer keeps its last usage until that is too old.",
    remedy="The evidence, which is the log's own line, says what to do.",
)
def in_the_log(evidence: Evidence) -> Iterator[Found]:
    theirs = evidence.provider.failing if evidence.provider else {}
    for node, (cause, problem) in theirs.items():
        if cause not in _WHAT:
            yield Found(subject=f"node {node}", what=cause, evidence=problem)


RULES = (*_SILENT, not_seen, in_the_log)
