"""Questions to the API server."""

from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from tests.clock import ManualClock
from tidegauge.cluster import errors
from tidegauge.serving.messages import User
from tidegauge.serving.requestinfo import resolve
from tidegauge.serving.reviews import Decision, ReviewError, Reviews
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger

URL = "https://api"
NO_STATUS = errors.Status()


class Api:
    """Gives one prepared answer after the other, errors too."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Any, float]] = []
        self.waits: list[float] = []

    async def post(self, path: str, body: Any, *, type: Any, seconds: float) -> Any:  # noqa: A002
        self.asked.append((path, body, seconds))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return msgspec.convert(answer, type)

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def reviews(self) -> Reviews:
        changes = OnChange(get_logger("serving"), "review", ManualClock())
        return Reviews(self, changes, self.wait)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, None),
        ({"authenticated": False, "error": "expired"}, None),
        ({"authenticated": True, "user": {"username": "a"}}, User("a")),
        (
            {
                "authenticated": True,
                "user": {"username": "a", "uid": "u", "groups": ["g"], "extra": {"k": ["v"]}},
            },
            User("a", ("g",), "u", {"k": ("v",)}),
        ),
        (
            {"authenticated": True, "user": {"username": "a", "groups": None, "extra": None}},
            User("a"),
        ),
    ],
)
async def test_token(status: dict[str, Any], expected: User | None) -> None:
    """A token is somebody's, or nobody's."""
    api = Api({"status": status})

    assert await api.reviews().token("secret") == expected
    path, body, seconds = api.asked[0]
    assert path == "/apis/authentication.k8s.io/v1/tokenreviews"
    assert body["spec"] == {"token": "secret"}
    assert seconds == 10.0


@pytest.mark.parametrize(
    ("method", "target", "attributes"),
    [
        (
            "GET",
            "/apis/metrics.k8s.io/v1/namespaces/ns/pods?labelSelector=a%3Db",
            {
                "resourceAttributes": {
                    "namespace": "ns",
                    "verb": "list",
                    "group": "metrics.k8s.io",
                    "version": "v1",
                    "resource": "pods",
                    "labelSelector": {"rawSelector": "a=b"},
                }
            },
        ),
        (
            "GET",
            "/apis/metrics.k8s.io/v1/nodes?fieldSelector=metadata.name%3Dn",
            {
                "resourceAttributes": {
                    "verb": "list",
                    "group": "metrics.k8s.io",
                    "version": "v1",
                    "resource": "nodes",
                    "name": "n",
                    "fieldSelector": {"rawSelector": "metadata.name=n"},
                }
            },
        ),
        ("POST", "/metrics", {"nonResourceAttributes": {"path": "/metrics", "verb": "post"}}),
        ("GET", "/\udcff", {"nonResourceAttributes": {"path": "/\ufffd", "verb": "get"}}),
    ],
)
async def test_access(method: str, target: str, attributes: dict[str, Any]) -> None:
    """What is asked for goes into the review, and nothing that is empty."""
    api = Api({"status": {"allowed": True, "reason": "RBAC"}})
    user = User("a\udcff", ("g",), "u", {"k": ["v"]})

    decision = await api.reviews().access(user, resolve(method, target))

    assert decision == Decision(allowed=True, reason="RBAC")
    path, body, _ = api.asked[0]
    assert path == "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    who = {"user": "a\ufffd", "groups": ["g"], "uid": "u", "extra": {"k": ["v"]}}
    assert body["spec"] == who | attributes
    assert msgspec.json.encode(body)


@pytest.mark.parametrize(
    "passing",
    [
        errors.Unreachable(URL, "refused"),
        errors.ServerError(URL, 503, NO_STATUS),
        errors.TooManyRequests(URL, 429, NO_STATUS),
    ],
    ids=["refused", "503", "429"],
)
async def test_passing_failure(passing: Exception) -> None:
    """What may pass is tried again, each time a little later."""
    api = Api(*[passing] * 4, {"status": {"allowed": True}})

    decision = await api.reviews().access(User("a"), resolve("GET", "/"))

    assert decision.allowed
    assert [round(wait, 2) for wait in api.waits] == sorted(round(wait, 2) for wait in api.waits)
    assert 0.5 <= api.waits[0] <= 0.6
    assert 1.68 <= api.waits[3] <= 2.03


@pytest.mark.parametrize(
    ("failure", "tries"),
    [
        (errors.Unreachable(URL, "refused"), 5),
        (errors.TimedOut(URL, "10 s"), 1),
        (errors.Forbidden(URL, 403, NO_STATUS), 1),
        (errors.CredentialError("no token"), 1),
    ],
    ids=["refused", "timed-out", "forbidden", "no-token"],
)
async def test_lasting_failure(failure: Exception, tries: int) -> None:
    """What lasts is an error that names its cause; what can't pass is not tried again."""
    api = Api(*[failure] * 5)

    with pytest.raises(ReviewError, match=str(failure)) as caught:
        await api.reviews().token("t")

    assert caught.value.__cause__ is failure
    assert len(api.asked) == tries


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(errors.Forbidden(URL, 403, NO_STATUS), ["failed", "recovered"], id="right"),
        pytest.param(errors.TimedOut(URL, "late"), ["failed", "recovered"], id="away"),
        pytest.param(errors.Rejected(URL, 400, NO_STATUS), [], id="one-client's-fault"),
    ],
)
async def test_failures_are_told_on_change(error: errors.ClusterError, told: list[str]) -> None:
    """The log says once that reviews fail and why, and once that they work again."""
    reviews = Api(error, error, {}).reviews()
    with capture_logs() as lines:
        for _ in range(2):
            with pytest.raises(ReviewError):
                await reviews.token("secret")
        await reviews.token("secret")

    assert [line["event"] for line in lines] == [f"review {word}" for word in told]
    assert all(line["key"] == "tokenreviews" for line in lines)
    assert not told or lines[0]["problem"] == str(error)
