"""Replays records, of any mixture of files, against a server of ours beside a real control plane.

The cluster goes through three states, as when it was recorded: no kubelet answers, all do, and the
large namespace is there. Each record says by its section in which one, and through whom, it asks.
"""

import datetime as dt
import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from subprocess import TimeoutExpired

from tests.realcluster import build, servers
from tests.realcluster.servers import MetricsServer
from tests.transcripts import commands, compare, differences
from tests.transcripts.exchange import REFUSED_BY_TLS, Exchange
from tests.transcripts.records import Command, Output, Record, resolve_placeholders
from tests.transcripts.stage import Fixture, Stage
from tests.transcripts.verdict import FREE, Outcome, Tally

AT_ONCE = 4
"""Requests and kubectl runs under way; more than cores, since both sides wait for the other."""

_REFUSED = "OpenSSL ends the handshake for a certificate that Go carries on to a 401"


def replay(
    records: Sequence[Record | Command],
    fixture: Fixture,
    make: Callable[..., MetricsServer] = servers.tidegauge,
    say: build.Say | None = None,
) -> Tally:
    """Set the fixture's cluster up, replay all records in the recorded order of states, and judge.

    `make` starts the server under test.
    """
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder), fixture, say) as stage:
        return Replay(stage, stage.start(make)).run(records)


class Replay:
    """The states of a cluster, and what to ask in each."""

    def __init__(self, stage: Stage, server: MetricsServer) -> None:
        self._stage = stage
        self._server = server
        self._direct = stage.exchange(server.url)
        self._aggregated = stage.exchange(stage.plane.url)
        self._since = dt.datetime.now(dt.UTC).replace(microsecond=0)

    def run(self, records: Sequence[Record | Command]) -> Tally:
        kept = [record for record in records if not _asks_us_for_v1(record)]
        by_state: dict[str, list[Record | Command]] = {"cold": [], "warm": [], "large": []}
        for record in kept:
            by_state[_state(record)].append(record)
        outcomes = list(self._all(by_state["cold"]))
        if by_state["warm"] or by_state["large"]:
            self._stage.register(self._server)
            self._stage.feed()
        outcomes += self._all(by_state["warm"])
        if by_state["large"]:
            self._stage.enlarge()
        outcomes += self._all(by_state["large"])
        return Tally(outcomes, skipped=len(records) - len(kept))

    def _all(self, records: Iterable[Record | Command]) -> Iterator[Outcome]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self._one, records)

    def _one(self, record: Record | Command) -> Outcome:
        if isinstance(record, Command):
            found = self._command_differences(record)
            return Outcome(record.id, record.section, record.title, found)
        exchange = self._aggregated if record.section.startswith("agg") else self._direct
        return _exchanged(exchange, record)

    def _command_differences(self, command: Command) -> list[str]:
        try:
            printed = self._stage.plane.kubectl(*command.args, version=command.kubectl)
        except TimeoutExpired as error:
            return [str(error)]
        return commands.differences(command, Output(*printed), self._since)


def _state(record: Record | Command) -> str:
    if record.section == "cold":
        return "cold"
    return "large" if record.section.endswith("large") else "warm"


def _asks_us_for_v1(record: Record | Command) -> bool:
    """Through kube-apiserver there is no v1: the fixture registers v1beta1 alone."""
    if isinstance(record, Command) or record.section.startswith("agg"):
        return False
    return compare.asks_for_v1(record)


def _exchanged(exchange: Exchange, record: Record) -> Outcome:
    free = f"what {record.section} holds need not match" if record.section in FREE else None
    reason = differences.reason(record) or free
    try:
        reply = exchange.ask(resolve_placeholders(record.asked, exchange.ask))
        found = compare.differences(record, reply)
    except (OSError, HTTPException) as error:
        found = [f"no answer: {error!r}"]
        if isinstance(error, ssl.SSLError) and record.asked.identity in REFUSED_BY_TLS:
            reason = _REFUSED
    return Outcome(record.id, record.section, record.title, found, reason if found else None)
