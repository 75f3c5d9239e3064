"""Who is asking, over real TLS: both pools of authorities, and certificates that prove nothing."""

import asyncio
import re
import ssl
from collections.abc import Iterator

import pytest
import trustme

from tests.serving.rig import (
    HOST,
    Authorities,
    FixedPair,
    authority_pem,
    client_certificate,
    pair_of,
    pipeline,
    serving,
    serving_context,
)
from tidegauge.serving.connection import Limits
from tidegauge.serving.messages import Response, User
from tidegauge.serving.peers import Pool
from tidegauge.serving.streams import SLICE
from tidegauge.serving.trust import Trust

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


async def test_rotation_under_load(authorities: Authorities) -> None:
    """Certificate and authorities change while clients come and go: nobody notices who is valid."""
    trusts = [authorities.trust()]
    both = authority_pem(authorities.clients) + authority_pem(authorities.strangers)
    pair = FixedPair(pair_of(authorities.servers.issue_cert(HOST)))
    bundles = [(authority_pem(authorities.clients),)]
    context = serving_context(pair, lambda: bundles[-1])
    old = client_certificate(authorities.clients, "alice")
    new = client_certificate(authorities.strangers, "alice")
    answer = pipeline(lambda: trusts[-1]).answer

    async with serving(answer, context, authorities.servers) as stand, stand.connect(old) as kept:

        async def visit(certificate: trustme.LeafCert) -> int:
            return (await stand.get(NODES, certificate=certificate))[0]

        async def ask_on_kept() -> bytes:
            kept[1].write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            head = await kept[0].readuntil(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            assert length
            await kept[0].readexactly(int(length[1]))
            return head.split(b" ")[1]

        before = [asyncio.create_task(visit(old)) for _ in range(5)]
        trusts.append(Trust(clients=Pool(both)))
        bundles.append((both,))
        pair.pair = pair_of(authorities.servers.issue_cert(HOST))
        during = [asyncio.create_task(visit(each)) for each in (old, new) * 5]
        assert await asyncio.gather(*before, *during) == [200] * 15
        assert await ask_on_kept() == b"200"

        trusts.append(Trust(clients=Pool(authority_pem(authorities.strangers))))
        bundles.append((authority_pem(authorities.strangers),))

        assert await asyncio.gather(*(visit(new) for _ in range(5))) == [200] * 5
        assert await ask_on_kept() == b"401"
        with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
            await visit(old)


async def test_plain_http_to_the_tls_port(authorities: Authorities) -> None:
    """Who speaks no TLS is left, and others are served on."""
    async with serving(pipeline().answer, tls(authorities), authorities.servers) as stand:
        reader, writer = await asyncio.open_connection(HOST, stand.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert not (await reader.read()).startswith(b"HTTP")
        writer.close()

        assert (await stand.get("/livez"))[0] == 200


async def test_silent_in_the_handshake(authorities: Authorities) -> None:
    """Who connects and says nothing is left after a while."""
    limits = Limits(handshake_seconds=0.05)
    context = tls(authorities)
    async with serving(pipeline().answer, context, authorities.servers, limits) as stand:
        reader, writer = await asyncio.open_connection(HOST, stand.port)

        assert await reader.read() == b""
        writer.close()


async def test_large_answer_to_a_slow_reader(authorities: Authorities) -> None:
    """Through TLS too a slow reader holds a few slices, and is cut off in the end."""
    taken = []

    def endless() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield b"x" * SLICE

    limits = Limits(write_seconds=0.3)
    cut_off = asyncio.Event()
    answer = pipeline(
        handler=lambda _: Response(200, [], endless()), observe=lambda *_: cut_off.set()
    ).answer
    async with (
        serving(answer, tls(authorities), authorities.servers, limits) as stand,
        stand.connect() as (reader, writer),
    ):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(cut_off.wait(), 10)

    assert 0 < len(taken) * SLICE < 16 << 20


async def test_pipelined_through_tls(authorities: Authorities) -> None:
    """Two requests in one TLS record are two requests."""
    async with (
        serving(pipeline().answer, tls(authorities), authorities.servers) as stand,
        stand.connect() as (reader, writer),
    ):
        writer.write(
            b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
            b"GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        answer = await reader.read()

    assert answer.count(b"HTTP/1.1 200") == 2


async def test_draining_says_goodbye(authorities: Authorities) -> None:
    """A waiting connection ends as TLS has it, not with an alert that speaks of an attack."""
    answer = pipeline(authorities.trust).answer
    async with (
        serving(answer, tls(authorities), authorities.servers) as stand,
        stand.connect() as (reader, writer),
    ):
        writer.write(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n/livez")

        await asyncio.gather(stand.server.drain(30), expect_end(reader, writer))


async def expect_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert await reader.read() == b""
    writer.close()
