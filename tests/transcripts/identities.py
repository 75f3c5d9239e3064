"""The identities of the transcripts, as TLS client contexts of a control plane's authorities."""

import ssl

from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.realcluster import pki
from tests.realcluster.client import client_context
from tests.realcluster.controlplane import ControlPlane

_MASTERS = ["system:masters"]

_BARE = ("anonymous", "reader-token", "bad-token", "empty-token", "basic")
"""They show no certificate."""


def contexts(plane: ControlPlane) -> dict[str, ssl.SSLContext]:
    """What each identity shows to servers whose own certificate the cluster's CA signed."""
    trusted = plane.authority.certificate
    shown = {name: client_context(trusted) for name in _BARE}
    return shown | {name: client_context(trusted, pair) for name, pair in _pairs(plane).items()}


def _pairs(plane: ControlPlane) -> dict[str, pki.Pair]:
    clients, proxies = plane.authority, plane.proxy_authority
    foreign = pki.Authority("foreign-ca").client("admin", _MASTERS)
    people = {name: clients.client(name) for name in ("reader", "auditor", "nobody")}
    return people | {
        "admin": clients.client("admin", _MASTERS),
        "expired-cert": clients.client("admin", _MASTERS, pki.EXPIRED),
        "not-yet-cert": clients.client("admin", _MASTERS, pki.NOT_YET),
        "server-only-cert": clients.issue(
            "admin", _MASTERS, usages=[ExtendedKeyUsageOID.SERVER_AUTH]
        ),
        "foreign-cert": foreign,
        "foreign-cert-with-token": foreign,
        "front-proxy": plane.proxy_pair(),
        "front-proxy-none": plane.proxy_pair(),
        "front-proxy-wrong-name": proxies.client("someone-else"),
    }
