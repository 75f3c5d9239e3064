"""Records a live HPA: looks at it again and again, a moment before its controller does."""

import math
from asyncio import sleep  # by its own name, so that tests can let time pass here alone
from collections.abc import Callable

from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.status import Status
from tidegauge.autoscale.explaining.recollecting import Past, recollect
from tidegauge.autoscale.explaining.rescales import rescales
from tidegauge.autoscale.reading.reader import Neighbourhood, Observed, Reader
from tidegauge.autoscale.replay.frames import Header
from tidegauge.autoscale.replay.recording import Writer
from tidegauge.autoscale.replay.runs import Controller
from tidegauge.cluster.errors import ClusterError
from tidegauge.units.clock import Clock

_AHEAD = 0.25
"""Seconds before the controller may look, which take four requests. As the API's times are cut to
whole seconds, it looks up to a second after that."""

_APART = 0.25
"""Of a period, that two looks are at least apart."""

Write = Callable[[bytes], None]
Say = Callable[[str], None]


def next_look(now: float, period: float, looked: float | None) -> float:
    """A period from now, or sooner: a moment before the controller looks.

    It looks each period, so at multiples of it after `looked`, when it is known to have looked.
    """
    if looked is None:
        return now + period
    upcoming = now + period - (now + _AHEAD - looked) % period
    return upcoming if upcoming - now > period * _APART else upcoming + period


def _looked(status: Status) -> float | None:
    """The last time at which the controller is known to have looked: it said so."""
    times = [status.last_scale_time, *(one.last_transition_time for one in status.conditions)]
    return max((time for time in times if time is not None), default=None)


class Recorder:
    """Of one HPA."""

    def __init__(
        self, reader: Reader, clock: Clock, namespace: str, name: str, controller: Controller
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._namespace, self._name = namespace, name
        self._controller = controller

    async def record(self, seconds: float | None, write: Write, say: Say) -> None:
        """Until `seconds` are over. `write` gets each line, `say` what there is to tell a person.

        Raises ClusterError where the first look fails; later ones leave gaps.
        """
        ends = math.inf if seconds is None else self._clock.now() + seconds
        near = await self._near({})
        seen = await self._look(near)
        writer = Writer(await self._header(seen))
        write(writer.header() + writer.frame(seen.object.spec, seen.situation))
        for unread in seen.unread:
            say(f"may not {unread.verb} {unread.resource}: it is recorded as if there were none")
        failing = ""
        while (upcoming := self._upcoming(seen)) < ends:
            await sleep(upcoming - self._clock.now())
            try:
                seen = await self._look(near)
            except ClusterError as error:
                if failing != str(error):
                    say(f"nothing can be read: {error}")
                failing = str(error)
                write(writer.gap(self._clock.now(), failing))
            else:
                failing = ""
                write(writer.frame(seen.object.spec, seen.situation))
                near = await self._near(near)  # for the next look, which has no time for it
        await sleep(max(ends - self._clock.now(), 0))

    def _upcoming(self, seen: Observed) -> float:
        looked = _looked(seen.situation.autoscaler.status)
        return next_look(self._clock.now(), self._controller.period, looked)

    async def _near(self, before: Neighbourhood) -> Neighbourhood:
        """The namespace's HPAs, for what they select; as before where none can be listed."""
        try:
            return await self._reader.neighbourhood(self._namespace)
        except ClusterError:
            return before

    async def _look(self, near: Neighbourhood) -> Observed:
        one = await self._reader.alone(self._namespace, self._name)
        key = one.autoscaler.key
        return await self._reader.observe(key, {**near, key: one}, Memory())

    async def _header(self, seen: Observed) -> Header:
        """With what the running controller probably remembers."""
        try:
            events = await self._reader.events(self._namespace, self._name)
        except ClusterError:
            events = []  # they make it surer, no more
        autoscaler, controller = seen.situation.autoscaler, self._controller
        found = recollect(
            autoscaler.spec,
            autoscaler.status,
            Past(rescales=rescales(events)),
            seen.situation.now,
            controller.settings,
            controller.period,
        )
        return Header(
            namespace=self._namespace,
            name=self._name,
            every=controller.period,
            profile=controller.profile,
            settings=controller.settings,
            memory=found.memory,
            assumed=(*found.recommended, *(one.text for one in found.changed)),
        )
