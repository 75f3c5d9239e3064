"""Watches: what a client has to be told, event by event, as the lines of its answer."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from tidegauge.sandbox.apiserver.forms import Form
from tidegauge.sandbox.apiserver.history import History
from tidegauge.sandbox.apiserver.selecting import matches
from tidegauge.sandbox.apiserver.storage import ADDED, DELETED, MODIFIED, Change, Object, Storage
from tidegauge.serving import jsontext
from tidegauge.serving.options import ListOptions
from tidegauge.serving.query import Query
from tidegauge.serving.status import Status, StatusError

BOOKMARK_SECONDS = 60.0
"""As kube-apiserver sends them."""

LONGEST_BACKLOG = 10_000
"""Events that a client may be behind; then its watch ends, and it lists again."""

INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class Watch:
    """One client's watch. Feed it changes; `lines` gives what to send.

    Only changes of objects that are selected count, and one that comes into the selection or
    leaves it is told as added or deleted.
    """

    def __init__(
        self, form: Form, options: ListOptions, namespace: str | None, now: Callable[[], float]
    ) -> None:
        self._form = form
        self._options = options
        self._namespace = namespace
        self._now = now
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._first = True
        self.ended = False

    def change(self, change: Change) -> None:
        kind = self._kind_of(change)
        if kind:
            obj = change.object
            if kind == DELETED and change.type != DELETED and change.previous:
                # It left the selection: told is what it was, with the version of the change.
                version = {"resourceVersion": obj["metadata"]["resourceVersion"]}
                obj = change.previous | {"metadata": change.previous["metadata"] | version}
            shown = self._form.event(obj, self._now(), first=self._first)
            self._first = False
            self._put(kind, shown)

    def bookmark(self, version: int, *, initial_end: bool = False) -> None:
        annotations = {INITIAL_EVENTS_END: "true"} if initial_end else {}
        self._put("BOOKMARK", self._form.bookmark(version, annotations))

    def fail(self, status: Status) -> None:
        """Say why, and end."""
        self._put("ERROR", {"kind": "Status", "apiVersion": "v1", **status.fields()})
        self.end()

    def end(self) -> None:
        self.ended = True
        self._news.set()

    async def lines(
        self, seconds: float, bookmark_seconds: float, version: Callable[[], int]
    ) -> AsyncIterator[bytes]:
        """Everything to send until the time is over; a bookmark each while, unless that is 0."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        due = loop.time() + (bookmark_seconds or seconds + 1)
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            now = loop.time()
            if self.ended or now >= until:
                return
            if now >= due:
                due = now + bookmark_seconds
                self.bookmark(version())
                continue
            self._news.clear()
            await _wait(self._news, min(until, due) - now)

    def _kind_of(self, change: Change) -> str:
        """What the change is to this client; empty for nothing."""
        now = change.type != DELETED and self._selects(change.object)
        before = change.previous is not None and self._selects(change.previous)
        return {(True, False): ADDED, (True, True): MODIFIED, (False, True): DELETED}.get(
            (now, before), ""
        )

    def _selects(self, obj: Object) -> bool:
        if self._namespace not in (None, obj["metadata"].get("namespace", "")):
            return False
        return matches(obj, self._options)

    def _put(self, kind: str, obj: Object) -> None:
        self._waiting.append(jsontext.dump({"type": kind, "object": obj}).encode() + b"\n")
        self._news.set()
        if len(self._waiting) > LONGEST_BACKLOG:
            self.end()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


def begin(watch: Watch, query: Query, storage: Storage, history: History, resource: str) -> None:
    """Put in what a watch starts with: all objects, or the changes since a version."""
    version = query.get("resourceVersion")
    initial = query.is_set("sendInitialEvents")
    if initial or version in ("", "0"):
        for obj in storage.list(resource):
            watch.change(Change(ADDED, obj, None))
        if initial and query.is_set("allowWatchBookmarks"):
            watch.bookmark(storage.version, initial_end=True)
        return
    try:
        for change in history.since(resource, int(version)):
            watch.change(change)
    except StatusError as error:
        watch.fail(error.status)
