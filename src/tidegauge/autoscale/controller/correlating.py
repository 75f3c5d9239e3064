"""Events that are the same become one that is counted, and floods are cut: client-go's rules.

Of the same words about the same object there is one event with a count. Of ten different words
for one reason within ten minutes the rest is told as `(combined from similar events)`. And about
one object come 25 events at once, from then on one in five minutes. No I/O.
"""

from collections import OrderedDict
from typing import Any, TypeVar

from msgspec import Struct

from tidegauge.autoscale.engine.status import Event
from tidegauge.units.timestamp import format_rfc3339

COMPONENT = "horizontal-pod-autoscaler"
"""As upstream's controller calls itself; people and tools look for it."""

SIMILAR, SIMILAR_SECONDS = 10, 600.0
BURST, SECONDS_PER_EVENT = 25, 300.0
REMEMBERED = 4096
LONGEST_NAME = 253
COMBINED = "(combined from similar events): "


class About(Struct, frozen=True):
    """What an event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str
    version: str

    @property
    def identity(self) -> tuple[str, ...]:
        return self.kind, self.namespace, self.name, self.uid


class Told(Struct, frozen=True):
    """One event of the API: to be created, or where `count` is above one, to be counted."""

    name: str
    about: About
    event: Event
    count: int
    first: float
    last: float

    def manifest(self) -> dict[str, Any]:
        about = self.about
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"namespace": about.namespace, "name": self.name},
            "involvedObject": {
                "apiVersion": about.api_version,
                "kind": about.kind,
                "namespace": about.namespace,
                "name": about.name,
                "uid": about.uid,
                "resourceVersion": about.version,
            },
            "type": self.event.type,
            "reason": self.event.reason,
            "message": self.event.message,
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
            "firstTimestamp": format_rfc3339(int(self.first)),
            "lastTimestamp": format_rfc3339(int(self.last)),
            "count": self.count,
        }

    def patch(self) -> dict[str, Any]:
        """What has changed since it was told before."""
        last = format_rfc3339(int(self.last))
        return {"count": self.count, "lastTimestamp": last, "message": self.event.message}


class _Similar(Struct):
    messages: OrderedDict[str, None]
    last: float


class _Bucket(Struct):
    tokens: float
    filled: float


K = TypeVar("K")
V = TypeVar("V")


class _Recent(OrderedDict[K, V]):
    """Forgets what was not used for longest."""

    def use(self, key: K, value: V) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > REMEMBERED:
            self.popitem(last=False)


class Correlator:
    """Times are seconds since the epoch."""

    def __init__(self) -> None:
        self._similar: _Recent[tuple[str, ...], _Similar] = _Recent()
        self._told: _Recent[tuple[str, ...], Told] = _Recent()
        self._buckets: _Recent[tuple[str, ...], _Bucket] = _Recent()
        self._made = 0

    def tell(self, about: About, event: Event, now: float) -> Told | None:
        """What is to be written of it; None where enough was said."""
        kind = *about.identity, event.type, event.reason
        if self._many(kind, event.message, now):
            event = Event(event.type, event.reason, COMBINED + event.message)
            key = kind
        else:
            key = *kind, event.message
        old = self._told.get(key)
        if old:
            told = Told(old.name, about, event, old.count + 1, old.first, now)
        else:
            told = Told(self._name(about, now), about, event, 1, now, now)
        self._told.use(key, told)
        return told if self._allowed(about.identity, now) else None

    def _many(self, kind: tuple[str, ...], message: str, now: float) -> bool:
        similar = self._similar.get(kind)
        if similar is None or now - similar.last > SIMILAR_SECONDS:
            similar = _Similar(OrderedDict(), now)
        similar.messages[message] = None
        similar.last = now
        self._similar.use(kind, similar)
        if len(similar.messages) < SIMILAR:
            return False
        similar.messages.popitem(last=False)
        return True

    def _allowed(self, identity: tuple[str, ...], now: float) -> bool:
        bucket = self._buckets.get(identity) or _Bucket(BURST, now)
        self._buckets.use(identity, bucket)
        gained = max(now - bucket.filled, 0.0) / SECONDS_PER_EVENT
        bucket.tokens, bucket.filled = min(bucket.tokens + gained, BURST), now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _name(self, about: About, now: float) -> str:
        """In nanoseconds, as client-go names them; never two alike."""
        self._made += 1
        moment = f".{int(now * 1e9) + self._made:x}"
        return about.name[: LONGEST_NAME - len(moment)].rstrip("-.") + moment
