"""The context we serve with: what it takes, and how it changes while it is in use."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.clock import ManualClock
from tidegauge.security.certificates import Pair, service_names
from tidegauge.security.files import FileError
from tidegauge.security.selfmade import SelfMadePair
from tidegauge.security.serving_context import (
    _CIPHERS,
    NamedPair,
    PairFiles,
    ServingContext,
    TlsOptions,
    parse_ciphers,
    parse_minimum_version,
)

HOST = "127.0.0.1"


class Given:
    """A pair that a test replaces."""

    def __init__(self, leaf: trustme.LeafCert) -> None:
        self.use(leaf)

    def use(self, leaf: trustme.LeafCert) -> None:
        chain = b"".join(pem.bytes() for pem in leaf.cert_chain_pems)
        self.pair = Pair(chain, leaf.private_key_pem.bytes())

    def current(self) -> Pair:
        return self.pair


def pem(authority: trustme.CA) -> bytes:
    return authority.cert_pem.bytes()


def client(*authorities: bytes, certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for authority in authorities:
        context.load_verify_locations(cadata=authority.decode())
    if certificate:
        certificate.configure_cert(context)
    return context


def shake_hands(
    server: ssl.SSLContext, context: ssl.SSLContext, name: str = HOST
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends after a handshake in memory. Raises ssl.SSLError of whoever refuses."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = context.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [ours, theirs]
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(end)
    assert not waiting
    return ours, theirs


def served(server: ssl.SSLContext, context: ssl.SSLContext, name: str = HOST) -> bytes | None:
    return shake_hands(server, context, name)[0].getpeercert(binary_form=True)


def der(leaf: trustme.LeafCert) -> bytes:
    return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())


@pytest.fixture(scope="module")
def servers() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def given(servers: trustme.CA) -> Given:
    return Given(servers.issue_cert(HOST))


def test_protocol(servers: trustme.CA, given: Given) -> None:
    """TLS 1.2 at least, and HTTP/1.1 for who asks, HTTP/2 for nobody."""
    outer = ServingContext(given, tuple).outer
    context = client(pem(servers))
    context.set_alpn_protocols(["h2", "http/1.1"])

    ours, _ = shake_hands(outer, context)

    assert outer.minimum_version == ssl.TLSVersion.TLSv1_2
    assert ours.selected_alpn_protocol() == "http/1.1"


def test_certificate_is_swapped(servers: trustme.CA, given: Given) -> None:
    """The next handshake after a change serves the new certificate."""
    outer = ServingContext(given, tuple).outer
    first = served(outer, client(pem(servers)))
    replacement = servers.issue_cert(HOST)
    given.use(replacement)

    assert served(outer, client(pem(servers))) == der(replacement) != first


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_authorities_are_swapped(
    servers: trustme.CA, given: Given, version: ssl.TLSVersion
) -> None:
    """A client of the authority that is gone is refused, one of the new authority is not."""
    old, new = trustme.CA(), trustme.CA()
    bundles = [(pem(old),)]
    outer = ServingContext(given, lambda: bundles[-1]).outer
    clients = [
        client(pem(servers), certificate=each.issue_cert(common_name="a")) for each in (old, new)
    ]
    for each in clients:
        each.maximum_version = version

    assert accepted(outer, clients) == [True, False]
    bundles.append((pem(new),))
    assert accepted(outer, clients) == [False, True]


def accepted(outer: ssl.SSLContext, clients: list[ssl.SSLContext]) -> list[bool]:
    def does(context: ssl.SSLContext) -> bool:
        try:
            _, theirs = shake_hands(outer, context)
        except ssl.SSLError:
            return False
        return theirs.getpeercert(binary_form=True) is not None

    return [does(context) for context in clients]


def test_no_certificate_is_fine(servers: trustme.CA, given: Given) -> None:
    """Probes bring none."""
    outer = ServingContext(given, lambda: (pem(trustme.CA()),)).outer

    assert shake_hands(outer, client(pem(servers)))[1].getpeercert(binary_form=True) is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_nothing_is_resumed(servers: trustme.CA, given: Given, version: ssl.TLSVersion) -> None:
    """Each handshake verifies the client anew: no session is handed out to come back with."""
    outer = ServingContext(given, tuple).outer
    context = client(pem(servers))
    context.maximum_version = version
    ours, theirs = shake_hands(outer, context)
    theirs.write(b"x")  # with TLS 1.3 a session would come after the handshake
    assert ours.read(1) == b"x"

    assert ours.session is None or not ours.session.has_ticket


def test_unusable_pair_keeps_the_last(servers: trustme.CA, given: Given) -> None:
    """A pair whose halves do not match leaves the last good one in use, and is reported."""
    reports: list[str | None] = []
    outer = ServingContext(given, tuple, report=lambda _, why: reports.append(why)).outer
    good = given.pair
    given.pair = Pair(good.certificate, servers.issue_cert(HOST).private_key_pem.bytes())

    assert served(outer, client(pem(servers)))
    assert "the serving certificate" in str(reports[-1])
    replacement = servers.issue_cert(HOST)
    given.use(replacement)
    assert served(outer, client(pem(servers))) == der(replacement)
    assert reports[-1] is None


def test_unusable_at_the_start(servers: trustme.CA) -> None:
    """Without a pair to begin with there is no server."""
    given = Given(servers.issue_cert(HOST))
    given.pair = Pair(given.pair.certificate, b"no key")

    with pytest.raises(FileError, match="the serving key"):
        ServingContext(given, tuple)


def test_files(servers: trustme.CA, tmp_path: Path) -> None:
    """A pair in files is read again when they change."""
    clock = ManualClock()
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"

    def write(leaf: trustme.LeafCert) -> None:
        certificate.write_bytes(leaf.cert_chain_pems[0].bytes())
        key.write_bytes(leaf.private_key_pem.bytes())

    write(servers.issue_cert(HOST))
    outer = ServingContext(PairFiles(certificate, key, clock), tuple).outer
    replacement = servers.issue_cert(HOST)
    write(replacement)
    clock.advance(60)

    assert served(outer, client(pem(servers))) == der(replacement)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ("a.example", "named"),
        ("A.example", "named"),
        ("x.wild.example", "wild"),
        ("x.y.wild.example", "default"),
        ("own.example", "own"),
        ("other.example", "default"),
        (HOST, "default"),
    ],
)
def test_server_names(servers: trustme.CA, asked: str, chosen: str) -> None:
    """A pair for a name is served to who asks for it: names given, a star, or its own names."""
    leaves = {name: servers.issue_cert(asked) for name in ("default", "named", "wild")}
    leaves["own"] = servers.issue_cert("own.example")
    outer = ServingContext(
        Given(leaves["default"]),
        tuple,
        named=[
            NamedPair(Given(leaves["named"]), ("a.example",)),
            NamedPair(Given(leaves["wild"]), ("*.wild.example",)),
            NamedPair(Given(leaves["own"])),
        ],
    ).outer

    assert served(outer, client(pem(servers)), asked) == der(leaves[chosen])


def test_self_made_pair_is_verified_by_its_authority(tmp_path: Path) -> None:
    """Who has our authority verifies us under the Service's name and under the address."""
    made = SelfMadePair(
        tmp_path, service_names("s", "ns"), ManualClock(datetime.now(UTC).timestamp())
    )
    outer = ServingContext(made, tuple).outer
    assert made.authority

    for name in ("s.ns.svc", "localhost", HOST, "::1"):
        assert served(outer, client(made.authority), name)


def plain_authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """As many old clusters have it: no key identifiers, no key usage."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old-ca")])
    certificate = (
        unsigned(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        now - timedelta(days=1),
        now + timedelta(days=1),
    )


def test_old_authorities(servers: trustme.CA, given: Given) -> None:
    """An authority without key identifiers is taken, as Go takes it."""
    authority, authority_key = plain_authority()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    leaf = unsigned(name, authority.subject, key).sign(authority_key, hashes.SHA256())
    certificate = trustme.LeafCert(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        leaf.public_bytes(Encoding.PEM),
        [],
    )
    outer = ServingContext(given, lambda: (authority.public_bytes(Encoding.PEM),)).outer

    assert accepted(outer, [client(pem(servers), certificate=certificate)]) == [True]


def test_intermediate_as_authority(servers: trustme.CA, given: Given) -> None:
    """An authority need not be a root: to be listed is enough."""
    between = trustme.CA().create_child_ca()
    certificate = between.issue_cert(common_name="a")
    outer = ServingContext(given, lambda: (pem(between),)).outer

    assert accepted(outer, [client(pem(servers), certificate=certificate)]) == [True]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("", ssl.TLSVersion.TLSv1_2),
        ("VersionTLS12", ssl.TLSVersion.TLSv1_2),
        ("VersionTLS13", ssl.TLSVersion.TLSv1_3),
    ],
)
def test_minimum_version(name: str, version: ssl.TLSVersion) -> None:
    """Go's names of versions."""
    assert parse_minimum_version(name) == version


@pytest.mark.parametrize("name", ["VersionTLS11", "TLS1.2", "VersionTLS14"])
def test_bad_minimum_version(name: str) -> None:
    """A version that is broken or unknown is an error that names what there is."""
    with pytest.raises(ValueError, match=f"{name}.*VersionTLS12"):
        parse_minimum_version(name)


@pytest.mark.parametrize("name", sorted(_CIPHERS))
def test_cipher_is_known(name: str) -> None:
    """OpenSSL has each suite that we name."""
    ciphers = parse_ciphers([name])
    assert ciphers

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers)

    assert ciphers in {each["name"] for each in context.get_ciphers()}


@pytest.mark.parametrize(
    ("names", "ciphers"),
    [
        ([], None),
        (["TLS_AES_128_GCM_SHA256"], None),
        (
            ["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_AES_128_GCM_SHA256"],
            "AES128-SHA",
        ),
    ],
)
def test_ciphers(names: list[str], ciphers: str | None) -> None:
    """TLS 1.3's suites are always on, so naming them changes nothing."""
    assert parse_ciphers(names) == ciphers


def test_bad_ciphers() -> None:
    """All suites that are not served are named at once."""
    with pytest.raises(ValueError, match="A, TLS_RSA_WITH_RC4_128_SHA;"):
        parse_ciphers(["A", "TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_RC4_128_SHA"])


def test_ciphers_are_served(servers: trustme.CA, given: Given) -> None:
    """A client of TLS 1.2 gets a suite of the list."""
    name = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    options = TlsOptions(ciphers=parse_ciphers([name]))
    context = client(pem(servers))
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    ours, _ = shake_hands(ServingContext(given, tuple, options=options).outer, context)

    assert (ours.cipher() or ("",))[0] == "ECDHE-ECDSA-AES256-GCM-SHA384"
