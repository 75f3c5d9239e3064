"""Acting as somebody else."""

import pytest

from tidegauge.serving.impersonation import impersonate
from tidegauge.serving.messages import Request, User
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.reviews import Decision
from tidegauge.serving.status import StatusError

BOSS = User("boss", ("system:authenticated",))


class Judge:
    """Allows all questions but those about one resource, and notes them."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.asked: list[tuple[str, str, str, str, str]] = []

    async def decide(self, user: User, info: RequestInfo) -> Decision:
        assert (user, info.verb, info.is_resource) == (BOSS, "impersonate", True)
        self.asked.append((info.group, info.namespace, info.resource, info.subresource, info.name))
        return Decision(info.resource != self.refuses)


def asking(*headers: tuple[str, str]) -> Request:
    return Request("GET", "/", headers)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], BOSS),
        ([("impersonate-user", "")], BOSS),
        ([("impersonate-other", "x")], BOSS),
        ([("impersonate-user", "bob")], User("bob", ("system:authenticated",))),
        (
            [
                ("impersonate-user", "bob"),
                ("impersonate-group", "a"),
                ("impersonate-group", "system:masters"),
                ("impersonate-uid", "u1"),
                ("impersonate-extra-a%2fb", "1"),
                ("impersonate-extra-a%2fb", "2"),
            ],
            User("bob", ("a", "system:masters", "system:authenticated"), "u1", {"a/b": ["1", "2"]}),
        ),
        (
            [("impersonate-user", "system:anonymous")],
            User("system:anonymous", ("system:unauthenticated",)),
        ),
        (
            [("impersonate-user", "system:serviceaccount:ns:robot")],
            User(
                "system:serviceaccount:ns:robot",
                (
                    "system:serviceaccounts",
                    "system:serviceaccounts:ns",
                    "system:authenticated",
                ),
            ),
        ),
        (
            [("impersonate-user", "system:serviceaccount:ns:robot"), ("impersonate-group", "a")],
            User("system:serviceaccount:ns:robot", ("a", "system:authenticated")),
        ),
    ],
)
async def test_allowed(headers: list[tuple[str, str]], expected: User) -> None:
    """Who may is judged as the one they name, with the groups that one has of itself."""
    assert await impersonate(BOSS, asking(*headers), Judge()) == expected


async def test_each_part_is_asked_for() -> None:
    """User, groups, uid and extra fields each need to be allowed."""
    judge = Judge()
    headers = [
        ("impersonate-user", "bob"),
        ("impersonate-group", "a"),
        ("impersonate-uid", "u1"),
        ("impersonate-extra-scope", "s"),
    ]

    await impersonate(BOSS, asking(*headers), judge)

    assert judge.asked == [
        ("", "", "users", "", "bob"),
        ("", "", "groups", "", "a"),
        ("authentication.k8s.io", "", "uids", "", "u1"),
        ("authentication.k8s.io", "", "userextras", "scope", "s"),
    ]


async def test_service_account_is_asked_for_as_such() -> None:
    """To be a service account is a right in its namespace."""
    judge = Judge()

    await impersonate(BOSS, asking(("impersonate-user", "system:serviceaccount:ns:sa")), judge)

    assert judge.asked == [("", "ns", "serviceaccounts", "", "sa")]


@pytest.mark.parametrize("refused", ["users", "groups", "uids", "userextras"])
async def test_refused(refused: str) -> None:
    """One part that is not allowed refuses the whole: nobody is ever served as themselves."""
    headers = [
        ("impersonate-user", "bob"),
        ("impersonate-group", "a"),
        ("impersonate-uid", "u1"),
        ("impersonate-extra-scope", "s"),
    ]

    with pytest.raises(StatusError) as caught:
        await impersonate(BOSS, asking(*headers), Judge(refused))

    assert caught.value.status.code == 403
    assert f'cannot impersonate resource "{refused}' in caught.value.status.message


@pytest.mark.parametrize("header", ["impersonate-group", "impersonate-uid", "impersonate-extra-a"])
async def test_nobody_named(header: str) -> None:
    """Groups of nobody are a bad request."""
    with pytest.raises(StatusError) as caught:
        await impersonate(BOSS, asking((header, "x")), Judge())

    assert caught.value.status.code == 400
