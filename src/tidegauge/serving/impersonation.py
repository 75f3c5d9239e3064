"""Acting as somebody else: by SubjectAccessReview for each part of who that is, or not at all.

The rule is Kubernetes' general one, the verb `impersonate`. The narrower verbs of newer servers
grant nothing here: whoever has only those is refused, never served as themselves.
"""

from collections.abc import Iterator
from dataclasses import replace

from tidegauge.serving.authentication import ANONYMOUS, UNAUTHENTICATED, as_authenticated
from tidegauge.serving.authorization import Authorizer, forbidden
from tidegauge.serving.frontproxy import extra_fields
from tidegauge.serving.messages import Request, User
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.status import StatusError, bad_request

_USER = "impersonate-user"
_GROUP = "impersonate-group"
_UID = "impersonate-uid"
_EXTRA = "impersonate-extra-"
_AUTHENTICATION = "authentication.k8s.io"


async def impersonate(user: User, request: Request, authorizer: Authorizer) -> User:
    """Whom the request is to be judged as. Raises StatusError: 400, or 403 for what is not allowed.

    ReviewError when nobody can say.
    """
    wanted = _wanted(request)
    if wanted is None:
        return user
    if not wanted.name:
        raise StatusError(bad_request("requested to impersonate without naming a user"))
    for info in _parts(wanted):
        decision = await authorizer.decide(user, info)
        if not decision.allowed:
            raise StatusError(forbidden(user, info, decision.reason))
    return _completed(wanted)


def _wanted(request: Request) -> User | None:
    wanted = User(
        request.header(_USER) or "",
        tuple(filter(None, request.header_values(_GROUP))),
        request.header(_UID) or "",
        extra_fields(request.headers, (_EXTRA,)),
    )
    return None if wanted == User("") else wanted


def _parts(wanted: User) -> Iterator[RequestInfo]:
    """What must be allowed: to be this user, in these groups, with this uid and these extras."""
    if account := _service_account(wanted.name):
        yield _question("serviceaccounts", account[1], namespace=account[0])
    else:
        yield _question("users", wanted.name)
    for group in wanted.groups:
        yield _question("groups", group)
    if wanted.uid:
        yield _question("uids", wanted.uid, group=_AUTHENTICATION)
    for key, values in wanted.extra.items():
        for value in values:
            yield _question("userextras", value, group=_AUTHENTICATION, subresource=key)


def _question(
    resource: str, name: str, *, group: str = "", namespace: str = "", subresource: str = ""
) -> RequestInfo:
    return RequestInfo(
        path="",
        verb="impersonate",
        is_resource=True,
        group=group,
        version="v1",
        namespace=namespace,
        resource=resource,
        subresource=subresource,
        name=name,
    )


def _completed(wanted: User) -> User:
    """With the groups that such a user has without saying so."""
    account = _service_account(wanted.name)
    if account and not wanted.groups:
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{account[0]}")
        wanted = replace(wanted, groups=groups)
    if wanted.name == ANONYMOUS.name and UNAUTHENTICATED not in wanted.groups:
        return replace(wanted, groups=(*wanted.groups, UNAUTHENTICATED))
    return as_authenticated(wanted)


def _service_account(name: str) -> tuple[str, str] | None:
    """Namespace and name, when the user is a service account."""
    parts = name.split(":")
    if len(parts) == 4 and parts[:2] == ["system", "serviceaccount"] and all(parts[2:]):
        return parts[2], parts[3]
    return None
