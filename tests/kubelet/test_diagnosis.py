import errno
import socket
import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tidegauge.kubelet import errors
from tidegauge.kubelet.certificates import read_certificate
from tidegauge.kubelet.connection import NothingCameError
from tidegauge.kubelet.diagnosis import (
    Phase,
    explain,
    explain_certificate,
    explain_lateness,
)
from tidegauge.kubelet.http1 import CutOffError, HttpError, TooLargeError


def os_error(number):
    return OSError(number, "asyncio's own words")


CAUSES = {
    "unknown name": (Phase.CONNECT, socket.gaierror(-2, "unknown"), "dns"),
    "refused": (Phase.CONNECT, os_error(errno.ECONNREFUSED), "refused"),
    "no route to host": (Phase.CONNECT, os_error(errno.EHOSTUNREACH), "unreachable"),
    "no route to network": (Phase.CONNECT, os_error(errno.ENETUNREACH), "unreachable"),
    "the kernel gave up": (Phase.CONNECT, os_error(errno.ETIMEDOUT), "connect_timeout"),
    "our share of time is over": (Phase.CONNECT, TimeoutError(), "connect_timeout"),
    "too many open files": (Phase.CONNECT, os_error(errno.EMFILE), "no_socket"),
    "another system error": (Phase.CONNECT, os_error(errno.EADDRNOTAVAIL), "connect"),
    "reset while shaking hands": (Phase.HANDSHAKE, ConnectionResetError(), "tls"),
    "no TLS": (Phase.HANDSHAKE, ssl.SSLError(1, "wrong version number"), "tls"),
    "an unusable server name": (Phase.HANDSHAKE, ValueError("server_hostname"), "tls"),
    "nothing came": (Phase.ANSWER, NothingCameError(), "connection_lost"),
    "reset": (Phase.ANSWER, ConnectionResetError(errno.ECONNRESET, ""), "connection_lost"),
    "cut off": (Phase.ANSWER, CutOffError("in the middle"), "connection_lost"),
    "no goodbye": (Phase.ANSWER, ssl.SSLEOFError(8, "EOF"), "connection_lost"),
    "gone from the network": (Phase.ANSWER, os_error(errno.EHOSTUNREACH), "connection_lost"),
    "damaged TLS": (Phase.ANSWER, ssl.SSLError(1, "bad record mac"), "tls"),
    "too large": (Phase.ANSWER, TooLargeError("over"), "body_too_large"),
    "not HTTP": (Phase.ANSWER, HttpError("no status line"), "bad_http"),
}


@pytest.mark.parametrize(("phase", "error", "cause"), CAUSES.values(), ids=CAUSES)
def test_each_failure_has_its_cause(phase, error, cause):
    """By what was being done and what the system said; named with node, URL and remedy."""
    explained = explain("n1", "https://10.0.0.1:10250/x", phase, error)

    assert explained.cause == cause
    assert str(explained).startswith("node n1: https://10.0.0.1:10250/x: ")
    assert str(explained).endswith(f"; {type(explained).remedy}")
    assert "asyncio" not in str(explained)


def test_an_end_without_goodbye_is_said_so():
    """OpenSSL's own words are about its source code."""
    error = ssl.SSLEOFError(8, "EOF occurred in violation of protocol (_ssl.c:2580)")

    explained = explain("n1", "https://n1", Phase.ANSWER, error)

    assert explained.detail == "the connection ended without TLS's goodbye"


LATE = {
    Phase.CONNECT: ("connect_timeout", "no answer to the connection attempt within 10 s"),
    Phase.HANDSHAKE: ("timeout", "not done within 10 s, still in the TLS handshake"),
    Phase.ANSWER: ("timeout", "not done within 10 s, still waiting for the answer"),
    Phase.BODY: ("timeout", "not done within 10 s, still reading the answer"),
}


@pytest.mark.parametrize("phase", Phase)
def test_lateness_names_the_phase(phase):
    """A node that can't be reached is another matter than one that does not answer."""
    explained = explain_lateness("n1", "https://n1", phase, 10.0)

    assert (explained.cause, explained.detail) == LATE[phase]


def unverified(code):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "the reason"
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (10, errors.ExpiredError),
        (18, errors.UnknownAuthorityError),
        (20, errors.UnknownAuthorityError),
        (62, errors.WrongNameError),
        (64, errors.WrongNameError),
        (26, errors.TlsError),
    ],
)
def test_a_certificate_that_can_not_be_seen_is_explained_without(code, kind):
    """Looking at it may fail; its cause is known all the same."""
    explained = explain_certificate("n1", "https://n1", "n1", unverified(code), None)

    assert type(explained) is kind


def test_what_is_no_certificate_is_none():
    """Whatever the other side sends must not raise anything."""
    assert read_certificate(b"") is None
    assert read_certificate(b"\x30\x03\x02\x01\x01") is None


def test_a_certificate_with_a_name_of_no_known_kind_can_not_be_read():
    """The library has errors of its own for what is well-formed and still no use."""
    name = x509.OtherName(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    pem = trustme.CA().issue_cert("a").cert_chain_pems[0].bytes()
    der = _with_alternative_name(pem, name)
    broken = der.replace(b"\xa0\x09\x06\x03\x2a\x03\x04", b"\xa3\x09\x06\x03\x2a\x03\x04")

    assert broken != der
    assert read_certificate(broken) is None


def _with_alternative_name(pem, name):
    issuer_key = ec.generate_private_key(ec.SECP256R1())
    like = x509.load_pem_x509_certificate(pem)
    return (
        x509.CertificateBuilder()
        .subject_name(like.subject)
        .issuer_name(like.issuer)
        .public_key(issuer_key.public_key())
        .serial_number(1)
        .not_valid_before(like.not_valid_before_utc)
        .not_valid_after(like.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(issuer_key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def leaves(kind):
    below = kind.__subclasses__()
    return [kind, *(leaf for each in below for leaf in leaves(each))]


def test_causes_are_words_of_their_own():
    """They are a metric's label: one for each class, short and lower case."""
    causes = [kind.cause for kind in leaves(errors.KubeletError)]

    assert len(set(causes)) == len(causes)
    assert all(cause.replace("_", "").isalpha() and cause.islower() for cause in causes)
