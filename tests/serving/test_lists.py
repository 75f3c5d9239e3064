"""Lists in all formats, in slices, and the bodies that come of them."""

import gzip
import json
from itertools import chain

import pytest
import yaml

from tests.serving.metrics import pod_entry
from tests.transcripts.wire import decode
from tidegauge.serving import bodies, lists, objectmessages, protobuf, shapes, table
from tidegauge.serving.bodies import COMPRESS_ABOVE, Stream, accepts_gzip, settle
from tidegauge.serving.negotiation import JSON, PROTOBUF, YAML, MediaType
from tidegauge.serving.query import parse_query
from tidegauge.serving.status import StatusError

PODS = shapes.object_list("pods", "v1")
ENTRIES = [pod_entry(f"web-{number}") for number in range(40)]


def written(chunks, shape=PODS, media=MediaType(JSON)):  # noqa: B008 -- frozen
    stream = lists.stream(chunks, shape, media)
    return b"".join(stream.finish(stream.slices))


def split(sizes):
    """The entries in chunks of these sizes, and the rest."""
    chunks, start = [], 0
    for size in sizes:
        chunks.append(ENTRIES[start : start + size])
        start += size
    return [*chunks, ENTRIES[start:]]


@pytest.mark.parametrize("media", [MediaType(JSON), MediaType(JSON, pretty=True), MediaType(YAML)])
@pytest.mark.parametrize("sizes", [[], [1], [0, 0, 3, 0, 9], [40], [20, 20, 0]], ids=str)
def test_slices_make_one_document(sizes, media):
    """However a list is cut, its slices together are the same document with all objects."""
    body = written(split(sizes), media=media)

    document = yaml.safe_load(body)
    assert [item["metadata"]["name"] for item in document["items"]] == [e.name for e in ENTRIES]
    assert body == written([ENTRIES], media=media)


@pytest.mark.parametrize("sizes", [[], [0, 3, 0], [40]], ids=str)
def test_slices_make_one_message(sizes):
    """In protobuf the length that stands first is that of all slices."""
    body = written(split(sizes), media=MediaType(PROTOBUF))

    envelope = dict(decode(body[4:]))
    fields = decode(envelope[2])  # type: ignore[arg-type]
    assert [value for number, value in fields if number == 2] == [
        objectmessages.pod_message(entry) for entry in ENTRIES
    ]


@pytest.mark.parametrize(("version", "numbers"), [("v1", [1, 2, 2]), ("v1beta1", [1, 1, 2])])
def test_metadata_lists_have_their_versions_field_numbers(version, numbers):
    """In meta.k8s.io/v1beta1 the items stand before the list's own metadata, in v1 after it."""
    shape = shapes.metadata_list(f"meta.k8s.io/{version}")

    envelope = dict(decode(written([ENTRIES[:1], ENTRIES[1:2]], shape, MediaType(PROTOBUF))[4:]))

    fields = decode(envelope[2])  # type: ignore[arg-type]
    assert [number for number, _ in fields] == numbers
    assert fields[0 if version == "v1" else 2][1] == protobuf.EMPTY_LIST_META


def test_indented_lists_are_what_an_encoder_would_indent():
    """Slices are indented where they stand, so that the whole reads as if written at once."""
    indented = written([ENTRIES[:2], ENTRIES[2:3]], media=MediaType(JSON, pretty=True))

    compact = json.loads(written([ENTRIES[:3]]))
    assert indented.decode() == json.dumps(compact, indent=2)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (PODS, {"items": []}),
        (shapes.metadata_list("meta.k8s.io/v1"), {"items": None}),
        (
            shapes.table_of("pods", "v1", "meta.k8s.io/v1", "None"),
            {"columnDefinitions": None, "rows": None},
        ),
    ],
    ids=["objects", "metadata", "table"],
)
def test_empty_lists_differ_by_shape(shape, expected):
    """An empty list of objects has items, the other shapes have none at all."""
    document = json.loads(written([[], []], shape))

    kinds = {"kind": shape.kind, "apiVersion": shape.api_version, "metadata": {}}
    assert document == kinds | expected


def test_the_first_object_decides_the_columns():
    """Swap has a column where the first pod has swap; a pod without it claims none there."""
    shape = shapes.table_of("pods", "v1", "meta.k8s.io/v1", "None")

    with_swap = json.loads(written([[pod_entry("a", swap=1024), pod_entry("b")]], shape))
    without = json.loads(written([[pod_entry("b"), pod_entry("a", swap=1024)]], shape))

    names = [column["name"] for column in with_swap["columnDefinitions"]]
    assert names == ["Name", "cpu", "memory", "swap", "Window"]
    assert [row["cells"] for row in with_swap["rows"]] == [
        ["a", "1m", "1Mi", "1Ki", "15s"],
        ["b", "1m", "1Mi", "<unknown>", "15s"],
    ]
    assert [row["cells"] for row in without["rows"]] == [
        ["b", "1m", "1Mi", "15s"],
        ["a", "1m", "1Mi", "15s"],
    ]


def test_a_row_can_carry_nothing_but_known_things():
    """What a Table's rows may carry is checked before anything is read."""
    assert table.included_object(parse_query("includeObject=Object")) == "Object"
    with pytest.raises(StatusError, match="includeObject: Invalid value"):
        table.included_object(parse_query("includeObject=All"))


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("br, gzip", True),
        ("", False),
        ("gzip;q=1", False),
        ("x-gzip", False),
        ("*", False),
    ],
)
def test_only_the_bare_token_asks_for_gzip(header, accepted):
    """As for the Go server, a quality or a wildcard does not count."""
    assert accepts_gzip(header) is accepted


def stream_of(pieces):
    return Stream(iter([piece] if piece else [] for piece in pieces), chain.from_iterable)


def test_a_small_body_is_whole():
    """A body up to the limit is bytes, and never compressed."""
    pieces = [b"x" * (COMPRESS_ABOVE - 1), b"y"]

    body, compressed = settle(stream_of(pieces), compress=True)

    assert body == b"".join(pieces)
    assert not compressed


@pytest.mark.parametrize("compress", [True, False])
def test_a_large_body_comes_in_slices(compress):
    """Above the limit a body is an iterator of slices, compressed if the client takes that."""
    pieces = [b"x" * COMPRESS_ABOVE, b"y", b"", b"z"]

    body, compressed = settle(stream_of(pieces), compress=compress)

    assert not isinstance(body, bytes)
    assert compressed is compress
    whole = b"".join(body)
    assert (gzip.decompress(whole) if compress else whole) == b"".join(pieces)


def test_nobody_waits_for_a_list_without_an_end():
    """A list that has shown nothing for long is taken for large, and the rest is not looked at."""
    looked_at = []

    def endless():
        while True:
            looked_at.append(1)
            yield ()

    body, compressed = settle(Stream(endless(), chain.from_iterable), compress=True)

    assert compressed
    assert not isinstance(body, bytes)
    assert len(looked_at) <= bodies._PATIENCE + 1


def test_what_is_written_is_let_go():
    """A protobuf list holds only what is still to be written."""
    stream = lists.stream([ENTRIES[:20], ENTRIES[20:]], PODS, MediaType(PROTOBUF))

    pieces = list(stream.finish(stream.slices))

    assert pieces[:2] == [b"", b""]
    assert len(pieces) == 7
