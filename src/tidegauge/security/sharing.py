"""The pair that replicas share, and what is next to be done with it. No I/O.

    what is there                          what is done
    no pair that can be served             the coming one takes its place, or a new one is made
    a pair that ends in a season           a coming one is made, and its authority published
    a coming one, published long enough    it takes the pair's place

An authority signs one certificate and its key is forgotten, so nobody can ever sign another: each
renewal brings an authority of its own. The bundle keeps the one of before until it expires, and by
then nothing can be served under it; a replica that was cut off for weeks is still believed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tidegauge.security.certificates import (
    BACKDATED,
    LEAF_LIFE,
    RENEW_WHEN_LEFT,
    Pair,
    end_of,
    make_authority,
    make_leaf,
    read_certificates,
    self_made,
)

PUBLISHED_FOR = 600.0
"""Seconds between publishing an authority and serving under it: kube-apiservers read an APIService
at once, Prometheus a mounted or watched Secret within some minutes."""

LAST_CALL = 3_600.0
"""Seconds before its end from which on a pair is replaced though not all were told of the other:
an APIService that can't be written must not make everybody meet an expired certificate.
"""

MOST_AUTHORITIES = 8
"""In the bundle, the newest ones: two releases that fight over one Secret must not fill it."""

_NONE = Pair(b"", b"")
_FIELDS = ("tls.crt", "tls.key", "next.crt", "next.key", "ca.crt")


@dataclass(frozen=True, slots=True)
class Shared:
    """What the Secret holds. `bundle` is PEM: all authorities that are to be believed."""

    pair: Pair | None = None
    coming: Pair | None = None
    bundle: bytes = b""


def from_secret(data: Mapping[str, bytes]) -> Shared:
    """What a Secret's data says; what is missing or empty there is none."""
    certificate, key, next_certificate, next_key, bundle = (data.get(name, b"") for name in _FIELDS)
    return Shared(
        Pair(certificate, key) if certificate and key else None,
        Pair(next_certificate, next_key) if next_certificate and next_key else None,
        bundle,
    )


def stranger(data: Mapping[str, bytes]) -> str | None:
    """Who signed the certificate in a Secret, where it was nobody's self-made authority."""
    chain = read_certificates(data.get("tls.crt", b""))
    return chain[0].issuer.rfc4514_string() if chain and not self_made(chain[0]) else None


def to_secret(shared: Shared) -> dict[str, bytes | None]:
    """The data to write; None for what must not be there."""
    pair, coming = shared.pair or _NONE, shared.coming or _NONE
    values = (pair.certificate, pair.key, coming.certificate, coming.key, shared.bundle)
    return {name: value or None for name, value in zip(_FIELDS, values, strict=True)}


def make_pair(names: Sequence[str], now: float) -> Pair:
    """A serving pair for these names, whose authority nobody has the key of."""
    return make_leaf(make_authority(now, LEAF_LIFE), names, now)


def advanced(shared: Shared, names: Sequence[str], now: float, *, published: bool) -> Shared:
    """What is to be shared from now on; equal to `shared` when nothing is to be done.

    `now` is wall seconds. `published` says that whoever verifies us has the bundle as it is.
    """
    coming = shared.coming if _end(shared.coming, names, now) > now else None
    pair, end = shared.pair, _end(shared.pair, names, now)
    if end <= now:
        pair, coming = coming or make_pair(names, now), None
    elif end - now <= RENEW_WHEN_LEFT:
        coming = coming or make_pair(names, now)
        told = published or end - now <= LAST_CALL
        if told and _age(coming, now) >= PUBLISHED_FOR:
            pair, coming = coming, None
    return _with_bundle(replace(shared, pair=pair, coming=coming), now)


def _end(pair: Pair | None, names: Sequence[str], now: float) -> float:
    return end_of(pair, names, now) if pair else 0.0


def _age(pair: Pair, now: float) -> float:
    leaf = x509.load_pem_x509_certificate(pair.certificate)
    return now - BACKDATED - leaf.not_valid_before_utc.timestamp()


def _with_bundle(shared: Shared, now: float) -> Shared:
    """The authorities of both pairs, and those of before that have not expired."""
    # Those of a bundle that can't be read are lost; those in use are published anew.
    chains = [read_certificates(each.certificate) for each in (shared.coming, shared.pair) if each]
    known = [chain[-1] for chain in chains] + read_certificates(shared.bundle)
    valid = (each for each in dict.fromkeys(known) if each.not_valid_after_utc.timestamp() > now)
    return replace(shared, bundle=_pem(islice(valid, MOST_AUTHORITIES)))


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)
