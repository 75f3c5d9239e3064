"""Looks at HPAs: everything that explaining them takes, as far as this user may read it."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.situation import ScaleFailure
from tidegauge.autoscale.explaining.explaining import Explained, explain
from tidegauge.autoscale.explaining.recollecting import Past
from tidegauge.autoscale.explaining.rescales import Rescale, rescales
from tidegauge.autoscale.reading.objects import EventObject
from tidegauge.autoscale.reading.reader import (
    AUTOSCALERS,
    EVENTS,
    Neighbour,
    Neighbourhood,
    Reader,
    Unread,
)
from tidegauge.cluster.errors import ClusterError, Forbidden, NotFound


class NoSuchHpaError(Exception):
    """With what may have been meant."""


class Surroundings(Struct, frozen=True):
    """What several HPAs have in common."""

    near: Neighbourhood
    rescales: Mapping[str, tuple[Rescale, ...]]
    """By `namespace/name`."""
    unread: tuple[Unread, ...] = ()


async def look(reader: Reader, namespace: str, name: str, past: Past, period: float) -> Explained:
    """`past` is what earlier looks remember. Raises ClusterError and NoSuchHpaError."""
    found = await surroundings(reader, namespace, name)
    key = f"{namespace}/{name}"
    if key not in found.near:
        raise NoSuchHpaError(await _no_such(reader, namespace, name, found.near))
    return await look_at(reader, found, key, past, period)


async def surroundings(reader: Reader, namespace: str, name: str = "") -> Surroundings:
    """Of one HPA, or of all of a namespace, or of all. Raises ClusterError."""
    near, unread = await _near(reader, namespace, name)
    events: list[EventObject] = []
    try:
        events = await reader.events(namespace, name)
    except Forbidden as error:
        unread = (*unread, Unread("list", EVENTS.qualified, error))
    return Surroundings(near, _by_key(events), unread)


async def look_at(
    reader: Reader, found: Surroundings, key: str, past: Past, period: float
) -> Explained:
    """At one of the HPAs that were found. Raises ClusterError."""
    one = found.near[key]
    at = one.object.metadata.creation_timestamp
    created = None if at is None else at.timestamp()
    if past.created != created:
        past = Past(created=created)  # another one of that name, of which nothing is remembered
    past = replace(past, rescales=found.rescales.get(key, ()))
    observed = await reader.observe(key, found.near, Memory())
    observed = replace(observed, unread=(*found.unread, *observed.unread))
    return explain(observed, past, period, await _similar(reader, one))


def _by_key(events: Iterable[EventObject]) -> dict[str, tuple[Rescale, ...]]:
    def key(event: EventObject) -> str:
        return event.involved_object.key

    return {about: rescales(group) for about, group in groupby(sorted(events, key=key), key)}


async def missing(reader: Reader, namespace: str, name: str) -> NoSuchHpaError:
    """For an HPA that was not found. Raises ClusterError."""
    near, _ = await _near(reader, namespace, name)
    return NoSuchHpaError(await _no_such(reader, namespace, name, near))


async def _near(
    reader: Reader, namespace: str, name: str
) -> tuple[Neighbourhood, tuple[Unread, ...]]:
    """Who may not list HPAs may get the one that is named."""
    try:
        return await reader.neighbourhood(namespace), ()
    except Forbidden as error:
        if not name:
            raise
        unread = Unread("list", AUTOSCALERS.qualified, error)
    try:
        return {f"{namespace}/{name}": await reader.alone(namespace, name)}, (unread,)
    except NotFound:
        return {}, (unread,)


async def _similar(reader: Reader, one: Neighbour) -> list[str]:
    """Names like that of a target which does not exist."""
    if not isinstance(one.scale, ScaleFailure) or one.scale.unmapped or one.unread:
        return []
    target = one.autoscaler.spec.scale_target_ref
    try:
        names = await reader.names(one.autoscaler.namespace, target)
    except ClusterError:
        return []  # it would have been a hint, no more
    return get_close_matches(target.name, [other for other in names if other != target.name])


async def _no_such(reader: Reader, namespace: str, name: str, near: Neighbourhood) -> str:
    nothing = f"there is no HPA {name} in {namespace}"
    here = [one.autoscaler.name for one in near.values()]
    if close := get_close_matches(name, here):
        return f"{nothing}; did you mean {' or '.join(close)}?"
    if elsewhere := await _elsewhere(reader, name):
        return f"{nothing}; there is one in {', '.join(elsewhere)}: add -n {elsewhere[0]}"
    if here:
        return f"{nothing}; it has {_some(here)}"
    return f"{nothing}, nor any other; `tidegauge hpa ls -A` lists those of all namespaces"


async def _elsewhere(reader: Reader, name: str) -> list[str]:
    try:
        everywhere = await reader.neighbourhood()
    except ClusterError:
        return []
    return [one.autoscaler.namespace for one in everywhere.values() if one.autoscaler.name == name]


_SHOWN = 5


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
