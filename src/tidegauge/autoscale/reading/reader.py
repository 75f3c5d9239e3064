"""Reads all that one HPA sees, as the user whose client it is, at about one moment."""

import asyncio
from collections.abc import Mapping

from msgspec import Struct

from tidegauge.autoscale.engine.answers import Answers
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.profiles import NEWEST, Profile
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, ScaleFailure, Situation
from tidegauge.autoscale.engine.spec import Reference
from tidegauge.autoscale.reading import objects
from tidegauge.autoscale.reading.discovering import Discovery
from tidegauge.autoscale.reading.errortexts import error_text, failure
from tidegauge.autoscale.reading.mapping import ApiResource, group_of, no_match
from tidegauge.autoscale.reading.metricapis import Answer, Question, questions
from tidegauge.autoscale.reading.objects import (
    AutoscalerList,
    AutoscalerObject,
    PodList,
    ScaleObject,
)
from tidegauge.cluster.client import JSON, Client
from tidegauge.cluster.errors import ClusterError, Forbidden, Unauthorized
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector, SelectorError, parse_label_selector

AUTOSCALERS = ApiResource("autoscaling", "v2", "horizontalpodautoscalers")
PODS = ApiResource("", "v1", "pods")

_AT_ONCE = 16
"""Scales of other HPAs that are asked for at a time: a namespace may have hundreds."""


class Unread(Struct, frozen=True):
    """Something that this user could not read, though the controller may."""

    what: str
    """As authorization names it: `pods`, `deployments.apps/scale`, `pods.metrics.k8s.io`."""
    error: ClusterError


class Observed(Struct, frozen=True):
    """A situation, and what of it is not known but assumed to be empty."""

    situation: Situation
    unread: tuple[Unread, ...] = ()


class Reader:
    """Of one API server, with the flags and the version of its controller."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        settings: Settings = Settings(),  # noqa: B008  (immutable)
        profile: Profile = NEWEST,
    ) -> None:
        self._client = client
        self._clock = clock
        self._settings = settings
        self._profile = profile
        self._discovery = Discovery(client)

    async def autoscalers(self, namespace: str = "") -> list[Autoscaler]:
        """All of a namespace, or of the cluster. Raises ClusterError."""
        listed = await self._client.get(AUTOSCALERS.path(namespace), type=AutoscalerList)
        return [objects.autoscaler(item) for item in listed.items or ()]

    async def autoscaler(self, namespace: str, name: str) -> Autoscaler:
        """Raises ClusterError, NotFound where there is no such HPA."""
        path = AUTOSCALERS.path(namespace, name)
        return objects.autoscaler(await self._client.get(path, type=AutoscalerObject))

    async def observe(self, autoscaler: Autoscaler, memory: Memory = Memory()) -> Observed:  # noqa: B008  (immutable)
        """What its controller would see now. Raises ClusterError only where nobody answers."""
        return await _Look(self._client, self._discovery, autoscaler).observed(
            memory, self._clock, self._settings, self._profile
        )


class _Look:
    """One HPA, once."""

    def __init__(self, client: Client, discovery: Discovery, autoscaler: Autoscaler) -> None:
        self._client = client
        self._discovery = discovery
        self._autoscaler = autoscaler
        self._namespace = autoscaler.namespace
        self._unread: list[Unread] = []

    async def observed(
        self, memory: Memory, clock: Clock, settings: Settings, profile: Profile
    ) -> Observed:
        scale = await self._scale(self._autoscaler.spec.scale_target_ref)
        pods: tuple[Pod, ...] = ()
        answers = Answers()
        others: Mapping[str, LabelSelector] = {}
        if isinstance(scale, Scale) and scale.selector:
            pods, answers, others = await asyncio.gather(
                self._pods(scale.selector), self._answers(scale.selector), self._others()
            )
        situation = Situation(
            autoscaler=self._autoscaler,
            scale=scale,
            pods=pods,
            answers=answers,
            others=others,
            memory=memory,
            now=clock.now(),
            settings=settings,
            profile=profile,
        )
        return Observed(situation, tuple(self._unread))

    def _note(self, what: str, error: ClusterError) -> None:
        """A refusal is of this user alone; whatever else fails, fails for the controller too."""
        if isinstance(error, (Forbidden, Unauthorized)):
            self._unread.append(Unread(what, error))

    async def _scale(self, target: Reference) -> Scale | ScaleFailure:
        group = group_of(target.api_version)
        try:
            resource = await self._discovery.resource(group, target.kind)
        except ClusterError as error:
            return ScaleFailure(error_text(error, group), unmapped=True)
        if resource is None:
            return ScaleFailure(no_match(group, target.kind), unmapped=True)
        path = resource.path(self._namespace, target.name, "scale")
        try:
            return objects.scale(await self._client.get(path, type=ScaleObject))
        except ClusterError as error:
            self._note(f"{resource.qualified}/scale", error)
            return ScaleFailure(error_text(error, f"{resource.qualified} {target.name}"))

    async def _pods(self, selector: str) -> tuple[Pod, ...]:
        path, params = PODS.path(self._namespace), {"labelSelector": selector}
        try:
            listed = await self._client.get(path, type=PodList, params=params)
        except (Forbidden, Unauthorized) as error:
            self._note("pods", error)
            return ()
        return tuple(map(objects.pod, listed.items or ()))

    async def _answers(self, selector: str) -> Answers:
        metrics = self._autoscaler.spec.metrics
        catalogue = await self._discovery.catalogue(metrics)
        asked = questions(metrics, self._namespace, selector, catalogue)
        each = tuple(asked)
        got = await asyncio.gather(*map(self._answer, each))
        return asked.answers(dict(zip(each, got, strict=True)))

    async def _answer(self, question: Question) -> Answer:
        params = dict(question.params)
        try:
            _type, body = await self._client.read(question.path, accept=JSON, params=params)
        except ClusterError as error:
            self._note(question.asked.partition(" ")[0], error)
            return failure(error, question.asked)
        return question.answer(body)

    async def _others(self) -> Mapping[str, LabelSelector]:
        """The selectors of the namespace's other HPAs, as far as they can be read."""
        path = AUTOSCALERS.path(self._namespace)
        try:
            listed = await self._client.get(path, type=AutoscalerList)
        except (Forbidden, Unauthorized) as error:
            self._note(AUTOSCALERS.qualified, error)
            return {}
        found = [objects.autoscaler(item) for item in listed.items or ()]
        turn = asyncio.Semaphore(_AT_ONCE)

        async def selector(other: Autoscaler) -> LabelSelector | None:
            async with turn:
                scale = await self._scale(other.spec.scale_target_ref)
            return _parsed(scale)

        others = [one for one in found if one.key != self._autoscaler.key]
        selectors = await asyncio.gather(*map(selector, others))
        return {one.key: theirs for one, theirs in zip(others, selectors, strict=True) if theirs}


def _parsed(scale: Scale | ScaleFailure) -> LabelSelector | None:
    if isinstance(scale, ScaleFailure) or not scale.selector:
        return None
    try:
        return parse_label_selector(scale.selector)
    except SelectorError:
        return None
