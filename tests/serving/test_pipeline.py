"""What every request goes through, and what becomes of what fails on the way."""

import msgspec
import pytest
from structlog.testing import capture_logs

from tests.clock import ManualClock
from tests.serving.rig import STUCK, pipeline
from tidegauge.serving.limits import InFlight
from tidegauge.serving.messages import Request, Response, User
from tidegauge.serving.metricspage import MetricsPage
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.reviews import ReviewError

NODES = "/apis/metrics.k8s.io/v1/nodes"
MASTER = User("root", ("system:masters",))
TOKENS = {"root": MASTER, "alice": User("alice")}


def asking(target: str = NODES, token: str = "alice", *headers: tuple[str, str]) -> Request:
    return Request("GET", target, [("authorization", f"Bearer {token}"), *headers])


def fields_of(response: Response) -> dict[str, str]:
    return dict(response.headers)


def status_of(response: Response) -> dict[str, object]:
    assert isinstance(response.body, bytes)
    fields: dict[str, object] = msgspec.json.decode(response.body)
    return fields


async def test_every_answer_has_its_headers() -> None:
    """No answer is cached by others, and each can be told from the next."""
    answers = [await pipeline(tokens=TOKENS).respond(asking()) for _ in range(2)]

    assert [fields_of(each)["Cache-Control"] for each in answers] == ["no-cache, private"] * 2
    assert len({fields_of(each)["Audit-Id"] for each in answers}) == 2


@pytest.mark.parametrize(
    ("sent", "kept"), [("my-id.1_", True), ("x" * 65, False), ("a b", False), ("", False)]
)
async def test_audit_id(sent: str, kept: bool) -> None:
    """A client's own id is kept if it is one."""
    response = await pipeline(tokens=TOKENS).respond(asking(NODES, "alice", ("audit-id", sent)))

    assert (fields_of(response)["Audit-Id"] == sent) is kept


async def test_own_caching_stays() -> None:
    """A handler may say that its answer can be cached."""
    answer = Response(200, [("Cache-Control", "public")])
    response = await pipeline(tokens=TOKENS, handler=lambda _: answer).respond(asking())

    assert [value for name, value in response.headers if name == "Cache-Control"] == ["public"]


async def test_unauthenticated() -> None:
    """Bad credentials are 401, and whether they may is not asked."""

    def never(_user: User, _info: RequestInfo) -> bool:
        raise AssertionError

    response = await pipeline(may=never).respond(asking(token="wrong"))

    assert response.status == 401
    assert status_of(response)["message"] == "Unauthorized"
    assert "X-Content-Type-Options" not in fields_of(response)


async def test_forbidden() -> None:
    """Who may not is told so, and no handler is reached."""

    def never(_: Request) -> Response:
        raise AssertionError

    response = await pipeline(tokens=TOKENS, may=lambda *_: False, handler=never).respond(asking())

    assert response.status == 403
    assert fields_of(response)["X-Content-Type-Options"] == "nosniff"


async def test_impersonation_is_judged_first() -> None:
    """Who acts as another is judged as that one."""
    seen: list[tuple[str, str]] = []

    def note(user: User, info: RequestInfo) -> bool:
        seen.append((user.name, info.verb))
        return True

    request = asking(NODES, "alice", ("impersonate-user", "bob"))
    await pipeline(tokens=TOKENS, may=note).respond(request)

    assert seen == [("alice", "impersonate"), ("bob", "list")]


async def test_review_fails() -> None:
    """When nobody can say whether they may, that is 500, with the cause and its path."""

    def broken(_user: User, _info: RequestInfo) -> bool:
        raise ReviewError("https://api: refused")

    response = await pipeline(tokens=TOKENS, may=broken).respond(asking())

    assert response.status == 500
    assert response.body == f'Internal Server Error: "{NODES}": https://api: refused\n'.encode()


async def test_open_path_without_an_api_server() -> None:
    """Probes are answered when the API server is away."""

    def broken(_user: User, _info: RequestInfo) -> bool:
        raise ReviewError("away")

    response = await pipeline(may=broken).respond(Request("GET", "/livez"))

    assert response.status == 200


async def test_handler_fails() -> None:
    """A bug in a handler is a 500 and a line with its trace, of which the client learns nothing."""

    def broken(_: Request) -> Response:
        raise KeyError("secret detail")

    with capture_logs() as lines:
        response = await pipeline(tokens=TOKENS, handler=broken).respond(asking())

    assert status_of(response)["reason"] == "InternalError"
    assert "secret" not in str(response.body)
    assert isinstance(lines[0]["exc_info"], KeyError)


async def test_too_slow() -> None:
    """What takes longer than a request may is 504."""
    response = await pipeline(seconds=0.01).respond(asking(token=STUCK))

    assert response.status == 504
    assert status_of(response)["reason"] == "Timeout"


async def test_in_flight() -> None:
    """A request is in flight until its answer is written; one too many is told to come again."""
    limit = InFlight(1)
    passing = pipeline(tokens=TOKENS, in_flight=limit)
    async with passing.answer(asking()) as first:
        refused = await passing.respond(asking())
        master = await passing.respond(asking(token="root"))

    assert [first.status, refused.status, master.status] == [200, 429, 200]
    assert fields_of(refused)["Retry-After"] == "1"
    assert limit.count == 0
    assert (await passing.respond(asking())).status == 200


async def test_in_flight_when_the_client_leaves() -> None:
    """A client that leaves while it is answered frees its place."""
    limit = InFlight(1)
    with pytest.raises(ConnectionError):
        async with pipeline(tokens=TOKENS, in_flight=limit).answer(asking()):
            raise ConnectionError

    assert limit.count == 0


async def test_no_limit() -> None:
    """A limit of none admits all."""
    passing = pipeline(tokens=TOKENS, in_flight=InFlight(0))
    async with passing.answer(asking()):
        assert (await passing.respond(asking())).status == 200


async def test_observed() -> None:
    """What was asked, how it ended and how long it took is told, the writing included."""
    clock = ManualClock()
    seen: list[tuple[str, str, int, float]] = []
    watched = pipeline(
        tokens=TOKENS,
        clock=clock,
        observe=lambda info, code, seconds: seen.append((info.verb, info.resource, code, seconds)),
    )
    async with watched.answer(asking()):
        clock.advance(2.5)

    assert seen == [("list", "nodes", 200, 2.5)]


@pytest.mark.parametrize(
    ("target", "status"), [("/metrics", 200), ("/metrics?x", 200), ("/metrics/", 404), ("/", 404)]
)
async def test_plain_metrics(target: str, status: int) -> None:
    """On a port of its own the page is open to all, and nothing else is there."""
    page = MetricsPage(lambda: b"metrics 1\n")
    async with page.answer(Request("GET", target)) as response:
        assert response.status == status


@pytest.mark.parametrize(
    ("accept", "escaping"),
    [
        ("*/*", "underscores"),
        ("text/plain;escaping=dots", "dots"),
        ("text/plain;escaping=none", "underscores"),
        ("text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.2", "allow-utf-8"),
    ],
)
def test_metrics_confirm_how_names_are_escaped(accept: str, escaping: str) -> None:
    """A scraper such as Prometheus 3 is told that names come escaped as it asked for."""
    page = MetricsPage(lambda: b"metrics 1\n")

    response = page.respond(Request("GET", "/metrics", [("accept", accept)]))

    assert response is not None
    content_type = f"text/plain; version=0.0.4; charset=utf-8; escaping={escaping}"
    assert ("Content-Type", content_type) in response.headers
