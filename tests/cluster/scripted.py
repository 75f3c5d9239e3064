"""An API server as a script: each request of an informer gets the next answer, no network."""

from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from tests.clock import ManualClock
from tests.cluster import wire
from tidegauge.cluster.cache import Nodes, Pods
from tidegauge.cluster.errors import Unreachable
from tidegauge.cluster.informer import Informer
from tidegauge.cluster.observing import Observer
from tidegauge.cluster.pods import PODS

URL = "https://api/api/v1/pods"
BROKEN = Unreachable(URL, "connection reset")


class End(Exception):  # noqa: N818  (the script's, not an error)
    """The script has no more answers."""


class Wait:
    """In a stream: so many seconds go by."""

    def __init__(self, seconds):
        self.seconds = seconds


class Client:
    """Gives the answers of a script in turn: an error to raise, a page, or a stream's parts.

    A stream is a list of chunks, of `Wait`s and of errors; its end is the stream's end.
    """

    def __init__(self, clock, *script):
        self.access = SimpleNamespace(server="https://api")
        self.clock = clock
        self.script = list(script)
        self.asked = []

    def _next(self, params):
        self.asked.append(dict(params))
        if not self.script:
            raise End
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def read(self, path, *, accept, params):
        answer = self._next(params)
        assert isinstance(answer, bytes), f"{accept} of {path} was asked for, not {answer}"
        return _first(accept), answer

    @asynccontextmanager
    async def stream(self, path, *, accept, params):
        answer = self._next(params)
        assert isinstance(answer, list), f"a watch was asked for, the script has {answer}"
        yield SimpleNamespace(
            url="https://api" + path,
            content_type=_first(accept),
            chunks=lambda: self._chunks(answer),
        )

    async def _chunks(self, parts):
        for part in parts:
            if isinstance(part, Wait):
                self.clock.advance(part.seconds)
            elif isinstance(part, Exception):
                raise part
            else:
                yield part


def _first(accept):
    """What the script answers in: the form that its client likes best."""
    return accept.partition(",")[0]


class Journal(Observer):
    """Everything that an observer is told, except the frequent."""

    def __init__(self):
        self.told = []
        self.resources = set()

    def synced(self, resource):
        self._tell(resource, "synced")

    def restarted(self, resource, error):
        self._tell(resource, error.cause if error else "ended")

    def failed(self, resource, error):
        self._tell(resource, f"failed: {error.cause}")

    def _tell(self, resource, what):
        self.resources.add(resource)
        self.told.append(what)


class Run:
    """A run of an informer against a script, to its end."""

    def __init__(self, *script, resource=PODS, store=None):
        self.clock = ManualClock()
        client: Any = Client(self.clock, *script)
        self.client = client
        self.store = store if store is not None else (Pods() if resource is PODS else Nodes())
        self.journal = Journal()
        self.pauses = []
        self.seen = []
        self.informer: Informer[Any] = Informer(
            self.client,
            resource,
            self.store,
            clock=self.clock,
            observer=self.journal,
            sleep=self._sleep,
            chance=lambda: 1.0,
        )

    async def _sleep(self, seconds):
        self.pauses.append(seconds)
        self.seen.append(self.names())
        self.clock.advance(seconds)

    async def to_end(self):
        try:
            await self.informer.run()
        except End:
            return self

    def names(self):
        return [record.name for record in self.store.all()]

    @property
    def versions(self):
        """How each request began: a list, the initial events, or a version."""
        return [self._beginning(params) for params in self.client.asked]

    @staticmethod
    def _beginning(params):
        if "watch" not in params:
            return f"list {params.get('continue', '')}".strip()
        return "initial" if "sendInitialEvents" in params else params["resourceVersion"]


def added(name, version="1"):
    return wire.pod_event("ADDED", name, "shop", version=version, node="node-1")


def deleted(name, version):
    return wire.pod_event("DELETED", name, "shop", version=version)


def bookmark(version):
    return wire.pod_bookmark(version)


def initial(*names, version):
    """The initial events, with the bookmark that ends them."""
    return [*(added(name) for name in names), wire.pod_bookmark(version, initial_end=True)]


def page(*names, version, next_token=""):
    return wire.pod_list([wire.pod_message(name, "shop") for name in names], version, next_token)
