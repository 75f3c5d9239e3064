"""May they: shortcuts, reviews and what is remembered of them, refusals in Kubernetes' words."""

import pytest

from tests.clock import ManualClock
from tidegauge.serving.authorization import OpenPaths, ReviewingAuthorizer, forbidden
from tidegauge.serving.messages import User
from tidegauge.serving.requestinfo import RequestInfo, resolve
from tidegauge.serving.reviews import Decision, ReviewError
from tidegauge.serving.status import Details

PODS = "/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods"
ALICE = User("alice", ("system:authenticated",))


class Reviewer:
    """Allows what its rule says, and notes what it was asked."""

    def __init__(self, rule=lambda _info: True) -> None:
        self.rule = rule
        self.asked: list[tuple[str, RequestInfo]] = []

    async def review(self, user: User, info: RequestInfo) -> Decision:
        self.asked.append((user.name, info))
        return Decision(self.rule(info), "because")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def authorizer(reviewer: Reviewer, clock: ManualClock, **options: float) -> ReviewingAuthorizer:
    paths = OpenPaths(["/livez", "/open/*"])
    return ReviewingAuthorizer(reviewer.review, clock, open_paths=paths, **options)


@pytest.mark.parametrize(
    ("patterns", "path", "inside"),
    [
        (["/healthz"], "/healthz", True),
        (["healthz"], "/healthz", True),
        (["/healthz"], "/healthz/", False),
        (["/healthz"], "/healthz/ping", False),
        (["/healthz/*"], "/healthz/ping", True),
        (["/healthz/*"], "/healthz", False),
        (["/health*"], "/healthz", True),
        (["*"], "/anything", True),
        ([""], "/", True),
        ([], "/", False),
    ],
)
def test_open_paths(patterns: list[str], path: str, inside: bool) -> None:
    """A path is open when it is listed, or begins like one that ends in a star."""
    assert (path in OpenPaths(patterns)) is inside


def test_star_elsewhere() -> None:
    """A star may only stand at the end."""
    with pytest.raises(ValueError, match="only a trailing"):
        OpenPaths(["/a*b"])


@pytest.mark.parametrize(
    ("user", "target"),
    [
        (User("root", ("system:masters",)), PODS),
        (ALICE, "/livez"),
        (ALICE, "/livez?verbose"),
        (ALICE, "/open/x"),
    ],
    ids=["masters", "exact", "with-query", "prefix"],
)
async def test_not_reviewed(clock: ManualClock, user: User, target: str) -> None:
    """Masters and open paths do not depend on the API server."""
    reviewer = Reviewer()

    decision = await authorizer(reviewer, clock).decide(user, resolve("GET", target))

    assert decision.allowed
    assert not reviewer.asked


async def test_resource_is_no_path(clock: ManualClock) -> None:
    """An open path opens no resource."""
    paths = OpenPaths(["*"])
    reviewer = Reviewer(lambda _: False)
    deciding = ReviewingAuthorizer(reviewer.review, clock, open_paths=paths)

    assert not (await deciding.decide(ALICE, resolve("GET", PODS))).allowed


@pytest.mark.parametrize(("allowed", "seconds"), [(True, 20.0), (False, 5.0)])
async def test_remembered(clock: ManualClock, allowed: bool, seconds: float) -> None:
    """What was allowed and what was denied are remembered for times of their own."""
    reviewer = Reviewer(lambda _: allowed)
    deciding = authorizer(reviewer, clock, allowed_seconds=20.0, denied_seconds=5.0)
    info = resolve("GET", PODS)
    counts = []
    for step in (0.0, seconds - 0.1, 0.2):
        clock.advance(step)
        decision = await deciding.decide(ALICE, info)
        assert decision == Decision(allowed, "because")
        counts.append(len(reviewer.asked))

    assert counts == [1, 1, 2]


async def test_asked_apart(clock: ManualClock) -> None:
    """Another user, group, verb or path is another question."""
    reviewer = Reviewer()
    deciding = authorizer(reviewer, clock)
    users = [ALICE, User("bob"), User("alice", ("team",))]
    requests = [("GET", PODS), ("POST", PODS), ("GET", PODS + "/p"), ("GET", "/metrics")]
    for _ in range(2):
        for user in users:
            for method, target in requests:
                await deciding.decide(user, resolve(method, target))

    assert len(reviewer.asked) == len(users) * len(requests)


async def test_selectors_only_narrow(clock: ManualClock) -> None:
    """Who may list all may list some: thousand selectors cost one review."""
    reviewer = Reviewer()
    deciding = authorizer(reviewer, clock)
    for number in range(1000):
        info = resolve("GET", f"{PODS}?labelSelector=app%3D{number}")
        assert (await deciding.decide(ALICE, info)).allowed

    assert [info for _, info in reviewer.asked] == [resolve("GET", PODS)]


async def test_selectors_may_be_needed(clock: ManualClock) -> None:
    """Who may not list all may still list what a selector leaves."""
    reviewer = Reviewer(lambda info: info.label_selector == "app=web")
    deciding = authorizer(reviewer, clock)
    decisions = [
        await deciding.decide(ALICE, resolve("GET", f"{PODS}?labelSelector={selector}"))
        for selector in ("app%3Dweb", "app%3Ddb")
    ]

    assert [decision.allowed for decision in decisions] == [True, False]


async def test_long_selectors_are_not_passed_on(clock: ManualClock) -> None:
    """A megabyte of selector is judged without it, and remembered."""
    reviewer = Reviewer(lambda _: False)
    deciding = authorizer(reviewer, clock)
    info = resolve("GET", f"{PODS}?labelSelector={'a' * 1_000_000}")
    for _ in range(3):
        assert not (await deciding.decide(ALICE, info)).allowed

    assert [info for _, info in reviewer.asked] == [resolve("GET", PODS)]


async def test_long_questions_are_not_remembered(clock: ManualClock) -> None:
    """A user in very many groups is asked about each time."""
    reviewer = Reviewer()
    deciding = authorizer(reviewer, clock)
    crowd = User("alice", tuple(f"group-{number}" for number in range(2000)))
    for _ in range(2):
        await deciding.decide(crowd, resolve("GET", PODS))

    assert len(reviewer.asked) == 2


async def test_failure_is_nobodys_answer(clock: ManualClock) -> None:
    """When nobody can say, that is an error, not a no, and the next one asks again."""

    async def fail(_user: User, _info: RequestInfo) -> Decision:
        raise ReviewError("away")

    deciding = ReviewingAuthorizer(fail, clock, open_paths=OpenPaths([]))
    for _ in range(2):
        with pytest.raises(ReviewError):
            await deciding.decide(ALICE, resolve("GET", PODS))


@pytest.mark.parametrize(
    ("allowed", "seconds", "serves"),
    [(True, 309.0, True), (True, 311.0, False), (False, 11.0, False)],
    ids=["allowed", "allowed-long-ago", "denied"],
)
async def test_while_nobody_can_say(
    clock: ManualClock, allowed: bool, seconds: float, serves: bool
) -> None:
    """Who was allowed stays so for five minutes; a no is not repeated as if it were known."""
    away = False

    async def review(_user: User, _info: RequestInfo) -> Decision:
        if away:
            raise ReviewError("away")
        return Decision(allowed)

    deciding = ReviewingAuthorizer(review, clock, open_paths=OpenPaths([]))
    info = resolve("GET", PODS)
    await deciding.decide(ALICE, info)
    away = True
    clock.advance(seconds)

    if serves:
        assert (await deciding.decide(ALICE, info)).allowed
    else:
        with pytest.raises(ReviewError):
            await deciding.decide(ALICE, info)


@pytest.mark.parametrize(
    ("method", "target", "reason", "message", "details"),
    [
        (
            "GET",
            PODS,
            "",
            (
                'pods.metrics.k8s.io is forbidden: User "alice" cannot list resource "pods" in API '
                'group "metrics.k8s.io" in the namespace "ns"'
            ),
            Details("", "metrics.k8s.io", "pods"),
        ),
        (
            "DELETE",
            PODS + "/p",
            "go away",
            (
                'pods.metrics.k8s.io "p" is forbidden: User "alice" cannot delete resource '
                '"pods" in API group "metrics.k8s.io" in the namespace "ns": go away'
            ),
            Details("p", "metrics.k8s.io", "pods"),
        ),
        (
            "GET",
            "/api/v1/nodes/n/proxy/x",
            "",
            (
                'nodes "n" is forbidden: User "alice" cannot get resource "nodes/proxy" in API '
                'group "" at the cluster scope'
            ),
            Details("n", "", "nodes"),
        ),
        ("GET", '/a"b', "", r'forbidden: User "alice" cannot get path "/a\"b"', Details()),
    ],
)
def test_forbidden(method: str, target: str, reason: str, message: str, details: Details) -> None:
    """The refusal says who can't do what, in the words that people search for."""
    status = forbidden(ALICE, resolve(method, target), reason)

    assert (status.code, status.reason) == (403, "Forbidden")
    assert (status.message, status.details) == (message, details)
