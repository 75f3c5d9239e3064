"""What a client takes, and what it wants done to the object."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.serving.negotiation import (
    FORMATS,
    JSON,
    PROTOBUF,
    YAML,
    Conversion,
    MediaType,
    best_of,
    check_route,
    choose,
    negotiate,
)
from tidegauge.serving.resources import allows_conversion
from tidegauge.serving.status import StatusError

TABLE = Conversion("meta.k8s.io", "v1", "Table")
AS_TABLE = "as=Table;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", MediaType(JSON)),
        ("*/*", MediaType(JSON)),
        ("application/*", MediaType(JSON)),
        (f"{PROTOBUF}, */*", MediaType(PROTOBUF)),
        (f"{PROTOBUF},{JSON}", MediaType(PROTOBUF)),
        (f"{JSON};q=0.1,{YAML}", MediaType(YAML)),
        (f"*/*,{YAML}", MediaType(YAML)),
        (f"text/html,{YAML};q=0.1", MediaType(YAML)),
        (f"{JSON};q=0", MediaType(JSON)),
        (f"{JSON};pretty=1", MediaType(JSON, pretty=True)),
        (f"{JSON};pretty=true", MediaType(JSON)),
        (f"{JSON};stream=watch", MediaType(JSON)),
        (f"{JSON};stream=other", None),
        (f"{YAML};stream=watch", None),
        (f"{YAML};stream=watch,*/*;q=0.1", MediaType(JSON)),
        (f"{JSON};{AS_TABLE}", MediaType(JSON, TABLE)),
        (f"{PROTOBUF};{AS_TABLE},{YAML};{AS_TABLE}", MediaType(YAML, TABLE)),
        (f"{PROTOBUF};{AS_TABLE}", None),
        (f"{JSON};as=Table", None),
        (f"{JSON};as=Chair;v=v1;g=meta.k8s.io,{JSON}", MediaType(JSON)),
        ("text/html", None),
        ("application", None),
        (",;,", None),
    ],
)
def test_the_best_clause_that_can_be_met_is_chosen(accept, expected):
    """Quality first, then the more specific, then the client's order; unmet clauses are skipped."""
    assert choose(accept, allows_conversion) == expected


@pytest.mark.parametrize(
    ("accept", "passes"),
    [
        ("", True),
        ("*/*", True),
        ("*", False),
        ("application/*", False),
        (f"text/html, {JSON};q=0.1", True),
        ("text/html", False),
    ],
)
def test_a_route_compares_bare_media_types(accept, passes):
    """The first gate knows no wildcard but */* and ignores parameters."""
    if passes:
        check_route(accept, FORMATS)
    else:
        with pytest.raises(StatusError, match=r"^406: Not Acceptable\n\nAvailable") as caught:
            check_route(accept, FORMATS)
        assert caught.value.status.code == 406


def test_an_unmet_conversion_names_what_is_served():
    """A client that asks for a shape that there is not reads what there is."""
    with pytest.raises(StatusError, match=f"only .* accepted: {JSON}, {YAML}, {PROTOBUF}"):
        negotiate(f"{JSON};{AS_TABLE}")


def test_plain_media_types_are_chosen_in_the_order_of_the_client():
    """Of what is offered the client's best is taken, the first where it does not care."""
    assert best_of("", ["a/a", "b/b"]) == "a/a"
    assert best_of("b/b;q=0.9,a/a;q=0.1", ["a/a", "b/b"]) == "b/b"
    assert best_of("c/c", ["a/a", "b/b"]) is None


@given(st.text(alphabet="aj*/;,=q.01 gv"))
def test_any_accept_header_can_be_read(accept):
    """No header raises; what is chosen is one of ours."""
    chosen = choose(accept, allows_conversion)

    assert chosen is None or chosen.format in FORMATS
