"""For whom a front proxy speaks, by its headers. Proving that it is one comes first."""

import re
from collections.abc import Iterable

from tidegauge.serving.messages import Request, User
from tidegauge.serving.query import unescape
from tidegauge.serving.trust import FrontProxy

CREDENTIAL_HEADERS = frozenset({"authorization", "x-remote-user", "x-remote-uid", "x-remote-group"})

_BAD_ESCAPE = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)


def spoken_for(request: Request, proxy: FrontProxy) -> User | None:
    """The user that the headers name, or None when they name nobody."""
    name = _first(request, proxy.username_headers)
    if not name:
        return None
    return User(
        name,
        groups=tuple(_all(request, proxy.group_headers)),
        uid=_first(request, proxy.uid_headers),
        extra=extra_fields(request.headers, proxy.extra_prefixes),
    )


def _first(request: Request, names: Iterable[str]) -> str:
    """The first value, of the first header that has one other than blanks."""
    values = ((request.header(name) or "").strip() for name in names)
    return next(filter(None, values), "")


def _all(request: Request, names: Iterable[str]) -> list[str]:
    """A comma in a value separates nothing: group names may hold one."""
    return [value for name in names for value in request.header_values(name) if value]


def extra_fields(
    headers: Iterable[tuple[str, str]], prefixes: Iterable[str]
) -> dict[str, list[str]]:
    """Values by what follows a prefix in the header's name, percent escapes resolved."""
    extra: dict[str, list[str]] = {}
    for prefix in prefixes:
        for name, value in headers:
            if name.startswith(prefix):
                extra.setdefault(_key(name[len(prefix) :]), []).append(value)
    return extra


def _key(escaped: str) -> str:
    """What is escaped badly is taken as it stands, as Kubernetes does."""
    return escaped if _BAD_ESCAPE.search(escaped) else unescape(escaped)
