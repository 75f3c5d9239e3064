"""Certificates with their keys: made for a Service's names, and judged by what clients accept."""

import datetime as dt
import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tidegauge.security.files import FileError

_DAY = 86_400.0
LEAF_LIFE = 365 * _DAY
RENEW_WHEN_LEFT = 90 * _DAY
"""Long enough that a cluster switched off for a season comes back with a valid certificate."""

_AUTHORITY_LIFE = 10 * LEAF_LIFE
BACKDATED = 3_600.0
"""Clients' clocks may be behind ours."""

_SELF_MADE = re.compile(r".+-ca@\d+")
"""How the authority of a self-made pair is called, by us and by Kubernetes' own servers."""

_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises for certificates and keys that others made, as they are read."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its key, both PEM; the chain's own certificate comes first."""

    certificate: bytes
    key: bytes = field(repr=False)  # a traceback or a log line may show a pair


def service_names(service: str, namespace: str) -> tuple[str, ...]:
    """The names under which a Service is reached, and those of this machine."""
    inner = f"{service}.{namespace}"
    return (
        f"{inner}.svc",
        f"{inner}.svc.cluster.local",
        inner,
        "localhost",
        "127.0.0.1",
        "::1",
    )


def usable(pair: Pair) -> x509.Certificate | None:
    """The pair's own certificate, if the key belongs to it and its issuer, if there, signed it."""
    try:
        chain = x509.load_pem_x509_certificates(pair.certificate)
        key = load_pem_private_key(pair.key, password=None)
        if len(chain) > 1:
            chain[0].verify_directly_issued_by(chain[1])
        return chain[0] if key.public_key() == chain[0].public_key() else None
    except (*_UNREADABLE, InvalidSignature):
        return None


def end_of(pair: Pair, names: Iterable[str], now: float) -> float:
    """When the pair expires; 0 for one that can't be served under these names now.

    One that is not valid yet was made by a clock that was ahead, and would be refused until then.
    """
    leaf = usable(pair)
    if leaf is None or not covers(leaf, names) or leaf.not_valid_before_utc.timestamp() > now:
        return 0.0
    return leaf.not_valid_after_utc.timestamp()


def self_made(certificate: x509.Certificate) -> bool:
    """Whether a server signed it for itself, and nobody's own authority."""
    names = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return any(_SELF_MADE.fullmatch(str(name.value)) for name in names)


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """All of them; none where one can't be read."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except _UNREADABLE:
        return []


def covers(certificate: x509.Certificate, names: Iterable[str]) -> bool:
    """Whether clients that ask for any of these names accept the certificate."""
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (*_UNREADABLE, x509.ExtensionNotFound):
        return False
    return set(map(general_name, names)) <= set(alternative.value)


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def make_authority(now: float, life: float = _AUTHORITY_LIFE) -> Pair:
    """An authority of our own, named after the moment; `life` in seconds."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _common_name(f"tidegauge-ca@{int(now)}")
    certificate = (
        certificate_builder(name, name, key, key, now, life)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return encode_pair([certificate], key)


def make_leaf(authority: Pair, names: Sequence[str], now: float) -> Pair:
    """A serving certificate for these names, followed by its authority's; lives `LEAF_LIFE`."""
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = load_pem_private_key(authority.key, password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise FileError("tidegauge-ca.key is no key of ours; remove tidegauge-ca.* for a new one")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        certificate_builder(
            _common_name(names[0][:64]), issuer.subject, key, issuer_key, now, LEAF_LIFE
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )
    return encode_pair([certificate, issuer], key)


def certificate_builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: float,
    life: float,
) -> x509.CertificateBuilder:
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.fromtimestamp(now - BACKDATED, dt.UTC))
        .not_valid_after(dt.datetime.fromtimestamp(now + life, dt.UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority_key, critical=False)
    )


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def encode_pair(chain: Sequence[x509.Certificate], key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
