"""Who is asking, over real TLS: both pools of authorities, and certificates that prove nothing."""

import ssl

import pytest

from tests.serving.rig import (
    Authorities,
    FixedPair,
    authority_pem,
    client_certificate,
    pair_of,
    pipeline,
    serving,
    serving_context,
)
from tidegauge.serving.messages import User

NODES = "/apis/metrics.k8s.io/v1beta1/nodes"


@pytest.fixture(scope="module")
def authorities() -> Authorities:
    return Authorities()


def refusing_all(authorities: Authorities, seen: list[User]):
    """A pipeline whose authorization notes the user and says no."""

    def note(user: User, _info: object) -> bool:
        seen.append(user)
        return False

    return pipeline(authorities.trust, may=note)


def tls(authorities: Authorities) -> ssl.SSLContext:
    pair = FixedPair(pair_of(authorities.servers.issue_cert("127.0.0.1")))
    bundles = (authority_pem(authorities.clients), authority_pem(authorities.proxies))
    return serving_context(pair, lambda: bundles)


async def ask(authorities: Authorities, *lines: str, certificate=None) -> tuple[int, list[User]]:
    seen: list[User] = []
    answer = refusing_all(authorities, seen).answer
    async with serving(answer, tls(authorities), authorities.servers) as stand:
        status, _ = await stand.get(NODES, *lines, certificate=certificate)
    return status, seen


async def test_client_certificate(authorities: Authorities) -> None:
    """A certificate of the client authority names its user, and its organizations the groups."""
    certificate = client_certificate(authorities.clients, "alice", "team")

    status, (user,) = await ask(authorities, certificate=certificate)

    assert (status, user.name, user.groups) == (403, "alice", ("team", "system:authenticated"))
    assert list(user.extra) == ["authentication.kubernetes.io/credential-id"]


async def test_front_proxy(authorities: Authorities) -> None:
    """The front proxy speaks for others, with groups, uid and extra fields."""
    status, (user,) = await ask(
        authorities,
        "X-Remote-User: bob",
        "X-Remote-Uid: u1",
        "X-Remote-Group: a,b",
        "X-Remote-Group: c",
        "X-Remote-Extra-Example.com%2fScope: s1",
        "X-Remote-Extra-Example.com%2fScope: s2",
        certificate=client_certificate(authorities.proxies, "front-proxy-client"),
    )

    assert status == 403
    assert user == User(
        "bob", ("a,b", "c", "system:authenticated"), "u1", {"example.com/scope": ["s1", "s2"]}
    )


@pytest.mark.parametrize(
    ("pool", "name", "lines", "expected"),
    [
        ("proxies", "someone-else", ["X-Remote-User: bob"], 401),
        ("proxies", "front-proxy-client", [], 401),
        ("clients", "front-proxy-client", ["X-Remote-User: bob"], "front-proxy-client"),
        (None, "", ["X-Remote-User: bob"], "system:anonymous"),
    ],
    ids=["name-not-allowed", "speaks-for-nobody", "wrong-authority", "no-certificate"],
)
async def test_headers_need_proof(
    authorities: Authorities, pool: str | None, name: str, lines: list[str], expected: int | str
) -> None:
    """Headers count only from the proxy's authority and an allowed name."""
    certificate = client_certificate(getattr(authorities, pool), name) if pool else None

    status, seen = await ask(authorities, *lines, certificate=certificate)

    assert (seen[0].name if seen else status) == expected


@pytest.mark.parametrize(
    ("pool", "days", "alert"),
    [("strangers", 1, "UNKNOWN_CA"), ("clients", -1, "CERTIFICATE_EXPIRED")],
)
async def test_refused_in_the_handshake(
    authorities: Authorities, pool: str, days: int, alert: str
) -> None:
    """OpenSSL does not go on without a certificate that fails, and the alert says why."""
    certificate = client_certificate(getattr(authorities, pool), "alice", days=days)

    with pytest.raises(ssl.SSLError, match=alert):
        await ask(authorities, certificate=certificate)
