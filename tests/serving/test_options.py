"""The options of a list, the time limit and pretty printing."""

import pytest

from tidegauge.serving.options import parse_list_options, time_limit, wants_pretty
from tidegauge.serving.query import parse_query
from tidegauge.serving.status import StatusError


def refusal(raw):
    with pytest.raises(StatusError) as caught:
        parse_list_options(parse_query(raw))
    return caught.value.status


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("limit=", 'strconv.ParseInt: parsing "": invalid syntax'),
        ("limit=1.5", 'strconv.ParseInt: parsing "1.5": invalid syntax'),
        ("timeoutSeconds=x&limit=y", 'strconv.ParseInt: parsing "x": invalid syntax'),
        (
            f"limit={2**63}",
            f'strconv.ParseInt: parsing "{2**63}": value out of range',
        ),
        (
            "labelSelector=a%3D%3D%3Db",
            "unable to parse requirement: found '=', expected: identifier",
        ),
        (
            "fieldSelector=a%3Db",
            '"a" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
    ],
)
def test_what_cannot_be_read_is_a_bad_request(raw, message):
    """An option that is no number or no selector is refused with Kubernetes' words."""
    status = refusal(raw)

    assert (status.code, status.reason) == (400, "BadRequest")
    assert status.message == message


@pytest.mark.parametrize("digits", [5_000, 100_000])
def test_a_number_of_any_length_is_refused_cheaply(digits):
    """A number of thousands of digits is out of range, not an error of its own."""
    assert refusal(f"limit={'9' * digits}").message.endswith("value out of range")


@pytest.mark.parametrize(
    "raw", ["labelSelector=%ZZ", "pretty=1;labelSelector=a%3Db", "fieldSelector=a;b"]
)
def test_a_selector_that_would_be_lost_is_refused(raw):
    """A selector in a malformed piece is not dropped: the list would hold everything."""
    status = refusal(raw)

    assert status.code == 400
    assert "write ; as %3B and % as %25" in status.message


def test_other_malformed_pieces_change_nothing():
    """A malformed piece without a selector is dropped, for clients send such things."""
    options = parse_list_options(parse_query("x=%ZZ&a=b;c=d&labelSelector=app%3Dweb"))

    assert options.labels.matches({"app": "web"})
    assert not options.labels.matches({})


@pytest.mark.parametrize(
    ("raw", "watch"), [("", False), ("watch=false", False), ("watch", True), ("watch=1", True)]
)
def test_a_watch_is_recognised(raw, watch):
    """Whether the list is to be watched is left to the handler, which refuses it."""
    assert parse_list_options(parse_query(raw)).watch is watch


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ("resourceVersionMatch=Exact", ["resourceVersionMatch"]),
        ("resourceVersionMatch=Exact&resourceVersion=0", ["resourceVersionMatch"]),
        ("resourceVersionMatch=odd&resourceVersion=1&continue=x", ["resourceVersionMatch"] * 2),
        ("sendInitialEvents=false", ["sendInitialEvents"]),
        ("watch&resourceVersionMatch=Exact&resourceVersion=1", ["resourceVersionMatch"] * 2),
        ("watch&continue=x", ["resourceVersionMatch"]),
        ("watch&sendInitialEvents=1&resourceVersion=5", ["resourceVersionMatch"]),
    ],
)
def test_options_that_exclude_each_other_are_invalid(raw, fields):
    """Each conflict is a cause with the field it is about."""
    status = refusal(raw)

    assert (status.code, status.reason) == (422, "Invalid")
    assert status.details is not None
    assert [cause.field for cause in status.details.causes] == fields


@pytest.mark.parametrize(
    ("raw", "limit"),
    [
        ("", None),
        ("timeout=", None),
        ("timeout=0", None),
        ("timeout=-1s", None),
        ("timeout=1m", 60),
    ],
)
def test_the_client_may_limit_the_time(raw, limit):
    """A positive duration is a limit; without one, or with 0, the server's own holds."""
    assert time_limit(parse_query(raw)) == limit


def test_a_limit_that_is_no_duration_is_refused():
    """The time limit is checked before anything is done."""
    with pytest.raises(StatusError, match="invalid timeout specified in the request URL - time: "):
        time_limit(parse_query("timeout=soon"))


@pytest.mark.parametrize(
    ("raw", "agent", "pretty"),
    [
        ("", "", False),
        ("", "kubectl/v1.37.2", False),
        ("", "curl/8.5.0", True),
        ("", "Wget/1.21", True),
        ("", "Mozilla/5.0 (X11)", True),
        ("", "Mozilla/4.0", False),
        ("pretty=0", "curl/8.5.0", False),
        ("pretty=true", "", True),
        ("pretty=yes", "curl/8.5.0", False),
        ("pretty=", "curl/8.5.0", True),
    ],
)
def test_humans_get_indented_json(raw, agent, pretty):
    """The parameter decides; without it, browsers and command line tools get it indented."""
    assert wants_pretty(parse_query(raw), agent) is pretty
