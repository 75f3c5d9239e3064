"""Things found by selector, and selectors found by pods, against looking at each of them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.autoscale.controller.labelled import Labelled, exact
from tidegauge.autoscale.controller.selectors import Selectors
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.units.selectors import LabelSelector, parse_label_selector

SELECTORS = [
    "",
    "a=1",
    "a=1,b=2",
    "a in (1,2)",
    "a",
    "!a",
    "a!=1",
    "b=2,a notin (1)",
    "a in (1)",
    "b>1",
]

LABELS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("123"), max_size=2)
NAMES = st.sampled_from(["w", "x", "y", "z"])


@settings(deadline=None)
@given(
    st.lists(st.tuples(NAMES, st.none() | LABELS), max_size=30),
    st.sampled_from(SELECTORS).map(parse_label_selector),
)
def test_things_by_selector(steps, selector):
    """Whatever was put, changed and removed: what is found is what a look at each would find."""
    things: Labelled[Any] = Labelled()
    plain: dict[str, Any] = {}
    for turn, (name, labels) in enumerate(steps):
        if labels is None:
            things.remove(name)
            plain.pop(name, None)
        else:
            things.put(name, labels, (name, turn))
            plain[name] = labels, (name, turn)

    found = sorted(things.select(selector))
    assert found == sorted(thing for labels, thing in plain.values() if selector.matches(labels))
    assert sorted(things.names()) == sorted(plain)
    assert len(things) == len(plain)


def test_nothing_is_kept_of_what_is_gone():
    """Labels that nothing has any more take no room."""
    things: Labelled[str] = Labelled()
    things.put("x", {"a": "1"}, "x")
    things.put("x", {"a": "2"}, "x")
    things.remove("x")

    assert (things._groups, things._having, things._group_of) == ({}, {}, {})


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("a=1", ("a", "1")),
        ("a!=1,b==2", ("b", "2")),
        ("a in (1)", ("a", "1")),
        ("a in (1,2)", None),
        ("!a", None),
        ("a", None),
        ("a>1", None),
        ("", None),
    ],
)
def test_exact(text, pair):
    """A label with one value that all must have, where a selector names one."""
    assert exact(parse_label_selector(text)) == pair


@settings(deadline=None)
@given(
    st.lists(st.tuples(NAMES, st.none() | st.sampled_from(SELECTORS)), max_size=20),
    st.lists(LABELS, max_size=3),
    NAMES,
)
def test_other_selectors(steps, pods, own):
    """None that selects one of the pods is left out, our own always is."""
    known = Selectors()
    plain: dict[str, LabelSelector] = {}
    for key, text in steps:
        if text is None:
            known.remove(key)
            plain.pop(key, None)
        else:
            plain[key] = parse_label_selector(text)
            known.put(key, plain[key])

    others = known.others(own, [Pod(name=str(i), labels=labels) for i, labels in enumerate(pods)])

    selecting = {
        key
        for key, selector in plain.items()
        if key != own and any(selector.matches(labels) for labels in pods)
    }
    assert selecting <= set(others) <= set(plain) - {own}
    assert all(others[key] == plain[key] for key in others)
    assert list(others) == sorted(others)
