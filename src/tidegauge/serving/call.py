"""One request as its handler sees it, and the ways to answer it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tidegauge.serving import jsontext, lists, protobuf
from tidegauge.serving.bodies import accepts_gzip
from tidegauge.serving.discovery import Document
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.negotiation import (
    JSON,
    PROTOBUF,
    Allows,
    MediaType,
    choose,
    negotiate,
    unconverted,
)
from tidegauge.serving.options import wants_pretty
from tidegauge.serving.query import Query
from tidegauge.serving.status import Status, timed_out

NO_CACHE = ("Cache-Control", "no-cache, private")


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    query: Query

    @property
    def accept(self) -> str:
        return self.request.header("accept") or ""

    @property
    def gzip(self) -> bool:
        return accepts_gzip(self.request.header("accept-encoding") or "")

    def negotiate(self, allows: Allows = unconverted) -> MediaType:
        """What to answer in; 406 where the client takes nothing that we have."""
        return self._prettified(negotiate(self.accept, allows))

    def _prettified(self, media: MediaType) -> MediaType:
        agent = self.request.header("user-agent") or ""
        return replace(media, pretty=media.pretty or wants_pretty(self.query, agent))

    def failed(self, status: Status) -> Response:
        """A failure, in a format that the client takes; else as JSON for a human's eyes."""
        media = choose(self.accept)
        media = self._prettified(media) if media else MediaType(pretty=True)
        document = Document("v1", "Status", status.fields(), protobuf.status_message(status))
        return self.document(document, media, status.code)

    def document(self, document: Document, media: MediaType, code: int = 200) -> Response:
        if media.format == PROTOBUF:
            body = protobuf.envelope(document.api_version, document.kind, document.message)
        else:
            body = lists.render(jsontext.dump(document.json()), media)
        return answer(code, media.format, body)


def answer(code: int, content_type: str, body: bytes | Iterator[bytes]) -> Response:
    return Response(code, (NO_CACHE, ("Content-Type", content_type)), body)


def raw_json(code: int, value: Any) -> Response:
    """JSON for pages that know no other form: always indented."""
    return answer(code, JSON, jsontext.indent(jsontext.dump(value)).encode())


def too_late() -> Response:
    """The time for a request has run out. Unlike other failures this one takes no format."""
    body = jsontext.dump(timed_out().fields()) + "\n"
    return answer(504, "text/plain; charset=utf-8", body.encode())
