"""How a query is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.serving.query import parse_query, unescape


@pytest.mark.parametrize(
    ("raw", "values", "malformed"),
    [
        ("", {}, ()),
        ("a=b", {"a": "b"}, ()),
        ("a=b&c=d", {"a": "b", "c": "d"}, ()),
        ("a=1&a=2", {"a": "1"}, ()),
        ("a", {"a": ""}, ()),
        ("a=", {"a": ""}, ()),
        ("=", {"": ""}, ()),
        ("a==b", {"a": "=b"}, ()),
        ("a=b+c%2B", {"a": "b c+"}, ()),
        ("%61=%C3%A9", {"a": "é"}, ()),
        ("a=%FF", {"a": "\udcff"}, ()),
        ("a=%ZZ&b=1", {"b": "1"}, ("a=%ZZ",)),
        ("a=%", {}, ("a=%",)),
        ("a=1;b=2&c=3", {"c": "3"}, ("a=1;b=2",)),
        ("a=%3B", {"a": ";"}, ()),
    ],
)
def test_pieces_are_read_as_go_reads_them(raw, values, malformed):
    """The first value of a key counts; what has a bare ; or % is kept apart, as it was sent."""
    query = parse_query(raw)

    assert query.values == values
    assert query.malformed == malformed


@pytest.mark.parametrize(
    ("raw", "is_set"),
    [
        ("", False),
        ("watch", True),
        ("watch=", True),
        ("watch=true", True),
        ("watch=no", True),
        ("watch=0", False),
        ("watch=False", False),
    ],
)
def test_a_switch_is_on_unless_it_is_switched_off(raw, is_set):
    """An option without a value is on; only 0 and false, in any case, are off."""
    assert parse_query(raw).is_set("watch") is is_set


@given(st.text())
def test_any_query_can_be_read(raw):
    """No query raises, and each of its pieces is either read or kept apart."""
    query = parse_query(raw)

    pieces = [piece for piece in raw.split("&") if piece]
    assert len(query.malformed) + len(query.values) <= len(pieces)
    assert bool(pieces) == bool(query.malformed or query.values)


@given(st.binary())
def test_unescaping_keeps_every_byte(content):
    """Escaped bytes come back, whether they are UTF-8 or not."""
    text = unescape("".join(f"%{byte:02X}" for byte in content))

    assert text.encode("utf-8", "surrogateescape") == content
