"""A certificate authority in memory, for clusters that we make ourselves."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tidegauge.security.certificates import (
    Pair,
    certificate_builder,
    encode_pair,
    general_name,
    key_usage,
)
from tidegauge.units.clock import Clock

LIFE = 365 * 86_400.0
"""Seconds; no cluster in memory lives as long."""


class Authority:
    """Signs what it is asked for. `certificate` is its PEM."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._clock = clock
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _subject(name)
        now = clock.now()
        builder = certificate_builder(self._name, self._name, self._key, self._key, now, LIFE)
        self._certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(signs_certificates=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = encode_pair([self._certificate], self._key).certificate

    def client(self, user: str, groups: Sequence[str] = (), life: float = LIFE) -> Pair:
        """A certificate that names its holder as Kubernetes reads it: CN and O."""
        return self._issue(_subject(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH, (), life)

    def server(self, *names: str, life: float = LIFE) -> Pair:
        """A certificate for a server reached by these host names and addresses.

        A negative life makes one that has expired that many seconds ago.
        """
        subject = _subject(names[0])
        return self._issue(subject, ExtendedKeyUsageOID.SERVER_AUTH, names, life)

    def _issue(
        self, subject: x509.Name, usage: ObjectIdentifier, names: Sequence[str], life: float
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        # One that has expired was valid before, for as long as a certificate is.
        start, length = (0.0, life) if life > 0 else (life - LIFE, LIFE)
        begun = self._clock.now() + start
        builder = (
            certificate_builder(subject, self._name, key, self._key, begun, length)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([general_name(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        return encode_pair([builder.sign(self._key, hashes.SHA256())], key)


def _subject(name: str, groups: Sequence[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, name)])
