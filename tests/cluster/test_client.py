"""The client against a server on loopback: answers, errors by cause, credentials that change."""

import asyncio
import socket
import ssl

import msgspec
import pytest
import trustme
from aiohttp import web
from structlog.testing import capture_logs

from tests.clock import ManualClock
from tests.cluster import wire
from tests.cluster.fakeapi import answering, server_context, serving
from tidegauge.cluster import client as client_module
from tidegauge.cluster.access import Access
from tidegauge.cluster.client import Client
from tidegauge.cluster.credentials import Credentials
from tidegauge.cluster.errors import (
    ApiError,
    BadBody,
    CredentialError,
    ErrorAnswer,
    Forbidden,
    Gone,
    NotFound,
    Rejected,
    ServerError,
    TimedOut,
    TooManyRequests,
    Unauthorized,
    UnknownHost,
    Unreachable,
    Untrusted,
)


class Version(msgspec.Struct):
    major: str


VERSION = web.json_response({"major": "1"})


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


def client_for(url, clock=None, **fields):
    return Client(Access("test", url, **fields), clock or ManualClock(), environ={})


async def ask(url, **fields):
    async with client_for(url, **fields) as client:
        return await client.get("/version", type=Version)


async def test_get():
    """An answer comes decoded; no encoding is asked for, parameters are sent."""
    async with serving(answering(VERSION)) as api, client_for(api.url + "/prefix") as client:
        got = await client.get("/version", type=Version, params={"a": "status.phase=Running"})

    assert got == Version("1")
    request = api.requests[0]
    assert request.path == "/prefix/version"
    assert request.query["a"] == "status.phase=Running"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["User-Agent"].startswith("tidegauge/")
    assert "Authorization" not in request.headers


async def test_post():
    """A review is sent as JSON and its answer decoded."""
    bodies = []

    async def handler(request):
        bodies.append((request.content_type, await request.json()))
        return web.json_response({"major": "2"})

    async with serving(handler) as api, client_for(api.url) as client:
        got = await client.post("/review", {"spec": {}}, type=Version)

    assert got == Version("2")
    assert bodies == [("application/json", {"spec": {}})]


async def test_impersonation():
    """Every header of an impersonation is sent, repeated ones too."""
    headers = (("Impersonate-User", "ann"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b"))
    async with serving(answering(VERSION)) as api:
        await ask(api.url, impersonation=headers)

    assert api.requests[0].headers.getall("Impersonate-Group") == ["a", "b"]


def status_answer(code, reason="", message="", **headers):
    body = {"kind": "Status", "code": code, "reason": reason, "message": message}
    return web.json_response(body, status=code, headers=headers)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (status_answer(400, message="bad"), Rejected, "HTTP 400: bad"),
        (status_answer(401, message="no"), Unauthorized, "HTTP 401: no; the credentials are"),
        (
            status_answer(403, message="may not"),
            Forbidden,
            "may not; grant it to this user by RBAC",
        ),
        (status_answer(404, message="none"), NotFound, "HTTP 404: none"),
        (status_answer(410, "Expired"), Gone, "HTTP 410: Expired"),
        (status_answer(422, message="invalid"), Rejected, "HTTP 422: invalid"),
        (status_answer(429, message="slow"), TooManyRequests, "HTTP 429: slow"),
        (status_answer(500, message="oh"), ServerError, "HTTP 500: oh"),
        (status_answer(503), ServerError, "HTTP 503: no reason given"),
        (web.Response(status=502, text="<h1>proxy</h1>"), ServerError, "<h1>proxy</h1>"),
        (web.Response(status=302, headers={"Location": "/"}), Rejected, "HTTP 302"),
        (
            web.Response(
                status=403,
                body=wire.envelope("Status", wire.status_message(403, "Forbidden", "may not")),
                content_type="application/vnd.kubernetes.protobuf",
            ),
            Forbidden,
            "HTTP 403: may not",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_error_answer(answer, kind, said):
    """Each status is an error of its own that names the URL, what was said, and what to do."""
    async with serving(answering(answer)) as api:
        with pytest.raises(kind) as caught:
            await ask(api.url)

    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{api.url}/version: ")
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        pytest.param(status_answer(429, **{"Retry-After": "7"}), 7.0, id="header"),
        pytest.param(status_answer(429), 0.0, id="none"),
        pytest.param(status_answer(503, **{"Retry-After": "soon"}), 0.0, id="no-number"),
        pytest.param(
            web.json_response({"details": {"retryAfterSeconds": 3}}, status=429), 3.0, id="in-body"
        ),
        pytest.param(
            web.Response(
                status=429,
                body=wire.envelope("Status", wire.status_message(429, "", "", retry_after=4)),
                content_type="application/vnd.kubernetes.protobuf",
            ),
            4.0,
            id="in-protobuf",
        ),
    ],
)
async def test_retry_after(answer, seconds):
    """How long to wait is taken from the header, else from the Status."""
    async with serving(answering(answer)) as api:
        with pytest.raises(ErrorAnswer) as caught:
            await ask(api.url)

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("text", ["", "{", '{"major": 1}', "<html>"])
async def test_bad_body(text):
    """An answer that is not what was asked for is an error of its own."""
    async with serving(answering(web.Response(text=text))) as api:
        with pytest.raises(BadBody, match=f"{api.url}/version: .*; check that"):
            await ask(api.url)


async def test_too_long():
    """An answer beyond the limit is given up."""
    long = answering(web.Response(text="x" * 101))
    async with serving(long) as api, client_for(api.url) as asked:
        with pytest.raises(BadBody, match="too long"):
            await asked.get("/version", type=Version, limit=100)


async def test_refused():
    """Nobody listening is said so, with the address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="Connection refused; check that the API") as caught:
            await ask(f"http://127.0.0.1:{taken.getsockname()[1]}")

    assert type(caught.value) is Unreachable
    assert "SSLContext" not in str(caught.value)


async def test_unknown_host():
    """A name that DNS does not know is an error of its own."""
    with pytest.raises(UnknownHost, match="DNS"):
        await ask("http://no-such-host.invalid")


async def test_slow_answer():
    """An answer that does not come in time is given up."""

    async def handler(_):
        await asyncio.sleep(10)

    async with serving(handler) as api, client_for(api.url) as client:
        with pytest.raises(TimedOut, match=r"nothing within 0\.05 s"):
            await client.post("/review", {}, type=Version, seconds=0.05)


async def test_broken_answer():
    """A connection that breaks within an answer is Unreachable, not half an answer."""

    async def handler(request):
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"major"')
        request.transport.abort()
        return response

    async with serving(handler) as api:
        with pytest.raises(Unreachable, match="broke before the answer was whole"):
            await ask(api.url)


async def test_kept_connection_closed():
    """A kept connection that the server closed meanwhile costs a second try, for a POST too."""

    async def handler(request):
        if len(api.requests) == 2:
            request.transport.abort()
        return web.json_response({"major": str(len(api.requests))})

    async with serving(handler) as api, client_for(api.url) as client:
        first = await client.post("/review", {}, type=Version)
        second = await client.post("/review", {}, type=Version)

    assert (first.major, second.major) == ("1", "3")


async def test_never_two_retries():
    """A server that closes every connection is not asked for ever."""

    async def handler(request):
        request.transport.abort()

    async with serving(handler) as api, client_for(api.url) as client:
        with pytest.raises(Unreachable):
            await client.post("/review", {}, type=Version)

    assert len(api.requests) == 2


async def test_tls(authority, tmp_path):
    """The server is verified by the given authority, as a file or inline."""
    file = tmp_path / "ca.crt"
    file.write_bytes(pem(authority))
    async with serving(answering(VERSION), server_context(authority, "127.0.0.1")) as api:
        for given in (pem(authority), file):
            assert await ask(api.url, certificate_authority=given) == Version("1")


def pem(authority: trustme.CA) -> bytes:
    return authority.cert_pem.bytes()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        pytest.param("127.0.0.1", {"certificate_authority": None}, id="unknown-authority"),
        pytest.param("other.example.com", {}, id="wrong-name"),
        pytest.param("127.0.0.1", {"tls_server_name": "kubernetes"}, id="wrong-given-name"),
    ],
)
async def test_untrusted(authority, name, fields):
    """A certificate of another authority or for another name is refused, with what to check."""
    given = {"certificate_authority": pem(authority)} | fields
    async with serving(answering(VERSION), server_context(authority, name)) as api:
        with pytest.raises(Untrusted, match=r"TLS failed: .*check certificate-authority"):
            await ask(api.url, **given)


@pytest.mark.parametrize(
    "fields", [{"tls_server_name": "kubernetes"}, {"insecure_skip_tls_verify": True}]
)
async def test_other_name(authority, fields):
    """With tls-server-name another name is verified; insecure-skip-tls-verify verifies nothing."""
    trusted = None if "insecure_skip_tls_verify" in fields else pem(authority)
    async with serving(answering(VERSION), server_context(authority, "kubernetes")) as api:
        assert await ask(api.url, certificate_authority=trusted, **fields) == Version("1")


async def test_client_certificate(authority):
    """A client certificate is shown to a server that wants one."""
    mine = authority.issue_cert("me@example.com")
    tls = server_context(authority, "127.0.0.1", client_ca=authority)
    async with serving(answering(VERSION), tls) as api:
        trusted = {"certificate_authority": pem(authority)}
        with pytest.raises(Unreachable):
            await ask(api.url, **trusted)
        certificate, key = mine.cert_chain_pems[0].bytes(), mine.private_key_pem.bytes()
        got = await ask(api.url, client_certificate=certificate, client_key=key, **trusted)

    assert got == Version("1")


async def test_authority_rotates(authority, tmp_path):
    """A new authority in the file is used without a restart, after the next look at it."""
    clock = ManualClock()
    file = tmp_path / "ca.crt"
    file.write_bytes(pem(trustme.CA()))
    tls = server_context(authority, "127.0.0.1")
    async with (
        serving(answering(VERSION), tls) as api,
        client_for(api.url, clock, certificate_authority=file) as client,
    ):
        with pytest.raises(Untrusted):
            await client.get("/version", type=Version)
        file.write_bytes(pem(authority))
        clock.advance(60)

        assert await client.get("/version", type=Version) == Version("1")


def bearers(api):
    return [request.headers["Authorization"] for request in api.requests]


async def test_token_file_rotates(authority, tmp_path):
    """A token file is read again after a minute at the latest, without a 401."""
    clock = ManualClock()
    file = tmp_path / "token"
    file.write_text("old\n")
    access = {"certificate_authority": pem(authority), "token_file": file}
    tls = server_context(authority, "127.0.0.1")
    async with (
        serving(answering(VERSION), tls) as api,
        client_for(api.url, clock, **access) as client,
    ):
        await client.get("/version", type=Version)
        file.write_text("new\n")
        clock.advance(60)
        await client.get("/version", type=Version)

    assert bearers(api) == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize(
    ("newer", "sent"),
    [
        pytest.param("new", ["Bearer old", "Bearer new"], id="newer-token"),
        pytest.param("old", ["Bearer old"], id="same-token"),
    ],
)
async def test_unauthorized(authority, tmp_path, newer, sent):
    """After a 401 the token file is read at once, and asked again only if that changed anything."""
    file = tmp_path / "token"
    file.write_text("old")
    access = {"certificate_authority": pem(authority), "token_file": file}
    tls = server_context(authority, "127.0.0.1")

    async def handler(request):
        file.write_text(newer)
        good = request.headers["Authorization"] == "Bearer new"
        return web.json_response({"major": "1"}) if good else web.Response(status=401)

    async with serving(handler, tls) as api, client_for(api.url, **access) as client:
        if newer == "new":
            assert await client.get("/version", type=Version) == Version("1")
        else:
            with pytest.raises(Unauthorized):
                await client.get("/version", type=Version)

    assert bearers(api) == sent


async def test_damaged_token_file_is_reported(tmp_path):
    """What can't be a token keeps the last one, and is told: else nobody could know why."""
    file, clock, reports = tmp_path / "token", ManualClock(), []
    file.write_text("good")
    access = Access("test", "https://api", token_file=file)
    credentials = Credentials(access, clock, {}, lambda name, why: reports.append((name, why)))
    file.write_text("not a token")
    clock.advance(10)

    assert credentials.bearer.current() == "good"
    assert [name for name, why in reports if why] == [str(file)]


@pytest.mark.parametrize("field", ["token_file", "certificate_authority"])
def test_missing_file(tmp_path, field):
    """A file that is not there at the start is an error that names it."""
    with pytest.raises(CredentialError, match=str(tmp_path / "missing")):
        client_for("https://api", **{field: tmp_path / "missing"})


async def test_redirect_keeps_the_token(authority):
    """A redirect is not followed: the token goes nowhere else."""
    tls = server_context(authority, "127.0.0.1")
    async with serving(answering(VERSION)) as other:
        moved = web.Response(status=307, headers={"Location": other.url})
        async with serving(answering(moved), tls) as api:
            with pytest.raises(Rejected, match="HTTP 307"):
                await ask(api.url, token="secret", certificate_authority=pem(authority))

    assert other.requests == []


async def test_proxy(authority):
    """With proxy-url all goes through that proxy; the environment's proxies are not looked at."""
    tls = server_context(authority, "127.0.0.1")
    asked = []
    async with serving(answering(VERSION), tls) as api:

        async def relay(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head.split(b"\r\n")[0])
            port = int(api.url.rsplit(":", 1)[1])
            from_api, to_api = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(copy(reader, to_api), copy(from_api, writer))

        proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
        host, port = proxy.sockets[0].getsockname()
        got = await ask(
            api.url, certificate_authority=pem(authority), proxy_url=f"http://{host}:{port}"
        )
        proxy.close()
        await proxy.wait_closed()

    assert got == Version("1")
    assert asked[0].startswith(b"CONNECT 127.0.0.1:")


async def copy(reader, writer):
    while chunk := await reader.read(65536):
        writer.write(chunk)
    writer.close()


async def test_stream():
    """A stream gives its chunks as they come, and only its head has to be in time."""

    async def handler(request):
        response = web.StreamResponse(headers={"Content-Type": "text/x"})
        await response.prepare(request)
        await response.write(b"one")
        await asyncio.sleep(0)
        await response.write(b"two")
        return response

    async with (
        serving(handler) as api,
        client_for(api.url) as client,
        client.stream("/watch", accept="text/x") as stream,
    ):
        got = b"".join([chunk async for chunk in stream.chunks()])

    assert (got, stream.content_type) == (b"onetwo", "text/x")
    assert api.requests[0].headers["Accept"] == "text/x"


async def test_stream_outlasts_the_deadline(monkeypatch):
    """The deadline of a stream's head does not end the stream."""
    monkeypatch.setattr(client_module, "ANSWER_SECONDS", 0.2)

    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.sleep(0.4)
        await response.write(b"late")
        return response

    async with (
        serving(handler) as api,
        client_for(api.url) as client,
        client.stream("/watch", accept="text/x") as stream,
    ):
        assert [chunk async for chunk in stream.chunks()] == [b"late"]


async def test_certificate_is_renewed_when_refused(authority, tmp_path):
    """After a 401 the client certificate's files are read again at once, and the new one shown."""
    certificate, key = tmp_path / "me.crt", tmp_path / "me.key"
    shown = []

    def issue(name):
        mine = authority.issue_cert(name)
        certificate.write_bytes(mine.cert_chain_pems[0].bytes())
        key.write_bytes(mine.private_key_pem.bytes())

    async def handler(request):
        shown.append(request.transport.get_extra_info("peercert")["subjectAltName"][0][1])
        issue("new@example.com")
        return web.json_response({"major": "1"}, status=401 if len(shown) == 1 else 200)

    issue("old@example.com")
    files = {"client_certificate": certificate, "client_key": key}
    tls = server_context(authority, "127.0.0.1", client_ca=authority)
    async with serving(handler, tls) as api:
        await ask(api.url, certificate_authority=pem(authority), **files)

    assert shown == ["old@example.com", "new@example.com"]


async def test_outside_of_its_block():
    """Using a client that was not entered is a mistake in the program, and said so."""
    with pytest.raises(RuntimeError, match="async with"):
        await client_for("http://127.0.0.1").get("/", type=Version)


def test_every_error_names_its_url():
    """All errors of the API server say where and what, and are of one family."""
    for kind in (Unreachable, UnknownHost, Untrusted, TimedOut, BadBody):
        error = kind("https://api/x", "it broke")
        assert isinstance(error, ApiError)
        assert str(error).startswith("https://api/x: it broke; ")


def test_insecure_is_said_loudly():
    """Verifying nothing is warned of, with the server and the place it was asked for."""
    with capture_logs() as lines:
        client_for("https://api", insecure_skip_tls_verify=True)

    assert [(line["log_level"], line["server"], line["source"]) for line in lines] == [
        ("warning", "https://api", "test")
    ]


def test_context_needs_no_strict_chain():
    """Certificates without key identifiers are taken, as Go takes them."""
    context = client_for("https://api").credentials.context()

    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
