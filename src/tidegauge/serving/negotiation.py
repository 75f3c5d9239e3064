"""Which of our media types a client takes, and what it wants done to the object first.

Two gates stand in a row, as in Kubernetes' library, each with its own words: a route first compares
bare media types, then the handler reads the parameters (`as`, `g`, `v`, `pretty` and `stream`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tidegauge.serving.status import StatusError, not_acceptable, rejected_by_route

JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"

FORMATS = (JSON, YAML, PROTOBUF)
"""In order of preference: what `*/*` means first."""

_STREAMS = (JSON, PROTOBUF)
"""Formats that could be streamed, as a client may demand of any answer."""


class Conversion(NamedTuple):
    """The kind that a client wants the object turned into, from `g`, `v` and `as`."""

    group: str
    version: str
    kind: str


@dataclass(frozen=True, slots=True)
class MediaType:
    """What to answer in."""

    format: str = JSON
    conversion: Conversion | None = None
    pretty: bool = False


@dataclass(frozen=True, slots=True)
class _Clause:
    """One media range of an Accept header."""

    type: str
    subtype: str
    quality: float
    parameters: dict[str, str]

    def covers(self, media_type: str) -> bool:
        main, _, sub = media_type.partition("/")
        return (self.type, self.subtype) in ((main, sub), (main, "*"), ("*", "*"))

    @property
    def rank(self) -> tuple[float, bool, bool]:
        return -self.quality, self.type == "*", self.subtype == "*"


Allows = Callable[[str, Conversion | None], bool]
"""Whether a handler can answer in a format after a conversion."""


def unconverted(_format: str, conversion: Conversion | None) -> bool:
    """What handlers allow that convert nothing."""
    return conversion is None


def check_route(accept: str, offered: Sequence[str]) -> None:
    """Raise 406 unless one bare media type of the header is offered; wildcards only as `*/*`."""
    ranges = [clause.partition(";")[0].strip() for clause in accept.split(",")]
    if accept and not any(media in ("*/*", *offered) for media in ranges):
        raise StatusError(rejected_by_route(offered))


def negotiate(accept: str, allows: Allows = unconverted) -> MediaType:
    """The best media type for an Accept header; 406 where there is none."""
    chosen = choose(accept, allows)
    if chosen is None:
        accepted = ", ".join(FORMATS)
        raise StatusError(
            not_acceptable(f"only the following media types are accepted: {accepted}")
        )
    return chosen


def choose(accept: str, allows: Allows = unconverted) -> MediaType | None:
    if not accept:
        return MediaType()
    for clause in sorted(_parse(accept), key=lambda clause: clause.rank):
        if clause.parameters.get("stream", "watch") != "watch":
            continue
        conversion = _conversion(clause.parameters)
        formats = _STREAMS if "stream" in clause.parameters else FORMATS
        for media_format in formats:
            if clause.covers(media_format) and allows(media_format, conversion):
                pretty = clause.parameters.get("pretty") == "1"
                return MediaType(media_format, conversion, pretty)
    return None


def best_of(accept: str, media_types: Sequence[str]) -> str | None:
    """The first of some plain media types that a header takes, by the client's order first."""
    if not accept:
        return media_types[0]
    for clause in sorted(_parse(accept), key=lambda clause: clause.rank):
        for media_type in media_types:
            if clause.covers(media_type):
                return media_type
    return None


def _parse(accept: str) -> list[_Clause]:
    clauses = []
    for part in accept.split(","):
        media, *rest = part.split(";")
        main, slash, sub = (name.strip() for name in media.partition("/"))
        if main == "*" and not slash:
            sub = "*"
        if not sub or "/" in sub:
            continue
        parameters = _parameters(rest)
        clauses.append(_Clause(main, sub, _quality(parameters.pop("q", "1")), parameters))
    return clauses


def _parameters(pieces: Sequence[str]) -> dict[str, str]:
    parameters = {}
    for piece in pieces:
        name, _, value = piece.partition("=")
        if value and "=" not in value:
            parameters[name.strip()] = value.strip()
    return parameters


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0  # last in order, but not out: so does the Go server


def _conversion(parameters: dict[str, str]) -> Conversion | None:
    if not parameters.keys() & {"as", "g", "v"}:
        return None
    group, version, kind = (parameters.get(name, "") for name in ("g", "v", "as"))
    return Conversion(group, version, kind)
