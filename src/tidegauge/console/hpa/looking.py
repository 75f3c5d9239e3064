"""One look at one HPA: everything that explaining it takes, as far as this user may read it."""

from collections.abc import Iterable
from difflib import get_close_matches

from msgspec.structs import replace

from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.situation import ScaleFailure
from tidegauge.autoscale.explaining.explaining import Explained, explain
from tidegauge.autoscale.explaining.recollecting import Past, rescales
from tidegauge.autoscale.reading.reader import (
    AUTOSCALERS,
    Neighbour,
    Neighbourhood,
    Reader,
    Unread,
)
from tidegauge.cluster.errors import ClusterError, Forbidden, NotFound


class NoSuchHpaError(Exception):
    """With what may have been meant."""


async def look(reader: Reader, namespace: str, name: str, past: Past, period: float) -> Explained:
    """`past` is what earlier looks remember. Raises ClusterError and NoSuchHpaError."""
    near, unread = await _near(reader, namespace, name)
    key = f"{namespace}/{name}"
    if key not in near:
        raise NoSuchHpaError(await _no_such(reader, namespace, name, near))
    return await look_at(reader, near, key, past, period, unread)


async def look_at(
    reader: Reader,
    near: Neighbourhood,
    key: str,
    past: Past,
    period: float,
    unread: tuple[Unread, ...] = (),
) -> Explained:
    """At one of the HPAs that were read. Raises ClusterError."""
    one = near[key]
    created = one.object.metadata.creation_timestamp
    past = replace(past, created=None if created is None else created.timestamp())
    try:
        events = await reader.events(one.autoscaler.namespace, one.autoscaler.name)
        past = replace(past, rescales=rescales(events))
    except Forbidden as error:
        unread = (*unread, Unread("list", "events", error))
    observed = await reader.observe(key, near, Memory())
    observed = replace(observed, unread=(*unread, *observed.unread))
    return explain(observed, past, period, await _similar(reader, one))


async def _near(
    reader: Reader, namespace: str, name: str
) -> tuple[Neighbourhood, tuple[Unread, ...]]:
    try:
        return await reader.neighbourhood(namespace), ()
    except Forbidden as error:
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
    here = [one.autoscaler.name for one in near.values()]
    if close := get_close_matches(name, here):
        return f"there is no HPA {name} in {namespace}; did you mean {' or '.join(close)}?"
    if elsewhere := await _elsewhere(reader, name):
        return f"there is no HPA {name} in {namespace}; there is one in {', '.join(elsewhere)}: -n"
    if here:
        return f"there is no HPA {name} in {namespace}; it has {_some(here)}"
    return f"there is no HPA in {namespace}; `tidegauge hpa ls -A` lists those of all namespaces"


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
