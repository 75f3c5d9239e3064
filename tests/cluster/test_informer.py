"""What an informer does about everything that streams, lists and servers do."""

import asyncio

import pytest

from tests.cluster import scripted, wire
from tests.cluster.scripted import (
    BROKEN,
    URL,
    Client,
    Run,
    Wait,
    added,
    bookmark,
    deleted,
    initial,
    page,
)
from tidegauge.cluster import informer as informer_module
from tidegauge.cluster.cache import Pods
from tidegauge.cluster.errors import Status, error_answer
from tidegauge.cluster.nodes import NODES
from tidegauge.cluster.pods import PODS
from tidegauge.cluster.records import Node, Pod


def refused(code, reason="", retry_after=0.0):
    return error_answer(URL, code, Status(code, reason), retry_after)


async def run(*script, **fields):
    return await Run(*script, **fields).to_end()


async def test_initial_events():
    """The list is streamed; when its end is marked the store is complete, and said to be."""
    done = await run(initial("b", "a", version="5"))

    assert done.names() == ["a", "b"]
    assert done.store.synced
    assert done.journal.told == ["synced", "ended"]
    assert done.client.asked[0] == {
        "fieldSelector": "status.phase=Running",
        "watch": "true",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "600",
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
    }


async def test_not_complete_before_its_end():
    """Until the end of the initial events is marked the store does not count as complete."""
    done = await run([added("a")], page(version="1"), [])

    assert done.journal.told[0] == "synced"
    assert done.names() == []


async def test_nodes():
    """Nodes are followed the same way, as JSON."""
    end = {"k8s.io/initial-events-end": "true"}
    events = [
        wire.line("ADDED", wire.node_object("n", version="1")),
        wire.line("BOOKMARK", wire.node_object(version="2", annotations=end)),
    ]
    done = await run(events, resource=NODES)

    assert done.store.all() == (Node("n", created="2026-11-23T12:00:00Z"),)
    assert done.versions == ["initial", "2"]


@pytest.mark.parametrize(
    ("events", "names", "version"),
    [
        pytest.param([], ["a", "b"], "5", id="nothing"),
        pytest.param([added("c", "6")], ["a", "b", "c"], "6", id="added"),
        pytest.param([deleted("a", "6")], ["b"], "6", id="deleted"),
        pytest.param([deleted("x", "6")], ["a", "b"], "6", id="deleted-unknown"),
        pytest.param([bookmark("9")], ["a", "b"], "9", id="bookmark"),
        pytest.param(
            [added("c", "6"), deleted("c", "7"), added("c", "8")], ["a", "b", "c"], "8", id="many"
        ),
        pytest.param([added("c", "6")[:-1]], ["a", "b"], "5", id="cut-off"),
    ],
)
async def test_events(events, names, version):
    """Events change the store, and the next watch goes on from the last of them."""
    done = await run([*initial("a", "b", version="5"), *events])

    assert done.names() == names
    assert done.versions == ["initial", version]


async def test_modified():
    """A modified object replaces the one before."""
    changed = wire.pod_event("MODIFIED", "a", "shop", version="6", node="elsewhere")
    done = await run([*initial("a", version="5"), changed])

    assert done.store.all() == (Pod("shop", "a", "elsewhere"),)


async def test_byte_by_byte():
    """However the network cuts a stream, the same comes of it."""
    stream = b"".join([*initial("a", "b", version="5"), deleted("a", "6"), added("c", "7")])
    done = await run([stream[i : i + 1] for i in range(len(stream))])

    assert done.names() == ["b", "c"]
    assert done.versions == ["initial", "7"]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([[wire.error_event(410, "Expired", "too old")]], id="event"),
        pytest.param([refused(410, "Expired")], id="http-status"),
    ],
)
async def test_gone(script):
    """When its version is too old, be it as an event or a status, the list is made anew."""
    done = await run(initial("a", "b", version="5"), *script, initial("b", "c", version="9"))

    assert done.versions == ["initial", "5", "initial", "9"]
    assert done.names() == ["b", "c"]
    assert done.journal.told == ["synced", "ended", "gone", "ended"]


async def test_version_from_the_future():
    """When the API server was restored to an earlier time our version is of no use: list anew."""
    message = "Too large resource version: 5, current: 3"
    future = error_answer(URL, 504, Status(504, "Timeout", message))
    done = await run(initial("a", version="5"), future, initial("b", version="3"))

    assert done.versions == ["initial", "5", "initial", "3"]
    assert done.names() == ["b"]


async def test_relist_removes_only_at_its_end():
    """While a list is made anew readers keep what was last known; what it lacks goes at its end."""
    done = await run(
        initial("a", "b", version="5"),
        refused(410),
        [added("c"), BROKEN],
        initial("c", version="9"),
    )

    assert done.seen == [["a", "b"], ["a", "b"], ["a", "b", "c"], ["c"]]


async def test_relist_after_a_broken_list():
    """A list that breaks begins again from its start, not from the versions seen in it."""
    done = await run([added("a", "77"), BROKEN], initial("a", version="5"))

    assert done.versions == ["initial", "initial", "5"]


@pytest.mark.parametrize("status", [400, 422])
async def test_streamed_list_refused(status):
    """A server that can't stream a list is asked for pages at once, then watched from there."""
    done = await run(
        refused(status), page("a", version="5", next_token="t"), page("b", version="5"), []
    )

    assert done.versions == ["initial", "list", "list t", "5", "5"]
    assert [asked.get("limit") for asked in done.client.asked[1:3]] == ["500", "500"]
    assert done.client.asked[1]["fieldSelector"] == "status.phase=Running"
    assert done.names() == ["a", "b"]
    assert done.pauses == [0.5]


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param([added("a"), bookmark("3"), AssertionError("read on")], id="plain-bookmark"),
        pytest.param([added("a")], id="ends"),
    ],
)
async def test_streamed_list_without_end(stream):
    """A stream that shows that it will not mark its list's end gives way to pages."""
    done = await run(stream, page("a", version="5"), [])

    assert done.versions == ["initial", "list", "5", "5"]
    assert done.names() == ["a"]


async def test_streaming_is_tried_again():
    """After pages the next list is asked for as a stream again: servers are upgraded."""
    done = await run(refused(422), page("a", version="5"), refused(410), initial("b", version="9"))

    assert done.versions == ["initial", "list", "5", "initial", "9"]
    assert done.names() == ["b"]


async def test_pages_remove_too():
    """Objects that a paged list lacks are gone at its end."""
    done = await run(
        initial("a", version="1"), refused(410), refused(400), page("b", version="5"), []
    )

    assert done.names() == ["b"]


async def test_expired_page():
    """When a list's pages expire half-way the list begins again."""
    first = page("a", version="5", next_token="t")
    done = await run(refused(400), first, refused(410), initial("b", version="9"))

    assert done.versions == ["initial", "list", "list t", "initial", "9"]
    assert done.names() == ["b"]


async def test_server_away():
    """While the API server is away everything stays, and pauses grow to a limit."""
    away = [BROKEN] * 7
    done = await run(initial("a", version="5"), *away, [added("b", "6")])

    assert done.pauses == [0.5, 1, 2, 4, 8, 15, 15, 15, 15]
    assert all("a" in names for names in done.seen)
    assert done.versions == ["initial", *["5"] * 8, "6"]
    assert done.names() == ["a", "b"]
    assert done.journal.told.count("failed: unreachable") == 7


async def test_pause_is_short_after_a_steady_stream():
    """A stream that lasted a while makes the next pause short again; one that ends at once not."""
    lasting = [Wait(informer_module.STEADY), BROKEN]
    done = await run(BROKEN, BROKEN, initial("a", version="5"), lasting, [BROKEN])

    assert done.pauses == [0.5, 1, 2, 0.5, 1]


async def test_pause_is_short_when_the_server_is_back():
    """After an outage our version is often gone: the list is made soon; the second time not."""
    away, gone = [BROKEN] * 4, [refused(410)] * 2
    done = await run(initial("a", version="5"), *away, *gone, initial("a", version="9"))

    assert done.pauses == [0.5, 1, 2, 4, 8, 0.5, 1, 2]


async def test_retry_after():
    """A server that asks for patience gets it, on top of the usual pause."""
    done = await run(refused(429, retry_after=7), initial("a", version="5"))

    assert done.pauses == [7.5, 1]
    assert done.names() == ["a"]


async def test_endless_patience_is_not_given():
    """A Retry-After of years is a mistake: the server is asked again within minutes."""
    done = await run(refused(429, retry_after=1e9), initial("a", version="5"))

    assert done.pauses == [300.5, 1]


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 0.25), (0.5, 0.375), (1.0, 0.5)])
async def test_pauses_are_spread(chance, pause):
    """Pauses have a random part, so that many informers do not come back in one moment."""
    begun = Run(BROKEN)
    begun.informer._chance = lambda: chance
    await begun.to_end()

    assert begun.pauses == [pause]


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, "300"), (1.0, "600")])
async def test_length_of_a_watch_is_spread(chance, seconds):
    """Watches are asked to last between five and ten minutes."""
    begun = Run()
    begun.informer._chance = lambda: chance
    await begun.to_end()

    assert begun.client.asked[0]["timeoutSeconds"] == seconds


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (401, "failed: unauthorized"),
        (403, "failed: forbidden"),
        (404, "failed: not_found"),
        (429, "failed: too_many_requests"),
        (500, "failed: server_error"),
    ],
)
async def test_refusals_are_tried_again(code, told):
    """An informer never gives up: what is refused now may be granted later."""
    done = await run(refused(code), initial("a", version="5"))

    assert done.journal.told[:2] == [told, "synced"]


@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param(b"\x00\x00\x00\x02\xff\xff", id="no-protobuf"),
        pytest.param(b"\xff\xff\xff\xff", id="too-long"),
        pytest.param(wire.frame("ADDED", b"json{}"), id="no-envelope"),
    ],
)
async def test_damaged_stream(chunk):
    """Bytes that can't be read end the stream, which is then taken up where it was."""
    done = await run([*initial("a", version="5"), chunk], [added("b", "6")])

    assert done.versions == ["initial", "5", "6"]
    assert "failed: bad_body" in done.journal.told


async def test_damaged_page():
    """A page that can't be read fails the list, which is then made anew."""
    done = await run(refused(400), b"{}", initial("a", version="5"))

    assert done.journal.told == ["failed: bad_body", "synced", "ended"]


async def test_other_media_type(monkeypatch):
    """A stream of another media type is not read as if it were ours."""
    monkeypatch.setattr(PODS.form, "watch_type", "text/html")
    begun = await run(initial("a", version="5"))

    assert begun.journal.told == ["failed: bad_body"]


class Silent(Client):
    """Streams that go silent after their parts, until they are given up."""

    async def _chunks(self, parts):
        async for chunk in super()._chunks(parts):
            yield chunk
        await asyncio.Event().wait()


async def silent(*script, monkeypatch, name):
    monkeypatch.setattr(informer_module, name, 0.01)
    begun = Run()
    begun.client = Silent(begun.clock, *script)
    begun.informer._client = begun.client
    return await begun.to_end()


async def test_silent_stream(monkeypatch):
    """A stream on which nothing comes any more is given up, and taken up where it was."""
    done = await silent(
        initial("a", version="5"), [bookmark("7")], monkeypatch=monkeypatch, name="SILENCE"
    )

    assert done.versions == ["initial", "5", "7"]
    assert done.journal.told == ["synced", "failed: timeout", "failed: timeout"]


async def test_silent_list(monkeypatch):
    """A streamed list that stops without its end is given up sooner, and pages are asked for."""
    script = [added("a")], page("b", version="5")
    done = await silent(*script, monkeypatch=monkeypatch, name="INITIAL_SILENCE")

    assert done.versions == ["initial", "list", "5"]
    assert done.names() == ["b"]


async def test_wait_for_synced():
    """Others can wait for the first list."""
    begun = Run(initial("a", version="5"))
    waiting = asyncio.ensure_future(begun.informer.synced())
    await asyncio.sleep(0)
    assert not waiting.done()

    await begun.to_end()

    await waiting


async def test_bug_is_not_swallowed():
    """An error that is none of the API server's ends the informer: it is a bug to be seen."""

    class Broken(Pods):
        def put(self, pod):
            raise ZeroDivisionError(pod)

    with pytest.raises(ZeroDivisionError):
        await run(initial("a", version="5"), store=Broken())


async def test_a_server_without_protobuf(monkeypatch):
    """An answer in JSON is read as JSON, though protobuf is liked better."""
    monkeypatch.setattr(scripted, "_first", lambda _accept: "application/json")
    end = {"k8s.io/initial-events-end": "true"}
    events = [
        wire.line("ADDED", {"metadata": {"name": "a", "namespace": "shop"}}),
        wire.line("BOOKMARK", {"metadata": {"resourceVersion": "5", "annotations": end}}),
    ]

    done = await run(events)

    assert done.names() == ["a"]
    assert done.versions == ["initial", "5"]
