"""OpenAPI: what `kubectl explain` needs, and who has it already."""

import gzip
import json
import re

import pytest

from tests.clock import ManualClock
from tests.transcripts.wire import decode
from tidegauge.serving.call import Call
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.openapi.documents import pages, v2_document, v3_document
from tidegauge.serving.openapi.pages import OpenApiPages
from tidegauge.serving.query import parse_query

V1 = "apis/metrics.k8s.io/v1"


def ask(page: str, query: str = "", method: str = "GET", **headers: str) -> Response:
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    request = Request(method, f"/openapi/{page}?{query}", fields)
    return OpenApiPages(modified=ManualClock().now()).respond(
        page, Call(request, parse_query(query))
    )


def headers(response: Response) -> dict[str, str]:
    return dict(response.headers)


@pytest.mark.parametrize("document", [v2_document(), *map(v3_document, pages())])
def test_every_reference_leads_somewhere(document):
    """All schemas that a document refers to are in it."""
    known = document.get("definitions") or document["components"]["schemas"]

    references = re.findall(
        r'"\$ref": ?"#/(?:definitions|components/schemas)/([^"]+)"', json.dumps(document)
    )

    assert set(references) <= set(known)


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("kind", ["NodeMetrics", "PodMetrics"])
def test_a_kind_is_found_by_group_version_and_kind(version, kind):
    """`kubectl explain` goes from the path of the list to the kind, and from that to the schema."""
    document = v3_document(f"apis/metrics.k8s.io/{version}")
    resource = {"NodeMetrics": "nodes", "PodMetrics": "pods"}[kind]
    named = {"group": "metrics.k8s.io", "version": version, "kind": kind}

    listing = document["paths"][f"/apis/metrics.k8s.io/{version}/{resource}"]["get"]
    found = [
        schema
        for schema in document["components"]["schemas"].values()
        if named in schema.get("x-kubernetes-group-version-kind", [])
    ]

    assert listing["x-kubernetes-group-version-kind"] == named
    assert len(found) == 1
    measured = {"NodeMetrics": "usage", "PodMetrics": "containers"}[kind]
    assert list(found[0]["properties"]) == [
        "kind",
        "apiVersion",
        "metadata",
        "timestamp",
        "window",
        measured,
    ]


def test_a_quantity_is_a_text_or_a_number():
    """`kubectl explain` prints the name of a type that is one of several: map[string]Quantity."""
    name = "io.k8s.apimachinery.pkg.api.resource.Quantity"

    v3, v2 = v3_document(V1)["components"]["schemas"][name], v2_document()["definitions"][name]

    assert "type" not in v3
    assert v3["oneOf"] == [{"type": "string"}, {"type": "number"}]
    assert v2["type"] == "string"


def test_described_references_are_as_the_form_wants_them():
    """In v3 a description stands around a reference, in v2 beside it, where clients look for it."""
    kind = "io.k8s.metrics.pkg.apis.metrics.v1.PodMetrics"

    v3, v2 = v3_document(V1)["components"]["schemas"][kind], v2_document()["definitions"][kind]

    assert v3["properties"]["timestamp"].keys() == {"allOf", "description"}
    assert v2["properties"]["timestamp"].keys() == {"$ref", "description"}


def test_operations_have_ids_of_their_own():
    """Generators of clients name methods by the id, so no two are the same."""
    ids = [path["get"]["operationId"] for path in v2_document()["paths"].values()]

    assert len(ids) == len(set(ids)) == 15


@pytest.mark.parametrize(
    ("page", "content_type"),
    [
        ("v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"),
        (f"v3/{V1}", "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"),
    ],
)
def test_protobuf_has_all_paths(page, content_type):
    """A client that takes only gnostic's messages gets one, with as many paths as the JSON has."""
    message = ask(page, accept=content_type)
    document = json.loads(ask(page).body)  # type: ignore[arg-type]

    assert headers(message)["Content-Type"] == content_type.replace("@", ".")
    number, path = (8, 2) if page == "v2" else (4, 1)
    paths = dict(decode(message.body))[number]  # type: ignore[arg-type]
    assert [field for field, _ in decode(paths)] == [path] * len(document["paths"])  # type: ignore[arg-type]


def test_the_index_leads_to_documents_by_their_hash():
    """A document asked for by its hash never changes; for another hash it is not to be kept."""
    index = json.loads(ask("v3").body)["paths"]  # type: ignore[arg-type]
    query = index[V1]["serverRelativeURL"].partition("?")[2]

    right = ask(f"v3/{V1}", query)
    wrong = ask(f"v3/{V1}", "hash=0")

    assert index.keys() == set(pages())
    assert headers(right)["Cache-Control"] == "public, immutable"
    assert headers(wrong)["Cache-Control"] == "no-cache, private"
    assert wrong.body == right.body


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("if_none_match", "{etag}", 304),
        ("if_none_match", 'W/"x", W/{etag}', 304),
        ("if_none_match", "*", 304),
        ("if_none_match", '"x"', 200),
        ("if_none_match", "", 200),
        ("if_match", "{etag}", 200),
        ("if_match", '"x"', 412),
        ("if_modified_since", "Mon, 23 Nov 2026 12:00:00 GMT", 304),
        ("if_modified_since", "Mon, 23 Nov 2026 11:59:59 GMT", 200),
        ("if_modified_since", "yesterday", 200),
    ],
)
def test_a_document_is_sent_only_to_who_needs_it(field, value, status):
    """Conditions are those of HTTP: by tag or, without one, by date."""
    etag = headers(ask("v3"))["ETag"]

    assert ask("v3", **{field: value.format(etag=etag)}).status == status


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("*", False), ("", False)],
)
def test_the_v2_document_is_compressed_when_asked(accepted, packed):
    """Unlike lists this document is compressed at any size, and a quality counts."""
    response = ask("v2", accept_encoding=accepted)

    assert (headers(response).get("Content-Encoding") == "gzip") is packed
    assert isinstance(response.body, bytes)
    body = gzip.decompress(response.body) if packed else response.body
    assert json.loads(body) == v2_document()


def test_other_formats_are_not_acceptable():
    """There is no YAML of these documents; the index has only one form and says it anyway."""
    assert ask("v2", accept="application/yaml").status == 406
    assert ask(f"v3/{V1}", accept="application/yaml").status == 406
    assert ask("v3", accept="application/yaml").status == 200
