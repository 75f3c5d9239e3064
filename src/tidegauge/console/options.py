"""Every flag that does something, declared once: name, kind, default, bounds, meaning.

A flag's name is its field's, with dashes. The defaults are the arguments that the incumbent's
manifests give, so that its Deployment works with them and without.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from tidegauge.console.declaring import Flag, declare
from tidegauge.console.kinds import (
    DURATION,
    FILE,
    FILES,
    HOST_PORT,
    INTEGER,
    IP,
    SELECTOR,
    SNI_PAIR,
    SWITCH,
    TEXT,
    WORDS,
    HostPort,
    SniPair,
)
from tidegauge.units.selectors import LabelSelector

_ALL_NODES = LabelSelector()

_MOMENT = 0.001
"""The shortest of spans that must not be nothing; shorter ones can only be slips."""


@dataclass(frozen=True, kw_only=True)
class General:
    title: ClassVar = "General"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False
    version: Annotated[bool, Flag(SWITCH, "Show the version and exit.")] = False
    kubeconfig: Annotated[
        str,
        Flag(
            FILE,
            "Kubeconfig for the API server; its authority and credentials serve for kubelets too.",
            default="the service account of the pod",
        ),
    ] = ""


@dataclass(frozen=True, kw_only=True)
class Collecting:
    title: ClassVar = "Collecting"

    metric_resolution: Annotated[
        float,
        Flag(
            DURATION,
            "How often each node is asked. Kubelets measure about every 10s, so a shorter period "
            "finds news sooner but not more often.",
            at_least=1,
        ),
    ] = 15.0
    node_selector: Annotated[
        LabelSelector,
        Flag(
            SELECTOR,
            "Label selector of the nodes to ask, with all of its operators: =, !=, in, notin, "
            "exists, !, <, >.",
            short="l",
            default="all nodes",
        ),
    ] = _ALL_NODES
    stale_after_periods: Annotated[
        int,
        Flag(
            INTEGER,
            "After how many periods without an answer a node's usage is no longer served.",
            at_least=1,
        ),
    ] = 3
    stale_unmoved: Annotated[
        float,
        Flag(
            DURATION,
            "After how long a usage is no longer served whose time stamp stands still although its "
            "node answers.",
            at_least=1,
        ),
    ] = 600.0
    ready_without_data_after: Annotated[
        float,
        Flag(
            DURATION,
            "How long after start-up readiness waits for the first data at the longest.",
            at_least=0,
        ),
    ] = 300.0


@dataclass(frozen=True, kw_only=True)
class Kubelets:
    title: ClassVar = "Kubelets"

    kubelet_port: Annotated[
        int, Flag(INTEGER, "Port of the kubelets.", at_least=1, at_most=65535)
    ] = 10250
    kubelet_use_node_status_port: Annotated[
        bool, Flag(SWITCH, "Prefer the port in a node's status, where one is set.")
    ] = True
    kubelet_preferred_address_types: Annotated[
        tuple[str, ...],
        Flag(
            WORDS,
            "Which addresses of a node to dial, best first; the next is tried when connecting "
            "fails.",
            choices=("Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"),
        ),
    ] = ("InternalIP", "ExternalIP", "Hostname")
    kubelet_request_timeout: Annotated[
        float | None,
        Flag(
            DURATION,
            "How long a node may take to answer; at most 0.9 of the period.",
            at_least=_MOMENT,
            default="10s or 0.9 of the period, whichever is less",
        ),
    ] = None
    kubelet_gzip: Annotated[
        bool,
        Flag(SWITCH, "Ask for compressed answers: a third more CPU for a sixth of the bytes."),
    ] = False
    kubelet_certificate_authority: Annotated[
        tuple[str, ...],
        Flag(
            FILES,
            "File of the authorities that sign kubelets' certificates; repeat it for several.",
            default="the API server's authority",
        ),
    ] = ()
    kubelet_verify_node_name: Annotated[
        bool,
        Flag(
            SWITCH,
            "Expect the node's name in its certificate instead of the address that was dialled.",
        ),
    ] = False
    kubelet_client_certificate: Annotated[
        str, Flag(FILE, "Client certificate to show to kubelets.")
    ] = ""
    kubelet_client_key: Annotated[str, Flag(FILE, "Key of that certificate.")] = ""
    kubelet_insecure_tls: Annotated[
        bool,
        Flag(
            SWITCH,
            "Trust any certificate of a kubelet. Our token is sent all the same: whoever answers "
            "in a kubelet's place has it. For tests only.",
        ),
    ] = False
    deprecated_kubelet_completely_insecure: Annotated[
        bool, Flag(SWITCH, "Ask kubelets over plain HTTP and send no credentials.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class Serving:
    title: ClassVar = "Serving"

    secure_port: Annotated[
        int, Flag(INTEGER, "Port to serve HTTPS on.", at_least=1, at_most=65535)
    ] = 10250
    bind_address: Annotated[
        str,
        Flag(IP, "Address to listen on; 0.0.0.0 and :: mean all of both families."),
    ] = "0.0.0.0"  # noqa: S104  # a server in a pod is for others
    permit_port_sharing: Annotated[
        bool, Flag(SWITCH, "Let several processes listen on the same port (SO_REUSEPORT).")
    ] = False
    metrics_bind_address: Annotated[
        HostPort | None,
        Flag(
            HOST_PORT,
            "Serve /metrics over plain HTTP there too, to whoever asks.",
            default="off",
        ),
    ] = None
    service_name: Annotated[
        str, Flag(TEXT, "Service whose names the self-made certificate carries.")
    ] = "metrics-server"
    service_namespace: Annotated[str, Flag(TEXT, "Namespace of that Service.")] = "kube-system"
    cert_dir: Annotated[
        str, Flag(TEXT, "Where the self-made certificate is kept; not used with --tls-cert-file.")
    ] = "/tmp"  # noqa: S108  # as in the incumbent's manifests, where it is a volume of the pod
    cert_secret: Annotated[
        str,
        Flag(
            TEXT,
            "Secret in the Service's namespace in which replicas share the self-made certificate, "
            "instead of --cert-dir. It must be there, and may be empty; we must be allowed to get "
            "and patch it.",
            default="not shared",
        ),
    ] = ""
    inject_ca_bundle: Annotated[
        tuple[str, ...],
        Flag(
            WORDS,
            "APIServices in whose caBundle the authority of the serving certificate is put and "
            "kept, such as v1.metrics.k8s.io; we must be allowed to get and patch them.",
        ),
    ] = ()
    inject_ca_bundle_file: Annotated[
        str,
        Flag(
            FILE,
            "That authority, where the certificate is given by --tls-cert-file; reloaded when it "
            "changes.",
            default="the self-made one",
        ),
    ] = ""
    tls_cert_file: Annotated[
        str,
        Flag(
            FILE,
            "Certificate to serve with, followed by its intermediates; reloaded when it changes.",
            default="a self-made one",
        ),
    ] = ""
    tls_private_key_file: Annotated[str, Flag(FILE, "Key of that certificate.")] = ""
    tls_sni_cert_key: Annotated[
        tuple[SniPair, ...],
        Flag(
            SNI_PAIR,
            "Another certificate and its key, for clients that ask for one of its names or of "
            "those after a colon (cert,key:name,*.name); repeat it for several.",
        ),
    ] = ()
    tls_min_version: Annotated[
        str, Flag(TEXT, "VersionTLS12 or VersionTLS13.", default="VersionTLS12")
    ] = ""
    tls_cipher_suites: Annotated[
        tuple[str, ...],
        Flag(WORDS, "Cipher suites for TLS 1.2, in Go's names.", default="OpenSSL's choice"),
    ] = ()


@dataclass(frozen=True, kw_only=True)
class Authentication:
    title: ClassVar = "Authentication"

    authentication_kubeconfig: Annotated[
        str,
        Flag(
            FILE,
            "Kubeconfig for reviewing tokens and reading the authentication ConfigMap.",
            default="as --kubeconfig",
        ),
    ] = ""
    authentication_skip_lookup: Annotated[
        bool,
        Flag(
            SWITCH,
            "Do not read ConfigMap kube-system/extension-apiserver-authentication; only the flags "
            "below count.",
        ),
    ] = False
    authentication_tolerate_lookup_failure: Annotated[
        bool,
        Flag(
            SWITCH,
            "Be ready even while that ConfigMap cannot be read; who would be known by it is "
            "anonymous.",
        ),
    ] = False
    authentication_token_webhook_cache_ttl: Annotated[
        float, Flag(DURATION, "How long the answer about a token is remembered.", at_least=0)
    ] = 10.0
    client_ca_file: Annotated[
        str,
        Flag(FILE, "Authorities whose client certificates are believed.", default="the ConfigMap"),
    ] = ""
    requestheader_client_ca_file: Annotated[
        str,
        Flag(
            FILE,
            "Authorities of front proxies, which may say for whom they ask.",
            default="the ConfigMap",
        ),
    ] = ""
    requestheader_allowed_names: Annotated[
        tuple[str, ...],
        Flag(WORDS, "Common names that front proxies may have; none means any."),
    ] = ()
    requestheader_username_headers: Annotated[
        tuple[str, ...], Flag(WORDS, "Headers in which front proxies name the user.")
    ] = ("x-remote-user",)
    requestheader_uid_headers: Annotated[
        tuple[str, ...], Flag(WORDS, "Headers in which they give the user's UID.")
    ] = ()
    requestheader_group_headers: Annotated[
        tuple[str, ...], Flag(WORDS, "Headers in which they list the user's groups.")
    ] = ("x-remote-group",)
    requestheader_extra_headers_prefix: Annotated[
        tuple[str, ...], Flag(WORDS, "Prefixes of headers with further attributes of the user.")
    ] = ("x-remote-extra-",)


@dataclass(frozen=True, kw_only=True)
class Authorization:
    title: ClassVar = "Authorization"

    authorization_kubeconfig: Annotated[
        str, Flag(FILE, "Kubeconfig for reviewing access.", default="as --kubeconfig")
    ] = ""
    authorization_always_allow_paths: Annotated[
        tuple[str, ...],
        Flag(
            WORDS,
            "Paths that anyone may read; one that ends in * is a prefix. Whoever sets it must "
            "repeat the health paths, or probes need the API server.",
        ),
    ] = ("/healthz", "/readyz", "/livez")
    authorization_webhook_cache_authorized_ttl: Annotated[
        float,
        Flag(
            DURATION,
            "How long a yes is remembered; five minutes more while the API server can't be asked.",
            at_least=0,
        ),
    ] = 10.0
    authorization_webhook_cache_unauthorized_ttl: Annotated[
        float, Flag(DURATION, "How long a no is remembered.", at_least=0)
    ] = 10.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    title: ClassVar = "Limits"

    max_requests_inflight: Annotated[
        int,
        Flag(
            INTEGER,
            "How many requests are answered at once; more get 429. 0 means no limit.",
            at_least=0,
        ),
    ] = 400
    request_timeout: Annotated[
        float, Flag(DURATION, "How long answering a request may take.", at_least=_MOMENT)
    ] = 60.0
    shutdown_delay_duration: Annotated[
        float,
        Flag(
            DURATION,
            "How long to go on serving after SIGTERM, with readiness red, before draining.",
            at_least=0,
        ),
    ] = 0.0


@dataclass(frozen=True, kw_only=True)
class Logging:
    title: ClassVar = "Logging"

    logging_format: Annotated[
        str, Flag(TEXT, "json, or text for people.", choices=("json", "text"))
    ] = "json"
    v: Annotated[
        int, Flag(INTEGER, "Verbosity; from 4 on debug lines appear.", short="v", at_least=0)
    ] = 0


DEFAULT_REQUEST_TIMEOUT = 10.0
"""The incumbent's default, from 12 s of period on."""

TIMEOUT_SHARE = 0.9
"""By the incumbent's rule: what is left of the period is for storing."""

SECTIONS = (General, Collecting, Kubelets, Serving, Authentication, Authorization, Limits, Logging)


@dataclass(frozen=True, kw_only=True)
class Options(
    Logging, Limits, Authorization, Authentication, Serving, Kubelets, Collecting, General
):
    """What the flags say. Durations are seconds; files are paths, empty where not given."""

    @property
    def scrape_timeout(self) -> float:
        """How long a node may take to answer, which follows the period unless it was given."""
        if self.kubelet_request_timeout is not None:
            return self.kubelet_request_timeout
        return min(DEFAULT_REQUEST_TIMEOUT, self.metric_resolution * TIMEOUT_SHARE)


FLAGS = declare(SECTIONS)
"""All flags that do something, in the order of `--help`."""
