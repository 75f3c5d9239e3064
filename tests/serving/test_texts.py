"""JSON and YAML as Kubernetes writes them."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.serving import jsontext, yamltext

_scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text()
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_plain_text = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a<b>&c", r'"a\u003cb\u003e\u0026c"'),
        ("\u2028\u2029", r'"\u2028\u2029"'),
        ('"\\', r'"\"\\"'),
        ("\x00\x1f", r'"\u0000\u001f"'),
        ("é😀", '"é😀"'),
        ({"b": 1, "a": None}, '{"b":1,"a":null}'),
    ],
)
def test_json_escapes_what_go_escapes(value, text):
    """Angle brackets, ampersands and line separators are escaped; keys keep their order."""
    assert jsontext.dump(value) == text


def test_bytes_that_were_no_utf8_become_replacement_characters():
    """A name from a URL may hold any bytes; no encoding breaks on them."""
    assert jsontext.quoted("a\udcff") == '"a\ufffd"'


@given(_values)
def test_json_reads_back_as_it_was(value):
    """What is written, indented or not, is read back as the same value."""
    text = jsontext.dump(value)

    assert json.loads(text) == value
    assert json.loads(jsontext.indent(text)) == value


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("web", "web"),
        ("", '""'),
        ("y", '"y"'),
        ("true", '"true"'),
        ("null", '"null"'),
        ("10", '"10"'),
        ("1.5", '"1.5"'),
        ("0x1F", '"0x1F"'),
        ("1:30", '"1:30"'),
        ("2026-11-23T12:00:15Z", '"2026-11-23T12:00:15Z"'),
        ("1500m", "1500m"),
        ("12240Ki", "12240Ki"),
        ("14.821s", "14.821s"),
        (":24443", ":24443"),
        ("a: b", "'a: b'"),
        ("found '=': no", "'found ''='': no'"),
    ],
)
def test_yaml_quotes_what_would_be_read_as_something_else(text, written):
    """Texts that look like other types stand in double quotes, special ones in single quotes."""
    assert yamltext.dump({"key": text}) == f"key: {written}\n"


@given(st.dictionaries(_plain_text, _plain_text, max_size=5))
def test_yaml_texts_read_back_as_texts(value):
    """Whatever a label holds, it is read back as that text."""
    assert yaml.safe_load(yamltext.dump(value)) == value


def test_yaml_is_made_from_json():
    """Lists stand at the indent of their key, keys are sorted."""
    text = '{"metadata":{},"items":[{"b":1,"a":["x"]}],"none":null}'

    assert yamltext.from_json(text) == ("items:\n- a:\n  - x\n  b: 1\nmetadata: {}\nnone: null\n")
