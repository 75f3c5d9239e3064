"""From flags to identities: the API server, the kubelets, and who may ask us."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from os import environ
from pathlib import Path

from tidegauge.cluster.access import Access, in_cluster
from tidegauge.cluster.client import Client
from tidegauge.cluster.credentials import Credentials
from tidegauge.cluster.kubeconfig import load_kubeconfig
from tidegauge.console.options import Options
from tidegauge.kubelet.addressing import AddressRules
from tidegauge.kubelet.transport import KubeletTransport
from tidegauge.security.contexts import ClientContexts, ClientTrust
from tidegauge.security.files import Report, WatchedFile
from tidegauge.security.serving_context import (
    NamedPair,
    PairFiles,
    PairSource,
    ServingContext,
    TlsOptions,
    parse_ciphers,
    parse_minimum_version,
)
from tidegauge.serving.trust import FrontProxyFlags, LiveTrust
from tidegauge.units.clock import Clock


def api_access(kubeconfig: str) -> Access:
    """The identity in that file, or without one the pod's. Raises KubeconfigError."""
    return load_kubeconfig([Path(kubeconfig)]) if kubeconfig else in_cluster(environ)


@dataclass(frozen=True, slots=True)
class Clients:
    """The API server as whom we collect, review tokens, and review access: one client or three."""

    api: Client
    authentication: Client
    authorization: Client

    @classmethod
    async def open(
        cls, options: Options, stack: AsyncExitStack, clock: Clock, report: Report
    ) -> "Clients":
        """Clients that live as long as the stack. Raises KubeconfigError and CredentialError."""
        opened: dict[str, Client] = {}
        for path in (
            options.kubeconfig,
            options.authentication_kubeconfig,
            options.authorization_kubeconfig,
        ):
            if path not in opened and (path or not opened):
                client = Client(api_access(path), clock, report=report)
                opened[path] = await stack.enter_async_context(client)
        api = opened[options.kubeconfig]
        return cls(
            api,
            opened.get(options.authentication_kubeconfig, api),
            opened.get(options.authorization_kubeconfig, api),
        )


def address_rules(options: Options) -> AddressRules:
    """Where and under which name kubelets are asked."""
    return AddressRules(
        types=options.kubelet_preferred_address_types,
        port=options.kubelet_port,
        use_status_port=options.kubelet_use_node_status_port,
        verify_node_name=options.kubelet_verify_node_name,
    )


def kubelet_transport(
    options: Options, credentials: Credentials, clock: Clock, report: Report
) -> KubeletTransport:
    """Every mode of trust that the flags offer. Raises FileError."""
    if options.deprecated_kubelet_completely_insecure:
        return KubeletTransport(None, clock, gzip=options.kubelet_gzip)
    contexts = ClientContexts(_kubelet_trust(options, credentials.trust), clock, report)
    return KubeletTransport(contexts, clock, bearer=credentials.bearer, gzip=options.kubelet_gzip)


def _kubelet_trust(options: Options, trust: ClientTrust) -> ClientTrust:
    """The API server's authority and our identity there, unless flags say otherwise."""
    if options.kubelet_certificate_authority:
        files = tuple(map(Path, options.kubelet_certificate_authority))
        trust = replace(trust, authorities=files, verify=True)
    if options.kubelet_insecure_tls:
        trust = replace(trust, authorities=(), verify=False)
    if options.kubelet_client_certificate:
        certificate, key = options.kubelet_client_certificate, options.kubelet_client_key
        trust = replace(trust, certificate=Path(certificate), key=Path(key))
    return trust


def live_trust(options: Options, clock: Clock, report: Report) -> LiveTrust:
    """Whose client certificates count. Raises FileError and TrustError."""
    clients, proxies = options.client_ca_file, options.requestheader_client_ca_file
    front_proxy = (
        FrontProxyFlags(
            authorities=WatchedFile(Path(proxies), clock, report=report),
            allowed_names=options.requestheader_allowed_names,
            username_headers=options.requestheader_username_headers,
            uid_headers=options.requestheader_uid_headers,
            group_headers=options.requestheader_group_headers,
            extra_prefixes=options.requestheader_extra_headers_prefix,
        )
        if proxies
        else None
    )
    return LiveTrust(
        WatchedFile(Path(clients), clock, report=report) if clients else None,
        front_proxy,
        lookup=not options.authentication_skip_lookup,
        report=report,
    )


def serving_context(
    options: Options, pair: PairSource, trust: LiveTrust, clock: Clock, report: Report
) -> ServingContext:
    """The certificates we serve with and the authorities of clients. Raises FileError."""
    named = [
        NamedPair(PairFiles(Path(sni.certificate), Path(sni.key), clock, report), sni.names)
        for sni in options.tls_sni_cert_key
    ]
    minimum = parse_minimum_version(options.tls_min_version)
    tls = TlsOptions(minimum, parse_ciphers(options.tls_cipher_suites))
    return ServingContext(pair, trust.bundles, named=named, options=tls, report=report)
