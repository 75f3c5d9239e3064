"""What a kubelet's certificate says, when we did not accept it.

OpenSSL hands out no certificate that it refused, so it is looked at in one more handshake in which
anybody is accepted and nothing is said.
"""

import asyncio
import contextlib
from dataclasses import dataclass

from cryptography import x509

from tidegauge.kubelet.connection import Connection, dial, wrap
from tidegauge.security.contexts import client_context

LOOK_SECONDS = 3.0
"""A handshake takes milliseconds, and the failure is known already."""


_UNREADABLE = (
    ValueError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What a certificate makes of the library that is no certificate as one should be."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The certificate that a server showed, whether we would accept it or not."""

    issuer: str
    names: tuple[str, ...]
    not_before: str
    not_after: str


def read_certificate(der: bytes) -> Seen | None:
    """What matters of a certificate; None when it can't be read."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return Seen(
            issuer=certificate.issuer.rfc4514_string() or "nobody",
            names=_names(certificate),
            not_before=f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
            not_after=f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
        )
    except _UNREADABLE:
        return None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    names = extension.value
    ips = names.get_values_for_type(x509.IPAddress)
    return (*names.get_values_for_type(x509.DNSName), *map(str, ips))


async def see_certificate(host: str, port: int, name: str, scratch: memoryview) -> Seen | None:
    """The certificate shown for `name`; None when it can't be seen."""
    with contextlib.suppress(OSError, ValueError):
        async with asyncio.timeout(LOOK_SECONDS):
            sock = wrap(await dial(host, port), client_context(verify=False), name)
            connection = Connection(sock, host, scratch)
            try:
                await connection.start()
                return read_certificate(sock.getpeercert(binary_form=True) or b"")
            finally:
                connection.close()
    return None
