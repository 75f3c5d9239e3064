import datetime as dt
import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.clock import ManualClock
from tests.security.handshake import shake_hands
from tidegauge.security.contexts import ClientContexts, ClientTrust, client_context
from tidegauge.security.files import CHECK_SECONDS, FileError, Inline


@pytest.fixture(scope="module")
def ca():
    return trustme.CA()


@pytest.fixture(scope="module")
def other():
    return trustme.CA()


@pytest.fixture
def clock():
    return ManualClock()


def pem(ca):
    return ca.cert_pem.bytes()


def server(ca, *names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*(names or ("n1",))).configure_cert(context)
    return context


def pair(ca, name="client@example.org"):
    leaf = ca.issue_cert(name)
    return leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes()


def trusts(context, ca):
    try:
        shake_hands(context, server(ca), "n1")
    except ssl.SSLCertVerificationError:
        return False
    return True


def test_what_is_signed_by_a_given_authority_is_trusted_and_nothing_else(ca, other):
    """One authority given means that no other counts, the system's included."""
    context = client_context([Inline("ca", pem(ca))])

    assert trusts(context, ca)
    assert not trusts(context, other)


def test_several_authorities_are_all_trusted(ca, other, tmp_path, clock):
    """From several files, or from one that holds several, with text between them."""
    (tmp_path / "a.crt").write_bytes(pem(ca))
    (tmp_path / "b.crt").write_bytes(pem(other))
    (tmp_path / "both.crt").write_bytes(
        "# Stadtwerke Köln\n".encode() + pem(ca) + b"\n" + pem(other)
    )

    for names in (("a.crt", "b.crt"), ("both.crt",)):
        files = tuple(tmp_path / name for name in names)
        context = ClientContexts(ClientTrust(files), clock).current()
        assert trusts(context, ca)
        assert trusts(context, other)


def test_no_authority_means_those_of_the_system(ca, other, tmp_path, monkeypatch):
    """OpenSSL's own places, which SSL_CERT_FILE moves."""
    (tmp_path / "system.crt").write_bytes(pem(ca))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.crt"))

    context = client_context()

    assert trusts(context, ca)
    assert not trusts(context, other)


def test_insecure_trusts_anybody_under_any_name(other, clock):
    """What --kubelet-insecure-tls asks for; authorities no longer matter."""
    context = ClientContexts(ClientTrust(verify=False), clock).current()

    shake_hands(context, server(other, "n2"), "n1")


def test_the_name_must_be_in_the_certificate(ca):
    """Trusting the authority is not enough."""
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(client_context([Inline("ca", pem(ca))]), server(ca, "n2"), "n1")


def self_signed(common_name, names=()):
    """An old-fashioned certificate: no authority key identifier, perhaps only a common name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def serving(certificate, key, tmp_path):
    (tmp_path / "server.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


def test_a_certificate_without_key_identifiers_is_fine(tmp_path):
    """Python 3.13 refuses it by default, Go does not, and clusters have such certificates."""
    certificate, key = self_signed("n1", ["n1"])
    context = client_context([Inline("ca", certificate)])

    shake_hands(context, serving(certificate, key, tmp_path), "n1")

    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


def test_a_common_name_is_no_host_name(tmp_path):
    """As in Go, only the alternative names count."""
    certificate, key = self_signed("n1")

    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(
            client_context([Inline("ca", certificate)]),
            serving(certificate, key, tmp_path),
            "n1",
        )


def test_tls_older_than_1_2_is_not_spoken():
    """Kubelets have refused it for years, too."""
    assert client_context().minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("kind", ["inline", "two files", "one file"])
def test_a_client_certificate_is_shown(ca, tmp_path, clock, kind):
    """However the pair is given."""
    certificate, key = pair(ca)
    trust = ClientTrust((pem(ca),), certificate=certificate, key=key)
    if kind != "inline":
        both = kind == "one file"
        (tmp_path / "tls.crt").write_bytes(certificate + key if both else certificate)
        (tmp_path / "tls.key").write_bytes(key)
        trust = ClientTrust(
            (pem(ca),),
            certificate=tmp_path / "tls.crt",
            key=tmp_path / ("tls.crt" if both else "tls.key"),
        )
    context = server(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)

    side = shake_hands(ClientContexts(trust, clock).current(), context, "n1")

    assert side.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(certificate.decode())


def encrypted(key):
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


UNUSABLE = {
    "no certificate in it": (lambda _ca: ClientTrust((b"hello",)), "no PEM certificate"),
    "a key instead": (lambda ca: ClientTrust((pair(ca)[1],)), "no PEM certificate"),
    "cut off in the second": (
        lambda ca: ClientTrust((pem(ca) + pem(ca)[:500],)),
        "cut off",
    ),
    "damaged": (
        lambda ca: ClientTrust((pem(ca)[:100] + b"!!!!" + pem(ca)[104:],)),
        "damaged",
    ),
    "not ASCII": (lambda ca: ClientTrust((pem(ca)[:100] + b"\xff" + pem(ca)[101:],)), "damaged"),
    "another's key": (
        lambda ca: ClientTrust(certificate=pair(ca)[0], key=pair(ca)[1]),
        "key that it was made for",
    ),
    "no key": (lambda ca: ClientTrust(certificate=pair(ca)[0], key=b"x"), "give the certificate"),
    "an encrypted key": (
        lambda ca: ClientTrust(certificate=pair(ca)[0], key=encrypted(pair(ca)[1])),
        "the key is encrypted",
    ),
}


@pytest.mark.parametrize(("trust", "says"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_can_not_be_used_is_named_at_the_start(ca, clock, trust, says):
    """With what is wrong and what to give instead; nobody is asked for a password."""
    with pytest.raises(FileError, match=says) as caught:
        ClientContexts(trust(ca), clock)

    assert str(caught.value).startswith("the inline c")


def test_half_a_pair_is_an_error():
    """Rather than going on without any certificate."""
    for certificate, key in ((b"x", None), (None, b"x")):
        with pytest.raises(FileError, match="give both or neither"):
            ClientTrust(certificate=certificate, key=key)


class Files:
    """An authority and a pair in files, and the contexts made of them."""

    def __init__(self, folder, ca, clock):
        self.authority = folder / "ca.crt"
        self.certificate = folder / "tls.crt"
        self.key = folder / "tls.key"
        self.clock = clock
        self.reports: list[tuple[str, str | None]] = []
        self.authority.write_bytes(pem(ca))
        self.write_pair(*pair(ca))
        trust = ClientTrust((self.authority,), certificate=self.certificate, key=self.key)
        self.contexts = ClientContexts(
            trust, clock, lambda name, problem: self.reports.append((name, problem))
        )

    def write_pair(self, certificate, key):
        self.certificate.write_bytes(certificate)
        self.key.write_bytes(key)

    def later(self):
        self.clock.advance(CHECK_SECONDS)
        return self.contexts.current()


@pytest.fixture
def files(tmp_path, ca, clock):
    return Files(tmp_path, ca, clock)


def test_a_new_authority_replaces_the_old_one(files, ca, other):
    """The old one is trusted no more, and connections made under it can be told by generation."""
    files.authority.write_bytes(pem(other))

    context = files.later()

    assert files.contexts.generation == 1
    assert trusts(context, other)
    assert not trusts(context, ca)


def test_the_context_stays_the_same_while_nothing_changes(files, ca):
    """Else every check would cut all connections."""
    before = files.contexts.current()
    files.authority.write_bytes(pem(ca))

    assert files.later() is before
    assert files.contexts.generation == 0


def test_files_can_be_looked_at_at_once(files, other):
    """On demand, without waiting for the next check."""
    files.authority.write_bytes(pem(other))
    files.contexts.check()

    assert trusts(files.contexts.current(), other)


def test_a_half_written_authority_leaves_the_last_good_context(files, ca, other):
    """It is reported once, and what comes after it is taken."""
    before = files.contexts.current()
    files.authority.write_bytes(pem(ca) + pem(other)[:300])

    assert [files.later(), files.later()] == [before, before]
    name = f"TLS with {files.authority}, {files.certificate}, {files.key}"
    assert [reported for reported, _ in files.reports] == [name]
    assert str(files.reports[0][1]).startswith(f"{files.authority}: ")

    files.authority.write_bytes(pem(ca) + pem(other))
    assert trusts(files.later(), other)
    assert files.reports[1:] == [(name, None)]


def test_a_pair_replaced_one_file_after_the_other_is_taken_when_it_matches(files, ca):
    """Between the two writes the old pair is shown."""
    before = files.contexts.current()
    certificate, key = pair(ca)

    files.certificate.write_bytes(certificate)
    assert files.later() is before
    assert files.contexts.generation == 0

    files.key.write_bytes(key)
    assert files.later() is not before
    assert files.contexts.generation == 1
