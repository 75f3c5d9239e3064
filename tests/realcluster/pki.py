"""Certificate authorities, certificates and kubeconfigs for clusters of one test run."""

import datetime as dt
import ipaddress
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Validity(NamedTuple):
    """When a certificate begins and ends to be valid, counted from now."""

    start: dt.timedelta
    end: dt.timedelta


# Valid from a little ago, so within its first second too, and for longer than any run.
ALWAYS = Validity(dt.timedelta(hours=-1), dt.timedelta(days=2))
EXPIRED = Validity(dt.timedelta(days=-2), dt.timedelta(hours=-1))
NOT_YET = Validity(dt.timedelta(days=1), dt.timedelta(days=2))


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write `name`.crt and `name`.key, each replaced in one step, and return their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        return (
            replace_file(folder / f"{name}.crt", self.certificate),
            replace_file(folder / f"{name}.key", self.key, mode=0o600),
        )


class Authority:
    """A certificate authority with its own key.

    Two authorities of one name are different ones: the name says nothing about the key.
    """

    def __init__(self, name: str) -> None:
        self._name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            _builder(self._name, self._name, self._key.public_key(), ALWAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(_key_identifier(self._key), critical=False)
        )
        self._certificate = builder.sign(self._key, hashes.SHA256())
        self.certificate = _pem(self._certificate)

    def client(self, user: str, groups: Sequence[str] = (), validity: Validity = ALWAYS) -> Pair:
        """A certificate that says who its holder is, as Kubernetes reads it (CN, O)."""
        return self.issue(user, groups, usages=[ExtendedKeyUsageOID.CLIENT_AUTH], validity=validity)

    def server(self, *names: str, validity: Validity = ALWAYS) -> Pair:
        """A certificate for a server reached under `names`: DNS names and IP addresses."""
        usages = [ExtendedKeyUsageOID.SERVER_AUTH]
        return self.issue(names[0], names=names, usages=usages, validity=validity)

    def issue(
        self,
        common_name: str,
        organizations: Sequence[str] = (),
        *,
        names: Iterable[str] = (),
        usages: Sequence[x509.ObjectIdentifier] = (),
        validity: Validity = ALWAYS,
    ) -> Pair:
        """Any leaf certificate, valid ones and, by `validity`, expired or future ones."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(common_name, organizations)
        builder = (
            _builder(subject, self._name, key.public_key(), validity)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(_key_identifier(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        alternatives = [_alternative(name) for name in names]
        if alternatives:
            extension = x509.SubjectAlternativeName(alternatives)
            builder = builder.add_extension(extension, critical=False)
        return Pair(_pem(builder.sign(self._key, hashes.SHA256())), private_pem(key))


def signing_pair() -> tuple[bytes, bytes]:
    """A key for service-account tokens: private and public PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private_pem(key), public


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS #8, unencrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def kubeconfig(server: str, authority: bytes, user: Mapping[str, Any]) -> bytes:
    """A kubeconfig with one context; JSON, which is YAML. `user` is as in the file format."""
    cluster = {"server": server, "certificate-authority-data": b64(authority)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "user", "user": dict(user)}],
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "current-context": "context",
    }
    return json.dumps(document, indent=1).encode()


def certificate_user(pair: Pair) -> dict[str, str]:
    """The `user` of a kubeconfig that holds a client certificate inline."""
    return {"client-certificate-data": b64(pair.certificate), "client-key-data": b64(pair.key)}


def b64(data: bytes) -> str:
    """Base64 as JSON wants it."""
    return b64encode(data).decode()


def replace_file(path: Path, data: bytes, mode: int = 0o644) -> Path:
    """Write a file in one step, so that whoever watches it never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.touch(mode=mode)
    unfinished.write_bytes(data)
    return unfinished.replace(path)


def _name(common_name: str, organizations: Sequence[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in organizations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    validity: Validity,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + validity.start)
        .not_valid_after(now + validity.end)
    )


def _key_identifier(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
