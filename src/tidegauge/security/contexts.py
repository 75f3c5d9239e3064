"""TLS contexts for connections that we open, made anew when the files behind them change.

A context can gain an authority but never lose one, so a change makes a new context and a new
`generation`; whoever keeps connections drops those of an older generation.
"""

import os
import re
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tidegauge.security.files import FileError, Report, Source, source, unreported
from tidegauge.units.clock import Clock

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ClientTrust:
    """Whom we trust and who we are, as bytes of PEM or as files of it.

    - `authorities`: all are trusted; none at all means the system's.
    - `verify` false trusts anybody, and credentials are sent all the same (as the incumbent does).
    - `certificate` and `key` are given together or not at all, else FileError; one file may hold
      both.
    """

    authorities: tuple[bytes | Path, ...] = ()
    verify: bool = True
    certificate: bytes | Path | None = None
    key: bytes | Path | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise FileError("a client certificate and its key go together; give both or neither")


class ClientContexts:
    """The context to connect with now. Raises FileError when the first one can't be made.

    What can't be used later, such as a half-written file or a certificate whose key is still the
    old one, leaves the last good context in place and is reported on change.
    """

    def __init__(self, trust: ClientTrust, clock: Clock, report: Report = unreported) -> None:
        self._verify = trust.verify
        self._report = report
        self._authorities = [
            source(pem, "the inline certificate authority", clock, report)
            for pem in (trust.authorities if trust.verify else ())
        ]
        self._pair: list[Source] = []
        if trust.certificate is not None and trust.key is not None:
            self._pair = [
                source(trust.certificate, "the inline client certificate", clock, report),
                source(trust.key, "the inline client key", clock, report),
            ]
        self._sources = (*self._authorities, *self._pair)
        self._name = "TLS with " + ", ".join(each.name for each in self._sources)
        self.generation = 0
        self._material = self._read()
        self._context = self._make()

    def current(self) -> ssl.SSLContext:
        material = self._read()
        if material != self._material:
            self._material = material
            self._renew()
        return self._context

    def check(self) -> None:
        """Look at all files at once instead of when they are next due."""
        for each in self._sources:
            each.check()

    def _read(self) -> list[bytes]:
        return [each.content for each in self._sources]

    def _renew(self) -> None:
        try:
            self._context = self._make()
        except FileError as error:
            self._report(self._name, str(error))
            return
        self.generation += 1
        self._report(self._name, None)

    def _make(self) -> ssl.SSLContext:
        context = client_context(self._authorities, verify=self._verify)
        if self._pair:
            load_pair(context, *self._pair)
        return context


def client_context(authorities: Sequence[Source] = (), *, verify: bool = True) -> ssl.SSLContext:
    """A client's context that trusts `authorities`, or the system's when there are none.

    Raises FileError naming the source that holds no usable certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # An answer that ends without TLS's own goodbye may have been cut short by anybody.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", ssl.Options(0))
    # Like Go's, and unlike Python's from 3.13 on: many clusters' authorities have no key
    # identifier, a trusted certificate need not be self-signed, a common name is no host name.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.hostname_checks_common_name = False
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif not authorities:
        context.load_default_certs()
    for authority in authorities:
        load_authorities(context, authority)
    return context


def load_authorities(context: ssl.SSLContext, authority: Source) -> None:
    """Trust every certificate in `authority`; text between them is allowed."""
    pem = b"\n".join(split_certificates(authority))
    try:
        context.load_verify_locations(cadata=pem.decode("ascii"))
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise FileError(f"{authority.name}: a certificate in it is damaged: {error}") from error


def split_certificates(pem: Source) -> list[bytes]:
    """The PEM blocks of certificates. Raises FileError when there are none, or one is cut off."""
    content = pem.content
    blocks = _CERTIFICATE.findall(content)
    if not blocks:
        raise FileError(f"{pem.name}: no PEM certificate in it; give the file of the authority")
    if len(blocks) != content.count(b"-----BEGIN CERTIFICATE-----"):
        raise FileError(f"{pem.name}: its last certificate is cut off; copy the file again")
    return blocks


def load_pair(context: ssl.SSLContext, certificate: Source, key: Source) -> None:
    """Present `certificate` with `key`. Raises FileError when they can't be read or don't match."""
    try:
        with _as_path(certificate.content + b"\n" + key.content) as path:
            context.load_cert_chain(path, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise FileError(
            f"{certificate.name} with {key.name}: {error}; give the certificate in PEM and the key "
            "that it was made for, unencrypted"
        ) from error


def _no_password() -> str:
    """Called for an encrypted key, where OpenSSL would else ask the terminal."""
    raise ValueError("the key is encrypted")


@contextmanager
def _as_path(content: bytes) -> Iterator[str]:
    """A path, for the one call of the library that takes no bytes; on no disk if possible."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("tidegauge-pair"), "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile() as temporary:
            temporary.write(content)
            temporary.flush()
            yield temporary.name
