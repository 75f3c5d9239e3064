import asyncio
import socket
import ssl
import threading
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.kubelet.fake import BODY, answer, hang, running, says, server_context
from tidegauge.kubelet import errors
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import USER_AGENT, Body, KubeletTransport
from tidegauge.security.contexts import ClientContexts, ClientTrust
from tidegauge.security.files import CHECK_SECONDS, Inline, TokenBearer, WatchedFile

SECONDS = 5.0


@pytest.fixture
def tls(ca):
    return server_context(ca, "127.0.0.1", "::1", "localhost")


@pytest.fixture
def connect(ca, clock):
    """Makes transports that trust the cluster's CA, and closes them."""
    made = []

    def make(trust=None, **options):
        contexts = ClientContexts(trust or ClientTrust((ca.cert_pem.bytes(),)), clock)
        made.append(KubeletTransport(contexts, clock, **options))
        return made[-1]

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def transport(connect):
    return connect()


@contextmanager
def fails(kind, *says):
    with pytest.raises(errors.KubeletError) as caught:
        yield caught
    assert type(caught.value) is kind, repr(caught.value)
    text = str(caught.value)
    assert text.startswith("node n1: http")
    assert text.endswith(kind.remedy)
    for each in says:
        assert each in text


class TestConnections:
    async def test_one_connection_serves_all_asks(self, transport, tls):
        """It is kept between asks; handshakes are what costs."""
        async with running(tls=tls) as kubelet:
            for _ in range(3):
                assert (await transport.get(kubelet.target(), SECONDS)).data == BODY

        assert kubelet.connections == 1

    async def test_the_request_says_who_asks_for_what(self, connect, tls, clock):
        """The path of the target, the dialled address as host, and the token."""
        transport = connect(bearer=TokenBearer(Inline("token", b"abc")))
        async with running(tls=tls) as kubelet:
            body = await transport.get(kubelet.target(path="/custom"), SECONDS)

        lines = kubelet.requests[0].split("\r\n")
        assert lines[0] == "GET /custom HTTP/1.1"
        assert f"Host: 127.0.0.1:{kubelet.port}" in lines
        assert f"User-Agent: {USER_AGENT}" in lines
        assert "Authorization: Bearer abc" in lines
        assert body == Body(BODY, clock.now())

    async def test_plain_http_carries_no_credential(self, clock):
        """Even if there is a token: this mode is for kubelets that want none."""
        transport = KubeletTransport(None, clock, bearer=TokenBearer(Inline("token", b"abc")))
        async with running(tls=None) as kubelet:
            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY
            transport.close()

        assert "abc" not in kubelet.requests[0]
        assert "authorization" not in kubelet.requests[0].lower()

    async def test_ipv6_is_dialled_and_named_in_brackets(self, transport, tls):
        """In the Host header as in URLs."""
        async with running(tls=tls, host="::1") as kubelet:
            await transport.get(kubelet.target("::1"), SECONDS)

        assert f"Host: [::1]:{kubelet.port}" in kubelet.requests[0]

    async def test_a_host_name_is_resolved(self, transport, tls):
        """If its first address leads nowhere, the next one is tried."""
        async with running(tls=tls) as kubelet:
            assert (await transport.get(kubelet.target("localhost"), SECONDS)).data == BODY

    async def test_proxies_from_the_environment_are_not_used(self, transport, tls, monkeypatch):
        """They are for the way out of the cluster."""
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
            monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")
        async with running(tls=tls) as kubelet:
            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY

    async def test_gzip_is_asked_for_when_told_so(self, connect, tls):
        """Identity is the default, as unpacking costs more than it saves on most networks."""
        async with running(tls=tls) as kubelet:
            await connect().get(kubelet.target(), SECONDS)
            await connect(gzip=True).get(kubelet.target(), SECONDS)

        assert "Accept-Encoding: identity" in kubelet.requests[0]
        assert "Accept-Encoding: gzip" in kubelet.requests[1]

    async def test_a_request_larger_than_the_socket_takes_is_sent_whole(self, connect, tls):
        """In as many pieces as the socket takes it."""
        transport = connect(bearer=TokenBearer(Inline("token", b"x" * 3_000_000 + b"y")))
        sent: list[bytes] = []

        def read_all(sock):
            server = tls.wrap_socket(sock.dup(), server_side=True)
            while not sent or not sent[-1].endswith(b"y\r\n\r\n"):
                sent.append(server.recv(1 << 16))
            server.sendall(answer())
            server.close()

        with blocking_server(read_all) as port:
            assert (await transport.get(target_at(port), SECONDS)).data == BODY
            transport.close()

        assert len(b"".join(sent)) > 3_000_000

    async def test_a_large_body_in_many_pieces_arrives_whole(self, transport, tls):
        """More than one turn of the event loop reads."""
        body = bytes(range(256)) * 20_000
        async with running(says(answer(body)), tls=tls) as kubelet:
            assert (await transport.get(kubelet.target(), SECONDS)).data == body

    async def test_an_answer_that_says_close_ends_the_connection(self, transport, tls):
        """The next ask makes a new one."""
        closing = says(answer(headers=["Connection: close"]))
        async with running(closing, tls=tls) as kubelet:
            for _ in range(2):
                await transport.get(kubelet.target(), SECONDS)

        assert kubelet.connections == 2

    async def test_a_connection_closed_while_idle_is_replaced(self, transport, tls):
        """Kubelets close idle connections, and restart; that must not cost an answer."""
        async with running(tls=tls) as kubelet:
            await transport.get(kubelet.target(), SECONDS)
            kubelet.drop_connections()
            await asyncio.sleep(0.05)  # the goodbye arrives while nobody asks

            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY
            assert kubelet.connections == 2

    async def test_a_connection_closed_just_as_we_ask_is_replaced(self, transport, tls):
        """No byte of an answer came, so the question may be put again."""
        script = [says(answer()), says(b"", then_close=True), says(answer())]
        async with running(*script, tls=tls) as kubelet:
            await transport.get(kubelet.target(), SECONDS)

            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY
            assert kubelet.connections == 2

    async def test_a_new_connection_that_gives_no_answer_is_not_tried_again(self, transport, tls):
        """Once is bad luck, twice is the kubelet."""
        async with running(says(b"", then_close=True), tls=tls) as kubelet:
            with fails(errors.ConnectionLostError, "before any answer"):
                await transport.get(kubelet.target(), SECONDS)

        assert kubelet.connections == 1

    async def test_an_answer_that_breaks_off_is_not_asked_for_again(self, transport, tls):
        """On a kept connection too: the kubelet had begun."""
        script = [says(answer()), says(answer()[:-5], then_close=True)]
        async with running(*script, tls=tls) as kubelet:
            await transport.get(kubelet.target(), SECONDS)
            with fails(errors.ConnectionLostError, "in the middle of the body"):
                await transport.get(kubelet.target(), SECONDS)

        assert kubelet.connections == 1

    async def test_unasked_bytes_end_a_connection(self, transport, tls):
        """They would else be taken for the next answer."""
        async with running(tls=tls) as kubelet:
            await transport.get(kubelet.target(), SECONDS)
            kubelet.writers[0].write(answer(b"forged"))
            await asyncio.sleep(0.05)

            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY
            assert kubelet.connections == 2

    async def test_a_node_that_is_forgotten_is_hung_up_on(self, transport, tls):
        """Its connection is closed at once."""
        async with running(tls=tls) as kubelet:
            await transport.get(kubelet.target(), SECONDS)
            transport.forget("n1")
            await asyncio.wait_for(asyncio.gather(*filter(None, kubelet.tasks)), SECONDS)

    async def test_an_ask_that_is_given_up_closes_its_connection(self, transport, tls):
        """Its late answer must not be read by the next ask."""
        async with running(hang, says(answer()), tls=tls) as kubelet:
            ask = asyncio.create_task(transport.get(kubelet.target(), SECONDS))
            while not kubelet.requests:
                await asyncio.sleep(0.01)
            ask.cancel()
            with pytest.raises(asyncio.CancelledError):
                await ask

            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY
            assert kubelet.connections == 2

    async def test_a_node_at_another_address_is_asked_there(self, transport, tls):
        """The connection to the old one is dropped."""
        async with running(tls=tls) as old, running(tls=tls) as new:
            await transport.get(old.target(), SECONDS)
            await transport.get(new.target(), SECONDS)

        assert (old.connections, new.connections) == (1, 1)


class TestAddresses:
    async def test_another_address_is_tried_when_connecting_fails_and_remembered(
        self, transport, tls
    ):
        """The second ask, on a new connection, goes where the first one got through."""
        closing = says(answer(headers=["Connection: close"]))
        async with running(closing, tls=tls) as kubelet:
            target = kubelet.target("127.0.0.77", "127.0.0.1")
            with counting_connects() as tried:
                await transport.get(target, SECONDS)
                await transport.get(target, SECONDS)

        assert tried == ["127.0.0.77", "127.0.0.1", "127.0.0.1"]

    async def test_one_retry_and_the_next_ask_goes_on_from_there(self, transport):
        """A node of many dead addresses is not walked through at once, but in turn."""
        target = target_at(free_port(), "127.0.0.71", "127.0.0.72", "127.0.0.73")
        with counting_connects() as tried:
            with fails(errors.RefusedError, "127.0.0.72", "127.0.0.71: Connection refused"):
                await transport.get(target, SECONDS)
            with fails(errors.RefusedError, "127.0.0.71", "127.0.0.73: Connection refused"):
                await transport.get(target, SECONDS)

        assert tried == ["127.0.0.71", "127.0.0.72", "127.0.0.73", "127.0.0.71"]

    async def test_a_name_that_is_not_known_does_not_hide_why_an_address_failed(self, transport):
        """Most nodes have a Hostname that resolves nowhere; the error is that of the address."""
        target = target_at(free_port(), "127.0.0.74", "node.invalid")

        with fails(errors.RefusedError, "127.0.0.74", "after that node.invalid: "):
            await transport.get(target, SECONDS)

    async def test_a_silent_address_leaves_half_of_the_time_for_the_other(self, transport, tls):
        """Packets that are dropped on the way must not eat the whole deadline."""
        async with running(tls=tls) as kubelet:
            with silent_port("127.0.0.66", kubelet.port):
                body = await transport.get(kubelet.target("127.0.0.66", "127.0.0.1"), 2.0)

        assert body.data == BODY

    async def test_a_failed_handshake_is_no_reason_for_another_address(self, transport, other_ca):
        """The node was reached; who it is does not depend on the way."""
        async with running(tls=server_context(other_ca, "127.0.0.1")) as kubelet:
            with fails(errors.UnknownAuthorityError), counting_connects() as tried:
                await transport.get(kubelet.target("127.0.0.1", "127.0.0.77"), SECONDS)

        assert set(tried) == {"127.0.0.1"}


@contextmanager
def counting_connects():
    tried: list[str] = []
    loop = asyncio.get_running_loop()
    original = loop.sock_connect

    async def connect(sock, address):
        tried.append(address[0])
        await original(sock, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "sock_connect", connect)
        yield tried


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def target_at(port, *addresses):
    return Target("n1", addresses or ("127.0.0.1",), port)


@contextmanager
def silent_port(host, port=0):
    """A port whose queue of connections is full: to whoever comes next it says nothing."""
    with socket.socket() as listener:
        listener.bind((host, port))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        try:
            yield listener.getsockname()[1]
        finally:
            for filler in fillers:
                filler.close()


@contextmanager
def blocking_server(behave):
    """For what asyncio's servers don't do: speak first, or send the alert of a failed handshake."""

    def serve():
        sock, _ = listener.accept()
        with sock:
            behave(sock)
            sock.recv(1 << 16)  # what is unread when a socket is closed turns its end into a reset

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


STATUSES = {
    "401": ("401 Unauthorized", b"Unauthorized", errors.UnauthorizedError, "Unauthorized"),
    "403": (
        "403 Forbidden",
        b"Forbidden (user=system:anonymous, verb=get, resource=nodes)",
        errors.ForbiddenError,
        "user=system:anonymous",
    ),
    "404": ("404 Not Found", b"404 page not found\n", errors.NotFoundError, "404"),
    "500": (
        "500 Internal Server Error",
        b"\x1b[31mboom\n",
        errors.StatusError,
        "500: [31mboom",
    ),
    "204": ("204 No Content", b"", errors.StatusError, "204"),
}


class TestFailures:
    async def test_refused(self, transport):
        """Nobody listens."""
        with fails(errors.RefusedError, "https://127.0.0.1:"):
            await transport.get(target_at(free_port()), SECONDS)

    async def test_a_name_that_does_not_resolve(self, transport, monkeypatch):
        """The resolver's own words, and which address type to prefer."""

        def unknown(*_args, **_options):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with fails(errors.DnsError, "Name or service not known", "InternalIP"):
            await transport.get(target_at(10250, "n1.invalid"), SECONDS)

    async def test_a_name_that_is_none(self, transport):
        """What Python refuses to ask the resolver for is a name that does not resolve."""
        with fails(errors.DnsError, "'a..b' is no host name"):
            await transport.get(target_at(10250, "a..b"), SECONDS)

    async def test_a_silent_address(self, transport):
        """Connecting takes longer than there is time."""
        with silent_port("127.0.0.1") as port, fails(errors.ConnectTimeoutError, "within 0.2 s"):
            await transport.get(target_at(port), 0.2)

    async def test_a_port_that_accepts_and_says_nothing(self, transport):
        """The deadline names the phase."""
        async with running(hang, tls=None) as kubelet:
            with fails(errors.DeadlineError, "within 0.2 s", "in the TLS handshake"):
                await transport.get(kubelet.target(), 0.2)

    async def test_a_kubelet_that_hangs_before_its_answer(self, transport, tls):
        """As one whose runtime hangs."""
        async with running(hang, tls=tls) as kubelet:
            with fails(errors.DeadlineError, "within 0.3 s", "waiting for the answer"):
                await transport.get(kubelet.target(), 0.3)

    async def test_a_kubelet_that_hangs_in_its_answer(self, transport, tls):
        """Headers came, the body does not end."""
        async with running(says(answer()[:-5]), tls=tls) as kubelet:
            with fails(errors.DeadlineError, "within 0.3 s", "reading the answer"):
                await transport.get(kubelet.target(), 0.3)

    async def test_an_answer_late_for_one_ask_is_not_read_by_the_next(self, transport, tls):
        """A deadline closes the connection, and the node is back one period later."""
        async with running(hang, says(answer()), tls=tls) as kubelet:
            with fails(errors.DeadlineError):
                await transport.get(kubelet.target(), 0.3)

            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY

    async def test_plain_http_on_a_tls_port(self, transport):
        """What answers there does not speak TLS."""

        def refuse(sock):
            sock.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        with blocking_server(refuse) as port, fails(errors.TlsError, "handshake failed"):
            await transport.get(target_at(port), SECONDS)

    async def test_reset_in_the_middle_of_the_body(self, transport, tls):
        """A reset is told from an end."""

        async def reset(writer):
            writer.write(answer()[:-5])
            await writer.drain()
            await asyncio.sleep(0.05)
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            writer.transport.abort()

        async with running(reset, tls=tls) as kubelet:
            with fails(errors.ConnectionLostError):
                await transport.get(kubelet.target(), SECONDS)

    async def test_a_body_cut_short_by_somebody_on_the_way_is_not_taken_for_whole(
        self, transport, tls
    ):
        """Without a length the end of the stream is the end of the body, if TLS says goodbye."""

        async def cut(writer):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + BODY)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()

        whole = says(b"HTTP/1.1 200 OK\r\n\r\n" + BODY, then_close=True)
        async with running(cut, whole, tls=tls) as kubelet:
            with fails(errors.ConnectionLostError):
                await transport.get(kubelet.target(), SECONDS)

            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY

    async def test_a_body_of_100_mb(self, transport, tls):
        """It is refused when it is announced."""
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"
        async with running(says(head), tls=tls) as kubelet:
            with fails(errors.BodyTooLargeError):
                await transport.get(kubelet.target(), SECONDS)

    async def test_a_body_without_end(self, connect, tls):
        """It is read up to the limit, and the connection closed."""

        async def pour(writer):
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not writer.is_closing():
                writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)  # draining alone never gives way to the news of the end

        async with running(pour, tls=tls) as kubelet:
            with fails(errors.BodyTooLargeError, "over 1000000 bytes"):
                await connect(body_limit=1_000_000).get(kubelet.target(), SECONDS)
            await asyncio.wait_for(asyncio.gather(*filter(None, kubelet.tasks)), SECONDS)

    @pytest.mark.parametrize(("status", "body", "kind", "text"), STATUSES.values(), ids=STATUSES)
    async def test_any_status_but_200_is_an_error_with_its_text(
        self, transport, tls, status, body, kind, text
    ):
        """The kubelet's words are quoted, without what would upset a terminal; the line is kept."""
        async with running(says(answer(body, status)), tls=tls) as kubelet:
            for _ in range(2):
                with fails(kind, text):
                    await transport.get(kubelet.target(), SECONDS)

        assert kubelet.connections == 1

    async def test_a_redirect_is_not_followed(self, connect, tls):
        """Not even to the same host: the token would go along."""
        transport = connect(bearer=TokenBearer(Inline("token", b"abc")))
        async with running(tls=tls) as elsewhere:
            url = f"https://127.0.0.1:{elsewhere.port}/"
            moved = says(answer(b"", "302 Found", [f"Location: {url}"]))
            async with running(moved, tls=tls) as kubelet:
                with fails(errors.RedirectError, url):
                    await transport.get(kubelet.target(), SECONDS)

        assert elsewhere.connections == 0

    async def test_what_is_not_http(self, transport, tls):
        """Something else listens on that port."""
        async with running(says(b"220 smtp.example ESMTP\r\n"), tls=tls) as kubelet:
            with fails(errors.BadHttpError, "220 smtp"):
                await transport.get(kubelet.target(), SECONDS)

    async def test_a_kubelet_that_wants_a_client_certificate(self, transport, ca, tls):
        """With TLS 1.3 it says so only after the handshake."""
        tls.verify_mode = ssl.CERT_REQUIRED
        ca.configure_trust(tls)

        def shake_hands(sock):
            with pytest.raises(ssl.SSLError):
                tls.wrap_socket(sock.dup(), server_side=True)

        says_why = fails(errors.ClientCertificateError, "certificate required")
        with blocking_server(shake_hands) as port, says_why:
            await transport.get(target_at(port), SECONDS)


class TestCertificates:
    async def test_an_unknown_authority_is_named(self, transport, other_ca):
        """Whose certificate one would have to give."""
        async with running(tls=server_context(other_ca, "127.0.0.1")) as kubelet:
            with fails(errors.UnknownAuthorityError, "Another CA"):
                await transport.get(kubelet.target(), SECONDS)
            assert kubelet.requests == []

    async def test_the_names_of_a_wrong_certificate_are_named(self, transport, ca):
        """The one we asked for, and those it has."""
        async with running(tls=server_context(ca, "n1.internal", "10.0.0.1")) as kubelet:
            with fails(errors.WrongNameError, "n1.internal, 10.0.0.1", "not for 127.0.0.1"):
                await transport.get(kubelet.target(), SECONDS)

    async def test_the_certificate_may_be_checked_for_another_name(self, transport, ca):
        """The node's, while its address is dialled; it is the only name that counts then."""
        async with running(tls=server_context(ca, "node-1")) as kubelet:
            target = kubelet.target(server_name="node-1")
            assert (await transport.get(target, SECONDS)).data == BODY

        async with running(tls=server_context(ca, "127.0.0.1")) as kubelet:
            with fails(errors.WrongNameError, "not for node-1"):
                await transport.get(kubelet.target(server_name="node-1"), SECONDS)

    async def test_an_expired_certificate_is_dated(self, transport, ca):
        """From when to when it was good."""
        now = datetime.now(UTC)
        tls = server_context(
            ca, "127.0.0.1", not_before=now - timedelta(days=9), not_after=now - timedelta(days=2)
        )
        async with running(tls=tls) as kubelet:
            with fails(errors.ExpiredError, f"{now - timedelta(days=2):%Y-%m-%d}"):
                await transport.get(kubelet.target(), SECONDS)

    async def test_a_certificate_that_keeps_failing_is_looked_at_now_and_then(
        self, transport, other_ca, clock
    ):
        """Each look is another handshake; the words stay the same in between."""
        async with running(tls=server_context(other_ca, "127.0.0.1")) as kubelet:
            with counting_connects() as tried:
                for _ in range(3):
                    with fails(errors.UnknownAuthorityError, "Another CA"):
                        await transport.get(kubelet.target(), SECONDS)
                clock.advance(300)
                with fails(errors.UnknownAuthorityError, "Another CA"):
                    await transport.get(kubelet.target(), SECONDS)

        assert len(tried) == 4 + 2

    async def test_an_insecure_transport_asks_anybody_and_sends_its_token(self, connect, other_ca):
        """As the incumbent does with --kubelet-insecure-tls."""
        transport = connect(ClientTrust(verify=False), bearer=TokenBearer(Inline("token", b"abc")))
        async with running(tls=server_context(other_ca, "elsewhere")) as kubelet:
            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY

        assert "Bearer abc" in kubelet.requests[0]


class TestRotation:
    async def test_a_new_authority_is_trusted_and_the_old_connection_drained(
        self, connect, ca, other_ca, clock, tmp_path
    ):
        """While running: the kubelet moves to the other authority, and the file follows."""
        path = tmp_path / "ca.crt"
        path.write_bytes(ca.cert_pem.bytes())
        transport = connect(ClientTrust((path,)))
        async with moving(ca, other_ca) as (kubelet, move):
            await transport.get(kubelet.target(), SECONDS)
            move()
            await transport.get(kubelet.target(), SECONDS)
            assert kubelet.connections == 1

            path.write_bytes(other_ca.cert_pem.bytes())
            clock.advance(CHECK_SECONDS)
            assert (await transport.get(kubelet.target(), SECONDS)).data == BODY
            assert kubelet.connections == 2

    async def test_a_connection_of_an_authority_no_longer_trusted_is_not_used(
        self, connect, ca, other_ca, clock, tmp_path
    ):
        """Trust withdrawn counts for connections that are already open."""
        path = tmp_path / "ca.crt"
        path.write_bytes(ca.cert_pem.bytes())
        transport = connect(ClientTrust((path,)))
        async with running(tls=server_context(ca, "127.0.0.1")) as kubelet:
            await transport.get(kubelet.target(), SECONDS)
            path.write_bytes(other_ca.cert_pem.bytes())
            clock.advance(CHECK_SECONDS)

            with fails(errors.UnknownAuthorityError):
                await transport.get(kubelet.target(), SECONDS)
            assert len(kubelet.requests) == 1

    async def test_a_new_token_is_sent_on_the_same_connection(self, connect, tls, clock, tmp_path):
        """At the next check of the file."""
        path = tmp_path / "token"
        path.write_text("one")
        transport = connect(bearer=TokenBearer(WatchedFile(path, clock)))
        async with running(tls=tls) as kubelet:
            await transport.get(kubelet.target(), SECONDS)
            path.write_text("two")
            clock.advance(CHECK_SECONDS)
            await transport.get(kubelet.target(), SECONDS)

        assert ["one" in kubelet.requests[0], "two" in kubelet.requests[1]] == [True, True]
        assert kubelet.connections == 1

    async def test_a_401_makes_us_look_for_a_new_token_at_once(self, connect, tls, clock, tmp_path):
        """So the node is back at its next ask."""
        path = tmp_path / "token"
        path.write_text("one")
        transport = connect(bearer=TokenBearer(WatchedFile(path, clock)))
        refuse = says(answer(b"Unauthorized", "401 Unauthorized"))
        async with running(refuse, says(answer()), tls=tls) as kubelet:
            path.write_text("two")
            with fails(errors.UnauthorizedError):
                await transport.get(kubelet.target(), SECONDS)
            await transport.get(kubelet.target(), SECONDS)

        assert "Bearer two" in kubelet.requests[1]

    async def test_a_new_client_certificate_is_shown_on_a_new_connection(
        self, connect, ca, tls, clock, tmp_path
    ):
        """Without a restart, once both of its files are there."""
        tls.verify_mode = ssl.CERT_REQUIRED
        ca.configure_trust(tls)
        files = tmp_path / "tls.crt", tmp_path / "tls.key"
        first, second = ca.issue_cert("one"), ca.issue_cert("two")
        write_pair(files, first)
        transport = connect(ClientTrust((ca.cert_pem.bytes(),), certificate=files[0], key=files[1]))
        async with running(tls=tls) as kubelet:
            await transport.get(kubelet.target(), SECONDS)
            write_pair(files, second)
            clock.advance(CHECK_SECONDS)
            await transport.get(kubelet.target(), SECONDS)
            shown = [peer_certificate(writer) for writer in kubelet.writers]

        assert shown == [der(first), der(second)]


def write_pair(files, leaf):
    files[0].write_bytes(leaf.cert_chain_pems[0].bytes())
    files[1].write_bytes(leaf.private_key_pem.bytes())


def der(leaf):
    return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())


def peer_certificate(writer):
    return writer.get_extra_info("ssl_object").getpeercert(binary_form=True)


@asynccontextmanager
async def moving(old_ca, new_ca):
    """A kubelet, and how to make it show a certificate of the new authority."""
    outer = server_context(old_ca, "127.0.0.1")
    new = server_context(new_ca, "127.0.0.1")
    current = [outer]

    def choose(tls_object, _name, _context):
        tls_object.context = current[0]

    outer.sni_callback = choose
    async with running(tls=outer) as kubelet:
        yield kubelet, lambda: current.__setitem__(0, new)
