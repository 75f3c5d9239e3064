"""The TLS context we serve with, whose certificate and client authorities change while we run.

A context can't lose an authority, so a change makes a new one. The listener keeps the outer
context for ever; at each handshake its callback puts the current one in place, which swaps the
certificate and the authorities in one step. There is no timer: whoever connects sees what is
current, and files are read at most every ten seconds (see files.py).
"""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography import x509

from tidegauge.security.certificates import Pair
from tidegauge.security.contexts import load_authorities, load_pair
from tidegauge.security.files import FileError, Inline, Report, WatchedFile, unreported
from tidegauge.units.clock import Clock


class PairSource(Protocol):
    def current(self) -> Pair:
        """The pair to serve with now. FileError when there is none, or the newest can't be used."""


class PairFiles:
    """A pair in two files, as `--tls-cert-file` and `--tls-private-key-file` name them."""

    def __init__(
        self, certificate: Path, key: Path, clock: Clock, report: Report = unreported
    ) -> None:
        self._certificate = WatchedFile(certificate, clock, report=report)
        self._key = WatchedFile(key, clock, report=report)

    def current(self) -> Pair:
        return Pair(self._certificate.content, self._key.content)


@dataclass(frozen=True, slots=True)
class NamedPair:
    """A pair for some server names (`--tls-sni-cert-key`); none means the certificate's own."""

    source: PairSource
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsOptions:
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    ciphers: str | None = None
    """In OpenSSL's words, for TLS 1.2; None means its own choice."""


@dataclass(frozen=True, slots=True)
class _Material:
    pairs: tuple[Pair, ...]
    authorities: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Current:
    default: ssl.SSLContext
    named: Mapping[str, ssl.SSLContext] = field(default_factory=dict)

    def pick(self, name: str | None) -> ssl.SSLContext:
        if not name or not self.named:
            return self.default
        name = name.lower().rstrip(".")
        wildcard = "*." + name.partition(".")[2]
        return self.named.get(name) or self.named.get(wildcard) or self.default


class ServingContext:
    """`outer` is for the listener. Raises FileError when the first pair can't be used.

    `authorities` gives the PEM bundles that may sign clients' certificates, as of now.
    """

    def __init__(
        self,
        pair: PairSource,
        authorities: Callable[[], Sequence[bytes]],
        *,
        named: Sequence[NamedPair] = (),
        options: TlsOptions | None = None,
        report: Report = unreported,
    ) -> None:
        self._sources = (pair, *(each.source for each in named))
        self._names = [each.names for each in named]
        self._authorities = authorities
        self._options = options or TlsOptions()
        self._report = report
        self._material = self._read()
        self._current = self._make(self._material)
        self.outer = _server_context(self._options)
        self.outer.sni_callback = self._swap

    def _swap(self, peer: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """Called in each handshake, also when the client names no server."""
        self._renew()
        peer.context = self._current.pick(name)

    def _renew(self) -> None:
        """Keep the last good context when what is new can't be used, and say so on change."""
        try:
            material = self._read()
            if material == self._material:
                return
            self._current = self._make(material)
        except FileError as error:
            self._report("serving TLS", str(error))
            return
        self._material = material
        self._report("serving TLS", None)

    def _read(self) -> _Material:
        return _Material(
            tuple(source.current() for source in self._sources), tuple(self._authorities())
        )

    def _make(self, material: _Material) -> _Current:
        default, *others = (self._context(pair, material.authorities) for pair in material.pairs)
        named: dict[str, ssl.SSLContext] = {}
        for pair, names, context in zip(material.pairs[1:], self._names, others, strict=True):
            for name in names or _certificate_names(pair.certificate):
                named.setdefault(name.lower(), context)
        return _Current(default, named)

    def _context(self, pair: Pair, authorities: Sequence[bytes]) -> ssl.SSLContext:
        context = _server_context(self._options)
        load_pair(
            context,
            Inline("the serving certificate", pair.certificate),
            Inline("the serving key", pair.key),
        )
        for bundle in authorities:
            load_authorities(context, Inline("the client authorities", bundle))
        return context


def _server_context(options: TlsOptions) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = options.minimum
    if options.ciphers:
        context.set_ciphers(options.ciphers)
    context.set_alpn_protocols(["http/1.1"])
    # Probes bring no certificate. One that is brought must verify: unlike Go, OpenSSL ends the
    # handshake for one that does not.
    context.verify_mode = ssl.CERT_OPTIONAL
    # As in Go: many clusters' authorities have no key identifier, and need not be self-signed.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    # A resumed session would bring an identity that was verified against authorities of before.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


def _certificate_names(pem: bytes) -> list[str]:
    certificate = x509.load_pem_x509_certificate(pem)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)


_VERSIONS = {"VersionTLS12": ssl.TLSVersion.TLSv1_2, "VersionTLS13": ssl.TLSVersion.TLSv1_3}


def parse_minimum_version(name: str) -> ssl.TLSVersion:
    """`--tls-min-version`, in Go's names; empty means 1.2. Raises ValueError."""
    if not name:
        return ssl.TLSVersion.TLSv1_2
    if name in ("VersionTLS10", "VersionTLS11"):
        raise ValueError(f"{name} is broken and not served; use VersionTLS12 or VersionTLS13")
    if name not in _VERSIONS:
        raise ValueError(f"unknown TLS version {name!r}; use VersionTLS12 or VersionTLS13")
    return _VERSIONS[name]


_CIPHERS = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA": "AES256-SHA",
}
"""What both Go and OpenSSL have for TLS 1.2, less the suites that are broken."""

_ALWAYS_ON = frozenset(
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
)
"""TLS 1.3's suites: accepted in the list and, as in Go, always served."""


def parse_ciphers(names: Sequence[str]) -> str | None:
    """`--tls-cipher-suites`, in Go's names, as OpenSSL's list. Raises ValueError naming the bad."""
    unknown = [name for name in names if name not in _CIPHERS and name not in _ALWAYS_ON]
    if unknown:
        raise ValueError(
            f"cipher suites not served: {', '.join(unknown)}; use {', '.join(sorted(_CIPHERS))}"
        )
    return ":".join(dict.fromkeys(_CIPHERS[name] for name in names if name in _CIPHERS)) or None
