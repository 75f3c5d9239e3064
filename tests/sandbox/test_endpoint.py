"""A kubelet's answers and refusals."""

from dataclasses import dataclass

import pytest

from tests.sandbox.looks import node
from tidegauge.sandbox.endpoint import BEARER, Endpoint
from tidegauge.sandbox.records import Node
from tidegauge.serving.authentication import ANONYMOUS, Unauthenticated
from tidegauge.serving.messages import Request, Response, User


@dataclass
class Looked:
    latest: Node | None
    earlier: Node | None = None


@dataclass
class AlwaysAs:
    user: User | None

    async def authenticate(self, request: Request) -> tuple[User, Request]:
        if self.user is None:
            raise Unauthenticated
        return self.user, request


async def ask(
    target: str,
    *,
    user: User | None = BEARER,
    method: str = "GET",
    allowed: tuple[str, ...] = (),
    latest: Node | None = None,
) -> Response:
    endpoint = Endpoint(Looked(latest), AlwaysAs(user), allowed)
    async with endpoint.answer(Request(method, target)) as response:
        return response


@pytest.mark.parametrize(
    ("target", "begins", "kind"),
    [
        ("/metrics/resource", b"# HELP container_cpu", "text/plain; version=0.0.4; charset=utf-8"),
        ("/stats/summary", b'{"node":{"nodeName":"node-a"', "application/json"),
        ("/stats/summary?only_cpu_and_memory=true", b'{"node":', "application/json"),
        ("/healthz", b"ok", "text/plain; charset=utf-8"),
    ],
)
async def test_pages(target: str, begins: bytes, kind: str) -> None:
    """For whoever brings the token."""
    response = await ask(target, latest=node())

    assert response.status == 200
    assert isinstance(response.body, bytes)
    assert response.body.startswith(begins)
    assert ("Content-Type", kind) in response.headers


async def test_the_trimmed_summary_is_shorter() -> None:
    """The parameter has an effect."""
    whole = await ask("/stats/summary", latest=node())
    trimmed = await ask("/stats/summary?only_cpu_and_memory=true", latest=node())

    assert isinstance(whole.body, bytes)
    assert isinstance(trimmed.body, bytes)
    assert b'"rlimit"' in whole.body
    assert b'"rlimit"' not in trimmed.body


@pytest.mark.parametrize("user", [None, ANONYMOUS], ids=["bad token", "no token"])
@pytest.mark.parametrize("target", ["/metrics/resource", "/healthz", "/nowhere"])
async def test_nobody_learns_anything(user: User | None, target: str) -> None:
    """401, in the kubelet's word, whatever was asked."""
    response = await ask(target, user=user, latest=node())

    assert (response.status, response.body) == (401, b"Unauthorized")


FORBIDDEN = [
    ("GET", "/pods", "get", "pods proxy"),
    ("GET", "/run/x", "get", "proxy"),
    ("GET", "/", "get", "proxy"),
    ("GET", "/logs/", "get", "log"),
    ("POST", "/metrics/resource", "create", "metrics"),
    ("DELETE", "/stats/summary", "delete", "stats"),
]


@pytest.mark.parametrize(("method", "target", "verb", "subresource"), FORBIDDEN)
async def test_what_would_be_another_right_is_forbidden(
    method: str, target: str, verb: str, subresource: str
) -> None:
    """Named as a kubelet names it."""
    response = await ask(target, method=method, latest=node())

    assert response.status == 403
    assert (
        response.body
        == (
            f"Forbidden (user=tidegauge-node, verb={verb}, resource=nodes, "
            f"subresource(s)=[{subresource}])\n"
        ).encode()
    )


@pytest.mark.parametrize(
    ("user", "allowed", "status"),
    [
        (User("scraper"), (), 200),
        (User("scraper"), ("scraper",), 200),
        (User("other"), ("scraper",), 403),
        (User("tidegauge-node"), ("scraper",), 403),
        (BEARER, ("scraper",), 200),
    ],
    ids=["any", "allowed", "another", "called like the token", "token"],
)
async def test_certificates_may_be_narrowed_to_names(
    user: User, allowed: tuple[str, ...], status: int
) -> None:
    """The token opens all the same."""
    response = await ask("/metrics/resource", user=user, allowed=allowed, latest=node())

    assert response.status == status


async def test_pages_that_are_not_there() -> None:
    """A right that one has to a page that does not exist."""
    assert (await ask("/metrics/cadvisor", latest=node())).status == 404


async def test_before_the_first_look() -> None:
    """There is nothing to tell yet."""
    assert (await ask("/metrics/resource")).status == 503
