"""/livez, /readyz and /healthz in Kubernetes' format: all checks at once, or one by its path."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tidegauge.serving.messages import Request, Response
from tidegauge.serving.query import unescape, unescape_plus
from tidegauge.telemetry.changes import OnChange
from tidegauge.units.gotext import quote

Problem: TypeAlias = Callable[[], str | None]
"""Says what is wrong, or None."""

_NOSNIFF = ("X-Content-Type-Options", "nosniff")


def nothing() -> None:
    """The check that always passes: to have answered is all it shows."""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    problem: Problem = nothing
    listed_when_fine: bool = True
    """False for checks that the incumbent lacks: its verbose text is compared by tests."""

    def failing(self) -> bool:
        return self.problem() is not None


class Health:
    """Answers the health paths; `None` for any other."""

    def __init__(self, endpoints: Mapping[str, Sequence[Check]], changes: OnChange) -> None:
        """`endpoints` by their path without the slash, such as `readyz`."""
        self._endpoints = endpoints
        self._changes = changes

    @property
    def paths(self) -> list[str]:
        """All paths that are answered, for the index."""
        return [
            path
            for name, checks in self._endpoints.items()
            for path in (f"/{name}", *(f"/{name}/{check.name}" for check in checks))
        ]

    def respond(self, request: Request) -> Response | None:
        name, slash, sub_path = unescape(request.raw_path).removeprefix("/").partition("/")
        checks = self._endpoints.get(name)
        if checks is None:
            return None
        if not slash:
            return self._all(name, checks, request.raw_query)
        check = next((check for check in checks if check.name == sub_path), None)
        return self._single(name, check) if check else None

    def _single(self, endpoint: str, check: Check) -> Response:
        problem = self._run(endpoint, check)
        if problem is None:
            return _text(200, "ok")
        return _text(500, f"internal server error: {problem}\n", _NOSNIFF)

    def _all(self, endpoint: str, checks: Sequence[Check], query: str) -> Response:
        excluded = set(_values(query, "exclude"))
        lines, failed = [], False
        for check in checks:
            if check.name in excluded:
                lines.append(f"[+]{check.name} excluded: ok")
            elif self._run(endpoint, check) is not None:
                lines.append(f"[-]{check.name} failed: reason withheld")
                failed = True
            elif check.listed_when_fine:
                lines.append(f"[+]{check.name} ok")
        if unknown := sorted(excluded - {check.name for check in checks}):
            names = ",".join(map(quote, unknown))
            lines.append(f"warn: some health checks cannot be excluded: no matches for {names}")
        lines.append(f"{endpoint} check {'failed' if failed else 'passed'}\n")
        if failed:
            return _text(500, "\n".join(lines), _NOSNIFF)
        return _text(200, "\n".join(lines) if _values(query, "verbose") else "ok", _NOSNIFF)

    def _run(self, endpoint: str, check: Check) -> str | None:
        key = f"{endpoint}/{check.name}"
        problem = check.problem()
        if problem is None:
            self._changes.succeeded(key)
        else:
            self._changes.failed(key, problem)
        return problem


def _text(status: int, text: str, *more: tuple[str, str]) -> Response:
    fields = [("Content-Type", "text/plain; charset=utf-8"), *more]
    return Response(status, fields, text.encode("utf-8", "surrogateescape"))


def _values(query: str, key: str) -> list[str]:
    """All values of a key, which here counts as often as it comes."""
    pieces = (piece.partition("=") for piece in query.split("&"))
    return [unescape_plus(value) for name, _, value in pieces if unescape_plus(name) == key]
