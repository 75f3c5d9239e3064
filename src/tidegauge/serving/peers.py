"""Client certificates: who they name, and which of our authorities vouches for them.

TLS has one pool of authorities, we have two meanings: a client's own identity, or a front proxy
that speaks for others. TLS verified the chain when the connection was made; each request asks
again which pool it leads to and whether it is still valid, so that a rotated authority and an
expired certificate count at once, also on connections that stay open.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

_REMEMBERED = 1000
"""Chains whose answer a pool remembers: more than connections."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a client's own certificate says. Times are seconds since the epoch."""

    common_name: str
    organizations: tuple[str, ...]
    not_before: float
    not_after: float
    fingerprint: str
    """SHA-256 in hex."""


@lru_cache(maxsize=_REMEMBERED)
def parse_leaf(der: bytes) -> Leaf:
    certificate = _load(der)
    subject = certificate.subject
    names = [str(each.value) for each in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    organizations = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return Leaf(
        common_name=names[-1] if names else "",  # Go's choice where there are several
        organizations=tuple(str(each.value) for each in organizations),
        not_before=certificate.not_valid_before_utc.timestamp(),
        not_after=certificate.not_valid_after_utc.timestamp(),
        fingerprint=hashlib.sha256(der).hexdigest(),
    )


class Pool:
    """Authorities from a PEM bundle. ValueError when there is none in it, or a damaged one."""

    def __init__(self, pem: bytes) -> None:
        self.pem = pem
        self._certificates = x509.load_pem_x509_certificates(pem)
        self.anchors = frozenset(each.public_bytes(Encoding.DER) for each in self._certificates)
        self._answers: dict[bytes, bool] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pool) and other.pem == self.pem

    def __hash__(self) -> int:
        return hash(self.pem)

    def vouches_for(self, chain: tuple[bytes, ...], anchors: frozenset[bytes]) -> bool:
        """Whether the chain leads here, by its own certificate or an intermediate before an anchor.

        `anchors` are those of all pools: behind one of them the chain says nothing of the client,
        since TLS fills it up from its store.
        """
        leaf, *others = chain
        path = [leaf, *takewhile(lambda der: der not in anchors, others)]
        return leaf in self.anchors or any(map(self._signed, path))

    def _signed(self, der: bytes) -> bool:
        if der not in self._answers:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            certificate = _load(der)
            self._answers[der] = any(_issued(certificate, ca) for ca in self._certificates)
        return self._answers[der]


@lru_cache(maxsize=_REMEMBERED)
def _load(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
