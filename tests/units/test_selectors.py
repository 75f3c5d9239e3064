"""Selectors: what is taken, what is refused and how, and what matches."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidegauge.units.selectors import (
    SelectorError,
    parse_field_selector,
    parse_label_selector,
)

RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "golden" / "selectors.jsonl")
    .read_text("utf-8")
    .splitlines()
]

PARSERS = {"label": parse_label_selector, "field": parse_field_selector}


def error_of(parse, text):
    try:
        parse(text)
    except SelectorError as error:
        return str(error)
    return None


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: f"{case['kind']} {case['selector']!r}")
def test_verdict_equals_the_recording(case):
    """A selector that the Go server took is taken; one it refused is refused in the same words."""
    assert error_of(PARSERS[case["kind"]], case["selector"]) == case["error"]


LABELS = {"app": "web", "tier": "", "weight": "5", "in": "notin", "example.com/x": "y"}

MATCHING = [
    ("", True),
    (" \t\r\n", True),
    ("app=web", True),
    ("app==web", True),
    ("app=api", False),
    ("app!=web", False),
    ("app!=api", True),
    ("none!=api", True),
    ("app", True),
    ("none", False),
    ("!none", True),
    ("!app", False),
    ("tier", True),
    ("tier=", True),
    ("none=", False),
    ("none!=", True),
    ("tier!=", False),
    ("app in (web)", True),
    ("app in (api,web)", True),
    ("app in ( api , web )", True),
    ("app in (api)", False),
    ("tier in ()", True),
    ("tier in (,x)", True),
    ("tier in (x,)", True),
    ("tier in (x,,y)", True),
    ("none in ()", False),
    ("app notin (web)", False),
    ("app notin (api)", True),
    ("none notin (api)", True),
    ("none notin ()", True),
    ("weight>4", True),
    ("weight>5", False),
    ("weight<6", True),
    ("weight < 5", False),
    ("weight>+4", None),
    ("none>0", False),
    ("app>0", False),
    ("in in (notin)", True),
    ("in=notin", True),
    ("in notin (in)", True),
    ("example.com/x=y", True),
    ("app=web,tier=,weight>4,!none", True),
    ("app=web,app=api", False),
    ("app=web,none", False),
    ("app=web\0,", None),
    ("app=web\0", True),
    ("\0app=api", True),
]


@pytest.mark.parametrize(("text", "matches"), MATCHING, ids=[repr(text) for text, _ in MATCHING])
def test_label_selector_matches(text, matches):
    """Each operator against labels that are there, empty and missing; None means refused."""
    if matches is None:
        assert error_of(parse_label_selector, text)
    else:
        assert parse_label_selector(text).matches(LABELS) is matches


INTEGERS = [
    ("9223372036854775807", True),
    ("9223372036854775808", False),
    ("007", True),
    ("1_0", False),
    ("+5", True),
    ("\u0665", False),
    ("", False),
]


@pytest.mark.parametrize(("value", "matches"), INTEGERS, ids=[value for value, _ in INTEGERS])
def test_comparison_takes_64_bit_integers_only(value, matches):
    """A label that is no decimal integer of 64 bits is neither above nor below anything."""
    assert parse_label_selector("n>4").matches({"n": value}) is matches


EXTRA_ERRORS = [
    ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
    ("a in (b,", "unable to parse requirement: found '', expected: ',', or identifier"),
    ("a in (b=", "unable to parse requirement: found '=', expected: ',' or ')'"),
    ("!a=b", "found '=', expected: ',' or 'end of string'"),
    ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
]


@pytest.mark.parametrize(("text", "message"), EXTRA_ERRORS, ids=[text for text, _ in EXTRA_ERRORS])
def test_label_selector_error(text, message):
    """Errors that the recording lacks, in the same words as upstream."""
    assert error_of(parse_label_selector, text) == message


def test_all_faults_of_a_requirement_are_told():
    """Two bad values of one requirement, or two faults of one value, come in one message."""
    two = error_of(parse_label_selector, "a in (-x,-y)")
    both = error_of(parse_label_selector, f"a>{'x' * 63}-")

    assert two.startswith('unable to parse requirement: [values[0][a]: Invalid value: "-x": ')
    assert ', values[1][a]: Invalid value: "-y": ' in two
    assert "the value must be an integer, values[0][a]: Invalid value" in both
    assert "must be no more than 63 bytes; a valid label must be" in both


def test_empty_selectors_say_so():
    """A selector without terms is empty, so that callers can skip matching."""
    assert parse_label_selector(" ").empty
    assert parse_field_selector(",=,").empty
    assert not parse_label_selector("!a").empty
    assert not parse_label_selector("a>1").empty
    assert not parse_field_selector("metadata.name!=").empty


FIELDS = [
    ("metadata.name=web-0", True),
    ("metadata.name==web-0", True),
    ("metadata.name!=web-0", False),
    ("metadata.name=web-0,metadata.namespace=", True),
    ("metadata.namespace=ns", False),
    ("metadata.namespace!=ns", True),
    (",metadata.name=web-0,,", True),
    (r"metadata.name=a\,b\=c\\", False),
]


@pytest.mark.parametrize(("text", "matches"), FIELDS, ids=[text for text, _ in FIELDS])
def test_field_selector_matches(text, matches):
    """Terms are ANDed; a field that an object lacks is empty."""
    assert parse_field_selector(text).matches({"metadata.name": "web-0"}) is matches


def test_field_values_are_unescaped():
    """A backslash makes a comma, an equals sign or a backslash part of the value."""
    selector = parse_field_selector(r"metadata.name=a\,b\=c\\")

    assert selector.matches({"metadata.name": "a,b=c\\"})


@given(st.text(alphabet="ab-/.=!<>(), \t\\\0in\u00e9", max_size=40))
@example("a in (" + "," * 1000)
def test_any_text_is_a_selector_or_an_error(text):
    """No text ends in anything but a selector or a SelectorError."""
    for parse in PARSERS.values():
        assert error_of(parse, text) != ""
