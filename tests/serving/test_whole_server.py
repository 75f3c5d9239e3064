"""What was recorded, replayed over TLS without a control plane: quick, so for every change.

The replay beside a real control plane is tests/realcluster/test_transcripts.py.
"""

import ssl
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import pytest

from tests.serving.whole_server import WholeServer
from tests.transcripts.compare import asks_for_v1, differences
from tests.transcripts.differences import reason
from tests.transcripts.exchange import REFUSED_BY_TLS
from tests.transcripts.records import GOLDEN, Record, load, resolve_placeholders

SECTIONS = {
    "direct": (
        "auth proxy impersonate health metrics wire path verb body client option encoding etag "
        "discovery accept table label field pretty openapi document debug"
    ),
    "direct-cold": "cold",
    "direct-large": "large",
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, WholeServer]]:
    with (
        WholeServer(answered=True) as direct,
        WholeServer(answered=False) as cold,
        WholeServer(answered=True, large=True) as large,
    ):
        yield {"direct": direct, "direct-cold": cold, "direct-large": large}


@cache
def records(name: str) -> dict[str, list[Record]]:
    sections = defaultdict(list)
    for record in load(GOLDEN / f"{name}.jsonl.gz"):
        if not asks_for_v1(record):
            sections[record.section].append(record)
    return sections


def found(server: WholeServer, record: Record) -> list[str]:
    if record.asked.identity in REFUSED_BY_TLS:
        with pytest.raises(ssl.SSLError, match="alert"):
            server.ask(record.asked)
        return []
    reply = server.ask(resolve_placeholders(record.asked, server.ask))
    if record.section == "impersonate" and reply.status == record.status >= 400:
        return []  # the wording is Go's and of the constrained kind
    return differences(record, reply)


@pytest.mark.parametrize(
    ("name", "section"),
    [(name, section) for name, sections in SECTIONS.items() for section in sections.split()],
)
def test_answers_equal_the_recorded_ones(
    servers: dict[str, WholeServer], name: str, section: str
) -> None:
    """Every answer equals the recorded one in status, headers and body, or has its reason."""
    chosen = records(name)[section]
    unequal = {
        record.id: [f"{record.asked.method} {record.asked.path[:80]}", *differing]
        for record in chosen
        if not reason(record) and (differing := found(servers[name], record))
    }

    assert chosen
    assert unequal == {}
