"""Who is asking, as a union of ways; tokens and their cache."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.clock import ManualClock
from tests.serving.rig import Authorities, authority_pem
from tidegauge.serving.authentication import (
    ANONYMOUS,
    Authenticator,
    TokenCache,
    Unauthenticated,
    hides_token,
)
from tidegauge.serving.messages import Request, User
from tidegauge.serving.peers import Pool
from tidegauge.serving.reviews import ReviewError
from tidegauge.serving.trust import Trust

NOW = datetime.now(UTC)


def der(authority: trustme.CA) -> bytes:
    return x509.load_pem_x509_certificate(authority_pem(authority)).public_bytes(Encoding.DER)


def chain_of(authority: trustme.CA, name: str, organization: str = "team") -> tuple[bytes, ...]:
    """As TLS verified it: the certificate, which may name nobody, and its authority."""
    made = authority.issue_cert(
        "a.example",
        common_name=name or None,
        organization_name=organization,
        not_after=NOW + timedelta(days=1),
    )
    leaf = x509.load_pem_x509_certificate(made.cert_chain_pems[0].bytes())
    return leaf.public_bytes(Encoding.DER), der(authority)


class Tokens:
    """Answers reviews from a table, and counts them."""

    def __init__(self, **known: User) -> None:
        self.known = known
        self.asked: list[str] = []
        self.broken = False

    async def review(self, token: str) -> User | None:
        self.asked.append(token)
        await asyncio.sleep(0)
        if self.broken:
            raise ReviewError("the API server is away")
        return self.known.get(token)


@pytest.fixture(scope="module")
def authorities() -> Authorities:
    return Authorities()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(good=User("robot", ("system:serviceaccounts",), "u1", {"k": ("v",)}))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall=NOW.timestamp())


@pytest.fixture
def authenticator(authorities: Authorities, tokens: Tokens, clock: ManualClock) -> Authenticator:
    trust = authorities.trust()
    return Authenticator(lambda: trust, TokenCache(tokens.review, clock), clock)


def asking(*headers: tuple[str, str], chain: tuple[bytes, ...] = ()) -> Request:
    return Request("GET", "/", headers, peer_chain=chain)


GOOD = ("authorization", "Bearer good")
BAD = ("authorization", "Bearer bad")
REMOTE = ("x-remote-user", "bob")


@pytest.mark.parametrize(
    ("pool", "name", "headers", "expected"),
    [
        (None, "", [], "system:anonymous"),
        (None, "", [GOOD], "robot"),
        (None, "", [BAD], None),
        (None, "", [("authorization", "Basic x")], "system:anonymous"),
        (None, "", [("authorization", "Bearer ")], "system:anonymous"),
        (None, "", [("authorization", "Bearer  good")], "system:anonymous"),
        (None, "", [("authorization", "bEARER good more")], "robot"),
        ("clients", "alice", [], "alice"),
        ("clients", "alice", [BAD], "alice"),
        ("clients", "alice", [GOOD, REMOTE], "alice"),
        ("clients", "", [], None),
        ("clients", "", [GOOD], "robot"),
        ("strangers", "alice", [], None),
        ("strangers", "alice", [GOOD], "robot"),
        ("proxies", "front-proxy-client", [REMOTE], "bob"),
        ("proxies", "front-proxy-client", [REMOTE, BAD], "bob"),
        ("proxies", "front-proxy-client", [("x-remote-user", " ")], None),
        ("proxies", "front-proxy-client", [GOOD], "robot"),
        ("proxies", "someone-else", [REMOTE], None),
        ("proxies", "someone-else", [REMOTE, GOOD], "robot"),
    ],
)
async def test_union(
    authenticator: Authenticator,
    authorities: Authorities,
    pool: str | None,
    name: str,
    headers: list[tuple[str, str]],
    expected: str | None,
) -> None:
    """The first way that recognises somebody wins; failing in one and found in none is 401."""
    chain = chain_of(getattr(authorities, pool), name) if pool else ()

    try:
        user, _ = await authenticator.authenticate(asking(*headers, chain=chain))
        found = user.name
    except Unauthenticated:
        found = None

    assert found == expected


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], ("system:authenticated",)),
        (["a"], ("a", "system:authenticated")),
        (["system:authenticated"], ("system:authenticated",)),
        (["system:unauthenticated"], ("system:unauthenticated",)),
    ],
)
async def test_group_of_all(
    authenticator: Authenticator,
    authorities: Authorities,
    groups: list[str],
    expected: tuple[str, ...],
) -> None:
    """Who is somebody is in system:authenticated, unless the proxy says what they are in."""
    chain = chain_of(authorities.proxies, "front-proxy-client")
    headers = [REMOTE, *(("x-remote-group", group) for group in groups)]

    user, _ = await authenticator.authenticate(asking(*headers, chain=chain))

    assert user.groups == expected


async def test_credentials_go_no_further(authenticator: Authenticator) -> None:
    """No handler sees a token or a header that speaks for somebody, proven or not."""
    other = ("accept", "x")
    request = asking(GOOD, REMOTE, ("x-remote-extra-a", "b"), ("x-remote-uid", "u"), other)

    _, passed_on = await authenticator.authenticate(request)

    assert passed_on.headers == [other]


async def test_expired_since(
    authenticator: Authenticator, authorities: Authorities, clock: ManualClock
) -> None:
    """A certificate that expires on an open connection counts no longer."""
    request = asking(chain=chain_of(authorities.clients, "alice"))
    await authenticator.authenticate(request)
    clock.advance(2 * 86_400)

    with pytest.raises(Unauthenticated, match="expired"):
        await authenticator.authenticate(request)


async def test_distrusted_since(authorities: Authorities, clock: ManualClock) -> None:
    """An authority that is taken out counts no longer, on open connections too."""
    trust = [authorities.trust()]
    authenticator = Authenticator(lambda: trust[-1], TokenCache(Tokens().review, clock), clock)
    request = asking(chain=chain_of(authorities.clients, "alice"))
    await authenticator.authenticate(request)
    trust.append(Trust(clients=Pool(authority_pem(authorities.strangers))))

    with pytest.raises(Unauthenticated, match="none of its authorities"):
        await authenticator.authenticate(request)


async def test_intermediate(authorities: Authorities) -> None:
    """A chain by way of an intermediate leads to its root's pool."""
    between = authorities.clients.create_child_ca()
    leaf = chain_of(between, "alice")[0]
    chain = (leaf, der(between), der(authorities.clients))
    trust = authorities.trust()

    assert trust.clients
    assert trust.front_proxy
    assert trust.clients.vouches_for(chain, trust.anchors)
    assert not trust.front_proxy.authorities.vouches_for(chain, trust.anchors)


async def test_anchor_signed_by_the_other_pool(authorities: Authorities) -> None:
    """A client authority signed by the proxies' authority makes nobody a proxy."""
    clients = authorities.proxies.create_child_ca()
    chain = (chain_of(clients, "alice")[0], der(clients), der(authorities.proxies))
    pools = Pool(authority_pem(clients)), Pool(authority_pem(authorities.proxies))
    anchors = pools[0].anchors | pools[1].anchors

    assert [pool.vouches_for(chain, anchors) for pool in pools] == [True, False]


async def test_token_is_asked_once(
    authenticator: Authenticator, tokens: Tokens, clock: ManualClock
) -> None:
    """A token is asked for once in ten seconds, known or not."""
    for header in (GOOD, BAD, GOOD, BAD):
        try:
            await authenticator.authenticate(asking(header))
        except Unauthenticated:
            assert header == BAD
    clock.advance(9.9)
    await authenticator.authenticate(asking(GOOD))
    assert tokens.asked == ["good", "bad"]

    clock.advance(0.2)
    await authenticator.authenticate(asking(GOOD))

    assert tokens.asked == ["good", "bad", "good"]


async def test_token_is_asked_once_at_a_time(authenticator: Authenticator, tokens: Tokens) -> None:
    """Requests that come with the same token at once share one review."""
    users = await asyncio.gather(*(authenticator.authenticate(asking(GOOD)) for _ in range(5)))

    assert {user.name for user, _ in users} == {"robot"}
    assert tokens.asked == ["good"]


async def test_failed_review(authenticator: Authenticator, tokens: Tokens) -> None:
    """A review that nobody answers is a 401 that is not remembered."""
    tokens.broken = True
    with pytest.raises(Unauthenticated, match="away"):
        await authenticator.authenticate(asking(GOOD))
    tokens.broken = False

    user, _ = await authenticator.authenticate(asking(GOOD))

    assert user.name == "robot"


async def test_all_reasons_are_told(authenticator: Authenticator, authorities: Authorities) -> None:
    """The log learns why each way failed."""
    request = asking(BAD, chain=chain_of(authorities.strangers, "eve"))

    with pytest.raises(Unauthenticated, match=r"front proxy: .*; client certificate: .*; bearer"):
        await authenticator.authenticate(request)


async def test_unreadable_certificate(authenticator: Authenticator) -> None:
    """A certificate that OpenSSL took and we can't read proves nothing."""
    with pytest.raises(Unauthenticated, match="can't be read"):
        await authenticator.authenticate(asking(chain=(b"\x30\x00", b"")))


async def test_without_trust(tokens: Tokens, clock: ManualClock) -> None:
    """Before the ConfigMap is read there are tokens and anonymous, and no certificate counts."""
    authenticator = Authenticator(Trust, TokenCache(tokens.review, clock), clock)

    assert (await authenticator.authenticate(asking()))[0] == ANONYMOUS
    assert (await authenticator.authenticate(asking(GOOD)))[0].name == "robot"


@pytest.mark.parametrize(
    ("value", "hidden"),
    [("Bearer  x", True), ("Bearer x", False), ("Bearer ", False), ("Basic  x", False)],
)
def test_hidden_token(value: str, hidden: bool) -> None:
    """A second blank hides the token, which deserves a warning."""
    assert hides_token(asking(("authorization", value))) is hidden
