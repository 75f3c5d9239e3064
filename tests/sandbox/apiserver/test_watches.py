"""A watch that its client does not read fast enough."""

import pytest

from tidegauge.sandbox.apiserver import watches
from tidegauge.sandbox.apiserver.forms import Form
from tidegauge.sandbox.apiserver.kinds import BY_RESOURCE
from tidegauge.sandbox.apiserver.storage import ADDED, Change
from tidegauge.serving.negotiation import MediaType
from tidegauge.serving.options import parse_list_options
from tidegauge.serving.query import parse_query


def test_a_slow_client_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a client has a bound; beyond it the watch ends, and the client lists again."""
    monkeypatch.setattr(watches, "LONGEST_BACKLOG", 2)
    form = Form(BY_RESOURCE["configmaps"], MediaType())
    watch = watches.Watch(form, parse_list_options(parse_query("")), None, lambda: 0.0)

    ended = []
    for name in "abc":
        watch.change(Change(ADDED, {"metadata": {"name": name, "resourceVersion": "1"}}, None))
        ended.append(watch.ended)

    assert ended == [False, False, True]
