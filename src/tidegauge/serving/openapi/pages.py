"""The pages under `/openapi/`: which document in which form, and whether the client has it already.

They answer to any method, as the Go server's do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from tidegauge.serving import jsontext
from tidegauge.serving.bodies import gzip
from tidegauge.serving.call import NO_CACHE, Call
from tidegauge.serving.conditional import etag_of, precondition
from tidegauge.serving.messages import Response
from tidegauge.serving.negotiation import JSON, best_of
from tidegauge.serving.openapi.documents import v2_document, v3_documents
from tidegauge.serving.openapi.messages import v2_message, v3_message

_GZIP_ACCEPTED = re.compile(r"(?:^|,)\s*gzip\s*(?:,|$|;\s*q=(?:0?\.\d*[1-9]|1))")
"""Here, unlike for lists, the Go server reads the quality."""

_IMMUTABLE = "public, immutable"
"""For a document that was asked for by its hash: under that URL it will never change.

With another hash, such as that of a server before us, it is the same document, unhashed. The Go
server redirects, which kube-apiserver lets through to nobody.
"""


@dataclass(frozen=True)
class _Form:
    """A media type that a document comes in, the other names it is asked for by, and its writer."""

    content_type: str
    names: tuple[str, ...]
    write: Callable[[dict[str, Any]], bytes]


def _json(document: dict[str, Any]) -> bytes:
    return jsontext.dump(document).encode()


def _protobuf(version: str, write: Callable[[dict[str, Any]], bytes]) -> _Form:
    name = f"application/com.github.proto-openapi.spec.{version}%sv1.0+protobuf"
    return _Form(name % ".", (name % "@", name % "."), write)


_JSON_FORM = _Form(JSON, (JSON,), _json)


Make: TypeAlias = Callable[[], dict[str, Any]]


class OpenApiPages:
    """`modified` is when the documents came to be, in seconds since the epoch.

    `v2` and `v3` make the documents when first asked for; those of v3 by their page.
    """

    def __init__(self, modified: float, v2: Make = v2_document, v3: Make = v3_documents) -> None:
        self._modified = modified
        self._make_v2 = v2
        self._make_v3 = v3

    def respond(self, page: str, call: Call) -> Response:
        if page == "v2":
            return self._v2(call)
        if page == "v3":
            return self._conditional(self.index, _JSON_FORM, [NO_CACHE], call)
        document = self._documents.get(page.removeprefix("v3/"))
        if document is None:
            # As the Go server says it; either way a client finds no document.
            return Response(200, [NO_CACHE])
        return self._v3(document, call)

    def _v2(self, call: Call) -> Response:
        headers = [NO_CACHE, ("Vary", "Accept-Encoding"), ("Vary", "Accept")]
        form = _choose(call, (_JSON_FORM, _protobuf("v2", v2_message)))
        if form is None:
            return Response(406, headers)
        response = self._conditional(self._v2_document, form, headers, call)
        accepted = call.request.header("accept-encoding") or ""
        if response.status != 200 or not _GZIP_ACCEPTED.search(accepted):
            return response
        assert isinstance(response.body, bytes)
        packed = [*response.headers, ("Content-Encoding", "gzip")]
        return Response(200, packed, gzip(response.body))

    def _v3(self, document: dict[str, Any], call: Call) -> Response:
        vary = ("Vary", "Accept")
        form = _choose(call, (_JSON_FORM, _protobuf("v3", v3_message)))
        if form is None:
            return Response(406, [NO_CACHE, vary])
        hashed = call.query.get("hash") == _hash(document)
        caching = ("Cache-Control", _IMMUTABLE) if hashed else NO_CACHE
        return self._conditional(document, form, [caching, vary], call)

    def _conditional(
        self, document: dict[str, Any], form: _Form, headers: list[tuple[str, str]], call: Call
    ) -> Response:
        """The document, if the client does not have it already."""
        etag = etag_of(_json(document))
        code = precondition(call.request, etag, self._modified)
        known = [*headers, ("ETag", etag)]
        if code == 304:
            return Response(304, known)
        typed = [*known, ("Content-Type", form.content_type)]
        return Response(code, typed, b"" if code == 412 else form.write(document))

    @cached_property
    def _v2_document(self) -> dict[str, Any]:
        return self._make_v2()

    @cached_property
    def _documents(self) -> dict[str, dict[str, Any]]:
        return self._make_v3()

    @cached_property
    def index(self) -> dict[str, Any]:
        return {
            "paths": {
                page: {"serverRelativeURL": _hashed_url(page, document)}
                for page, document in self._documents.items()
            }
        }


def _hash(document: dict[str, Any]) -> str:
    return etag_of(_json(document)).strip('"')


def _hashed_url(page: str, document: dict[str, Any]) -> str:
    return f"/openapi/v3/{page}?hash={_hash(document)}"


def _choose(call: Call, forms: tuple[_Form, ...]) -> _Form | None:
    names = {name: form for form in forms for name in form.names}
    chosen = best_of(call.accept, tuple(names))
    return names[chosen] if chosen else None
