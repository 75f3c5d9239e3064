"""The serving certificate we make ourselves when none is given, and the authority that signs it.

The incumbent's own pair names only localhost, so nobody can verify it. Ours names the Service, and
its authority stays in the directory beside it, to be put into the APIService's `caBundle`.
"""

import datetime as dt
import errno
import ipaddress
import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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

from tidegauge.security.files import MAX_BYTES, FileError, replace_file
from tidegauge.units.clock import Clock

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


class SelfMadePair:
    """A pair for `names`, kept in `directory` and made anew in time. Raises FileError.

    Files: `apiserver.crt` and `apiserver.key` (the incumbent's names), `tidegauge-ca.crt` and
    `tidegauge-ca.key`. A pair that is there is used while it is valid and covers the names; one
    that somebody's own authority signed is never overwritten.
    """

    def __init__(self, directory: Path, names: Sequence[str], clock: Clock) -> None:
        self._directory = directory
        self._names = tuple(names)
        self._clock = clock
        self._pair, self._renew_at = self._reuse() or self._make()

    def current(self) -> Pair:
        """The pair to serve with. One that can't be renewed stays in use; FileError says why."""
        if self._clock.now() >= self._renew_at:
            self._pair, self._renew_at = self._make()
        return self._pair

    @property
    def authority(self) -> bytes | None:
        """PEM of the authority for `caBundle`; None when the pair is not of our making.

        That of the pair in use, not of the file beside it, which somebody may have taken away.
        """
        chain = read_certificates(self._pair.certificate)
        ours = len(chain) > 1 and self_made(chain[0])
        return chain[-1].public_bytes(Encoding.PEM) if ours else None

    def _reuse(self) -> tuple[Pair, float] | None:
        pair = _read_pair(self._directory, "apiserver")
        if pair is None:
            return None
        now = self._clock.now()
        renew_at = end_of(pair, self._names, now) - RENEW_WHEN_LEFT
        return (pair, renew_at) if now < renew_at else None

    def _make(self) -> tuple[Pair, float]:
        self._spare_foreign()
        now = self._clock.now()
        authority = self._authority(now)
        pair = make_leaf(authority, self._names, now)
        self._write("apiserver", pair)
        return pair, now + LEAF_LIFE - RENEW_WHEN_LEFT

    def _spare_foreign(self) -> None:
        # A directory such as /etc/kubernetes/pki has the API server's own pair under this name.
        pair = _read_pair(self._directory, "apiserver")
        leaf = usable(pair) if pair else None
        if leaf and not self_made(leaf):
            raise FileError(
                f"{self._directory / 'apiserver.crt'}: signed by {leaf.issuer.rfc4514_string()} "
                f"and not usable for {self._names[0]}, so neither served nor overwritten; give "
                "--cert-dir another directory, or --tls-cert-file and --tls-private-key-file"
            )

    def _authority(self, now: float) -> Pair:
        """The authority of before, as long as it outlives what it signs now."""
        kept = _read_pair(self._directory, "tidegauge-ca")
        certificate = usable(kept) if kept else None
        if kept and certificate and certificate.not_valid_after_utc.timestamp() > now + LEAF_LIFE:
            return kept
        made = make_authority(now)
        self._write("tidegauge-ca", made)
        return made

    def _write(self, stem: str, pair: Pair) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            replace_file(self._directory / f"{stem}.key", pair.key, 0o600)
            replace_file(self._directory / f"{stem}.crt", pair.certificate, 0o644)
        except OSError as error:
            raise FileError(
                f"{self._directory}: can't keep a serving certificate there: {error.strerror}; "
                "give --cert-dir a writable directory, or --tls-cert-file and "
                "--tls-private-key-file"
            ) from error


def _read_pair(directory: Path, stem: str) -> Pair | None:
    try:
        return Pair(_read_own(directory / f"{stem}.crt"), _read_own(directory / f"{stem}.key"))
    except OSError:
        return None


def _read_own(path: Path) -> bytes:
    """Raises OSError, also for what others may have put there to be served or believed: the
    directory is /tmp unless told otherwise.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        ours = status.st_uid in (0, os.geteuid()) and not status.st_mode & stat.S_IWOTH
        if not (ours and stat.S_ISREG(status.st_mode)):
            raise PermissionError(errno.EPERM, "not a file of ours", str(path))
        return file.read(MAX_BYTES)


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
