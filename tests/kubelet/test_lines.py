"""Labels as kubelets write them are read at once, and as the grammar reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.kubelet import lines
from tidegauge.kubelet.lines import BadLineError, container_key
from tidegauge.kubelet.series import MAX_NAME

_names = st.one_of(
    st.sampled_from(["", "web", "a b", "a,b", "}", "e\u0301", "x" * (MAX_NAME + 1)]),
    st.text(st.characters(exclude_characters='"\\\\', exclude_categories=["Cs"]), max_size=90),
)


def by_the_grammar(block: bytes) -> list[str]:
    """Container, namespace and pod."""
    return lines._names(block, "container", "namespace", "pod")


@given(_names, _names, _names)
def test_usual_labels_are_read_as_any_others(container, namespace, pod):
    """Whatever the names are, one that is missing or too long too."""
    block = f'container="{container}",namespace="{namespace}",pod="{pod}"'.encode()
    try:
        expected = by_the_grammar(block)
    except BadLineError:
        with pytest.raises(BadLineError):
            container_key(block)
    else:
        assert container_key(block) == (expected[1], expected[2], expected[0])


def test_names_that_are_no_text_are_refused():
    """Bytes that are no UTF-8 are a bad line, not a crash."""
    block = b'container="\xff",namespace="ns",pod="web"'

    with pytest.raises(UnicodeDecodeError):
        container_key(block)
