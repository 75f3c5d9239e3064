"""Questions to the metric APIs, each asked once for all HPAs that have it at about the same time.

Where enough HPAs of a namespace ask for the usage of their pods, the whole namespace is asked for
and each gets what its selector selects: the same items as if it had asked itself, for they carry
their pods' labels, and a selector is applied to these on the server's side too.
"""

import asyncio
from typing import Any, TypeAlias

import msgspec

from tidegauge.autoscale.controller.fading import Fading
from tidegauge.autoscale.controller.labelled import Labelled
from tidegauge.autoscale.controller.measures import Measures
from tidegauge.autoscale.controller.patience import patiently
from tidegauge.autoscale.engine.answers import Failure, PodUsage
from tidegauge.autoscale.reading.errortexts import failure
from tidegauge.autoscale.reading.metricapis import Answer, Question
from tidegauge.autoscale.reading.metriclists import PodMetricsList, pod_usage
from tidegauge.cluster.client import JSON, Client
from tidegauge.cluster.errors import ClusterError
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector

PODS_PER_ASKER = 50
"""Up to so many pods of a namespace for each HPA that asks at the same time, one list of all is
cheaper than one list each: a request costs both ends about as much as 50 items."""

CROWD_SECONDS = 3600.0
"""As long as HPAs of a namespace are expected to come again: the longest sync period."""

UNLABELLED_SECONDS = 600.0
"""As long as items are taken to have no labels; another metrics server may answer then."""

_Request: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]


class Crowd:
    """How many HPAs of a namespace ask at the same time, which is told by the last time."""

    def __init__(self, fresh: float) -> None:
        self._fresh = fresh
        self._windows: Fading[str, tuple[float, int, int]] = Fading(CROWD_SECONDS)
        """When the present window began, how many came in it, and how many in the one before."""

    def came(self, path: str, now: float, most: int) -> int:
        """One more; all that are likely to come within the window. `most` is for the first time."""
        began, count, before = self._windows.get(path, now) or (now, 0, most)
        if now - began >= self._fresh:
            began, count, before = now, 0, count
        self._windows.put(path, (began, count + 1, before), now)
        return max(count + 1, before)


class Asking:
    """Answers are shared for `fresh` seconds after they were asked for."""

    def __init__(self, client: Client, clock: Clock, fresh: float, measures: Measures) -> None:
        self._client = client
        self._clock = clock
        self._measures = measures
        self._asked: Fading[_Request, asyncio.Task[Any]] = Fading(fresh)
        self._crowd = Crowd(fresh)
        self._unlabelled: Fading[str, bool] = Fading(UNLABELLED_SECONDS)
        """Paths whose items come without labels, so that they cannot be told apart here."""

    async def answer(self, question: Question) -> Answer:
        request = question.path, question.params
        answer: Answer = await self._shared(request, lambda: self._ask(question))
        return answer

    async def usage(
        self, question: Question, selector: LabelSelector, *, pods: int, askers: int
    ) -> Answer:
        """The answer to a question about pods' usage, out of one about the whole namespace if that
        is cheaper; so many pods and HPAs there are in it.
        """
        now = self._clock.monotonic()
        crowd = self._crowd.came(question.path, now, askers)
        if crowd < 2 or pods > crowd * PODS_PER_ASKER or self._unlabelled.get(question.path, now):
            return await self.answer(question)
        everything = await self._shared((question.path, ()), lambda: self._ask_all(question))
        if everything is None:
            self._unlabelled.put(question.path, True, now)
            return await self.answer(question)
        if isinstance(everything, Failure):
            return everything
        usages: Labelled[PodUsage] = everything
        return sorted(usages.select(selector), key=_by_pod)

    def close(self) -> None:
        """Give up what nobody waits for any more."""
        for task in self._asked.clear():
            task.cancel()

    async def _shared(self, request: _Request, ask: Any) -> Any:
        now = self._clock.monotonic()
        task = self._asked.get(request, now)
        self._measures.requests.labels("shared" if task else "asked").inc()
        if task is None:
            task = asyncio.create_task(ask())
            self._asked.put(request, task, now)
        # One asker that is cancelled must not take the answer from the others.
        return await asyncio.shield(task)

    async def _ask(self, question: Question) -> Answer:
        got = await self._read(question, question.params)
        return got if isinstance(got, Failure) else question.answer(got)

    async def _ask_all(self, question: Question) -> "Labelled[PodUsage] | Failure | None":
        """None where the items have no labels."""
        got = await self._read(question, ())
        if isinstance(got, Failure):
            return got
        try:
            items = msgspec.json.decode(got, type=PodMetricsList).items or []
            if items and not any(item.metadata.labels for item in items):
                return None
            usages: Labelled[PodUsage] = Labelled()
            for item in items:
                usages.put(item.metadata.name, item.metadata.labels or {}, pod_usage(item))
        except ValueError as error:
            return Failure(str(error))
        return usages

    async def _read(
        self, question: Question, params: tuple[tuple[str, str], ...]
    ) -> bytes | Failure:
        path, client = question.path, self._client
        try:
            _type, body = await patiently(
                lambda: client.read(path, accept=JSON, params=dict(params))
            )
        except ClusterError as error:
            return failure(error, question.asked)
        return body


def _by_pod(usage: PodUsage) -> str:
    return usage.pod
