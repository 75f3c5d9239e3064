"""Flags of the incumbent that do nothing here, and those refused because they promise safety."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retired:
    why: str
    names: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()


DEAD = (
    Retired(
        "only HTTP/1.1 is served",
        ("http2-max-streams-per-connection", "goaway-chance"),
        ("disable-http2-serving",),
    ),
    Retired(
        "there are no profiling endpoints",
        ("debug-socket-path",),
        ("profiling", "contention-profiling"),
    ),
    Retired(
        "requests in flight are counted as one, see --max-requests-inflight",
        ("max-mutating-requests-inflight",),
        ("enable-priority-and-fairness",),
    ),
    Retired(
        "there are no feature gates and no versions to emulate",
        ("feature-gates", "emulated-version", "min-compatibility-version"),
        ("emulation-forward-compatible", "runtime-config-emulation-forward-compatible"),
    ),
    Retired("nothing is stored in etcd", ("storage-initialization-timeout",)),
    Retired(
        "nothing can be watched here",
        ("min-request-timeout", "shutdown-watch-termination-grace-period"),
    ),
    Retired(
        "liveness does not wait for anything, and connections are drained at shutdown anyway",
        ("livez-grace-period",),
        ("shutdown-send-retry-after",),
    ),
    Retired(
        "no answer carries our own address",
        ("advertise-address", "external-hostname"),
    ),
    Retired(
        "an address is always free again at once after a restart",
        (),
        ("permit-address-sharing",),
    ),
    Retired(
        "logs are written to standard error as they come, see --logging-format and --v",
        (
            "log-flush-frequency",
            "log-json-info-buffer-size",
            "log-text-info-buffer-size",
            "vmodule",
        ),
        ("log-json-split-stream", "log-text-split-stream"),
    ),
)
"""Accepted with a warning: what they are about does not exist, so nothing is lost."""

_AUDIT_NAMES = (
    "audit-log-batch-buffer-size audit-log-batch-max-size audit-log-batch-max-wait "
    "audit-log-batch-throttle-burst audit-log-batch-throttle-qps audit-log-format audit-log-maxage "
    "audit-log-maxbackup audit-log-maxsize audit-log-mode audit-log-path "
    "audit-log-truncate-max-batch-size audit-log-truncate-max-event-size audit-log-version "
    "audit-policy-file audit-webhook-batch-buffer-size audit-webhook-batch-max-size "
    "audit-webhook-batch-max-wait audit-webhook-batch-throttle-burst "
    "audit-webhook-batch-throttle-qps audit-webhook-config-file audit-webhook-initial-backoff "
    "audit-webhook-mode audit-webhook-truncate-max-batch-size "
    "audit-webhook-truncate-max-event-size audit-webhook-version"
)
_AUDIT_SWITCHES = (
    "audit-log-batch-throttle-enable audit-log-compress audit-log-truncate-enabled "
    "audit-webhook-batch-throttle-enable audit-webhook-truncate-enabled"
)

REFUSED = (
    Retired(
        "no audit log is written: let kube-apiserver, through which requests come, audit "
        "metrics.k8s.io, and remove the flag",
        tuple(_AUDIT_NAMES.split()),
        tuple(_AUDIT_SWITCHES.split()),
    ),
    Retired(
        "no CORS headers are sent: have a proxy in front send them, and remove the flag",
        ("cors-allowed-origins",),
    ),
    Retired(
        "no HSTS header is sent: have a proxy in front send it, and remove the flag",
        ("strict-transport-security-directives",),
    ),
    Retired(
        "key exchange cannot be chosen: OpenSSL's own order of groups is used; remove the flag",
        ("tls-curve-preferences",),
    ),
)
"""Errors: whoever gives them counts on protection that would not be there."""


def _reasons(retired: tuple[Retired, ...]) -> dict[str, str]:
    return {name: group.why for group in retired for name in (*group.names, *group.switches)}


WHY_DEAD = _reasons(DEAD)
WHY_REFUSED = _reasons(REFUSED)

TAKES_VALUE = {
    name: name in group.names
    for group in (*DEAD, *REFUSED)
    for name in (*group.names, *group.switches)
}
