"""The pure API against what the Go server was recorded answering, without any network.

Who is asking and whether they may is not its matter, so only the admin's requests are replayed;
what the transport and the health checks answer is left to their own tests.
"""

import re
from functools import cache

import pytest

from tests.clock import ManualClock
from tests.serving.recorded_cluster import RecordedCluster, recorded_cluster
from tests.transcripts.compare import asks_for_v1, differences
from tests.transcripts.differences import reason
from tests.transcripts.records import GOLDEN, Asked, Record, Reply, load, resolve_placeholders
from tidegauge.serving.api import Api
from tidegauge.serving.messages import Request
from tidegauge.units.selectors import LabelSelector


class TickingClock(ManualClock):
    """Time passes with every look at it, as it does."""

    def monotonic(self) -> float:
        self.advance(0.001)
        return super().monotonic()


class Offline:
    """Asks the API directly."""

    def __init__(self, cluster: RecordedCluster) -> None:
        self.api = Api(
            cluster,
            TickingClock(),
            node_selector=LabelSelector(()),
            observe_freshness=lambda _times, _now: None,
            server_address=":24443",
            other_paths=("/healthz",),
        )

    def ask(self, asked: Asked) -> Reply:
        headers = [
            (name.lower(), value)
            for name, values in asked.headers.items()
            for value in (values if isinstance(values, list) else [values])
            if value is not None
        ]
        target = asked.path.removeprefix("http://other.example")
        response = self.api.respond(Request(asked.method, target, headers))
        body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        return Reply(response.status, list(response.headers), body)


_ELSEWHERE = re.compile("/(healthz|livez|readyz|metrics$)")

_SECTIONS = {
    "direct": (
        "path verb body label field option pretty accept table discovery encoding etag openapi "
        "client document debug wire"
    ),
    "direct-cold": "cold",
    "direct-large": "large",
}


def ours_to_answer(record: Record) -> bool:
    by_transport = "Cache-Control" not in record.response["headers"]
    elsewhere = _ELSEWHERE.match(record.asked.path.partition("?")[0])
    admin = record.asked.identity == "admin"
    return admin and not (by_transport or elsewhere or asks_for_v1(record))


@cache
def records(name: str) -> list[Record]:
    return [record for record in load(GOLDEN / f"{name}.jsonl.gz") if ours_to_answer(record)]


@cache
def offline(name: str) -> Offline:
    return Offline(recorded_cluster(answered="cold" not in name, large="large" in name))


def found(name: str, record: Record) -> list[str]:
    ask = offline(name).ask
    return differences(record, ask(resolve_placeholders(record.asked, ask)))


@pytest.mark.parametrize(
    ("name", "section"),
    [(name, section) for name, sections in _SECTIONS.items() for section in sections.split()],
)
def test_answers_equal_the_recorded_ones(name, section):
    """Every answer equals the recorded one in status, headers and body, or has its reason."""
    chosen = [record for record in records(name) if record.section == section]

    unequal = {
        record.id: differing
        for record in chosen
        if not reason(record) and (differing := found(name, record))
    }

    assert chosen
    assert unequal == {}
