"""Reads all that an HPA sees, as the user whose client it is, at about one moment."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

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
from tidegauge.autoscale.reading.mapping import ApiResource
from tidegauge.autoscale.reading.metricapis import Answer, Question, questions
from tidegauge.autoscale.reading.objects import (
    AutoscalerList,
    AutoscalerObject,
    EventList,
    EventObject,
    Metadata,
    PodList,
    ScaleObject,
)
from tidegauge.cluster.client import JSON, Client
from tidegauge.cluster.errors import BadBody, ClusterError, Forbidden, Unauthorized
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector, SelectorError, parse_label_selector

AUTOSCALERS = ApiResource("autoscaling", "v2", "horizontalpodautoscalers")
PODS = ApiResource("", "v1", "pods")
EVENTS = ApiResource("", "v1", "events")

_AT_ONCE = 16
"""Scales that are asked for at a time: a namespace may have hundreds of HPAs."""


class Unread(Struct, frozen=True):
    """What this user may not read, though the controller probably may."""

    verb: str
    resource: str
    """As authorization names it: `pods`, `deployments.apps/scale`, `pods.metrics.k8s.io`."""
    error: ClusterError


class Neighbour(Struct, frozen=True):
    """An HPA and its target."""

    object: AutoscalerObject
    autoscaler: Autoscaler
    scale: Scale | ScaleFailure
    unread: tuple[Unread, ...] = ()


Neighbourhood = Mapping[str, Neighbour]
"""By `namespace/name`. HPAs of one namespace mind each other."""


class Observed(Struct, frozen=True):
    """A situation, and what of it is not known but assumed to be absent."""

    object: AutoscalerObject
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

    async def neighbourhood(self, namespace: str = "") -> Neighbourhood:
        """The HPAs of a namespace, or of all. Raises ClusterError."""
        listed = await self._client.get(AUTOSCALERS.path(namespace), type=AutoscalerList)
        turn = asyncio.Semaphore(_AT_ONCE)

        async def met(one: AutoscalerObject) -> Neighbour:
            async with turn:
                return await self._met(one)

        found = await asyncio.gather(*map(met, listed.items or ()))
        return {one.autoscaler.key: one for one in found}

    async def alone(self, namespace: str, name: str) -> Neighbour:
        """One HPA, for who may not list them. Raises ClusterError."""
        path = AUTOSCALERS.path(namespace, name)
        return await self._met(await self._client.get(path, type=AutoscalerObject))

    async def observe(self, key: str, near: Neighbourhood, memory: Memory) -> Observed:
        """What the HPA's controller would see now. Raises ClusterError where nobody answers."""
        one = near[key]
        look = _Look(self._client, self._discovery, one.autoscaler)
        pods: tuple[Pod, ...] = ()
        answers = Answers()
        if isinstance(one.scale, Scale) and one.scale.selector:
            selector = one.scale.selector
            pods, answers = await asyncio.gather(look.pods(selector), look.answers(selector))
        situation = Situation(
            autoscaler=one.autoscaler,
            scale=one.scale,
            pods=pods,
            answers=answers,
            others=_selectors(key, near),
            memory=memory,
            now=self._clock.now(),
            settings=self._settings,
            profile=self._profile,
        )
        return Observed(one.object, situation, (*one.unread, *look.unread))

    async def events(self, namespace: str, name: str = "") -> list[EventObject]:
        """About that HPA, or all of a namespace, or of all, as long as the API server keeps them.

        Raises ClusterError.
        """
        fields = "involvedObject.kind=HorizontalPodAutoscaler"
        fields += f",involvedObject.name={name}" if name else ""
        path, params = EVENTS.path(namespace), {"fieldSelector": fields}
        return (await self._client.get(path, type=EventList, params=params)).items or []

    async def names(self, namespace: str, target: Reference) -> list[str]:
        """Of all objects of the target's kind. Raises ClusterError."""
        resource = await self._discovery.target(target)
        if isinstance(resource, ScaleFailure):
            return []
        listed = await self._client.get(resource.path(namespace), type=_Names)
        return [one.metadata.name for one in listed.items or ()]

    async def _met(self, one: AutoscalerObject) -> Neighbour:
        with _making(AUTOSCALERS.path(one.metadata.namespace, one.metadata.name)):
            autoscaler = objects.autoscaler(one)
        target = autoscaler.spec.scale_target_ref
        resource = await self._discovery.target(target)
        if isinstance(resource, ScaleFailure):
            return Neighbour(one, autoscaler, resource)
        path = resource.path(autoscaler.namespace, target.name, "scale")
        try:
            scale = objects.scale(await self._client.get(path, type=ScaleObject))
        except ClusterError as error:
            failed = ScaleFailure(error_text(error, f"{resource.qualified} {target.name}"))
            unread = _refused("get", f"{resource.qualified}/scale", error)
            return Neighbour(one, autoscaler, failed, unread)
        return Neighbour(one, autoscaler, scale)


class _Named(Struct, frozen=True):
    metadata: Metadata = Metadata()


class _Names(Struct, frozen=True):
    items: list[_Named] | None = None


class _Look:
    """At one HPA, once."""

    def __init__(self, client: Client, discovery: Discovery, autoscaler: Autoscaler) -> None:
        self._client = client
        self._discovery = discovery
        self._metrics = autoscaler.spec.metrics
        self._namespace = autoscaler.namespace
        self.unread: list[Unread] = []

    async def pods(self, selector: str) -> tuple[Pod, ...]:
        path, params = PODS.path(self._namespace), {"labelSelector": selector}
        try:
            listed = await self._client.get(path, type=PodList, params=params)
        except (Forbidden, Unauthorized) as error:
            self.unread.extend(_refused("list", "pods", error))
            return ()
        with _making(path):
            return tuple(map(objects.pod, listed.items or ()))

    async def answers(self, selector: str) -> Answers:
        catalogue = await self._discovery.catalogue(self._metrics)
        asked = questions(self._metrics, self._namespace, selector, catalogue)
        each = tuple(asked)
        got = await asyncio.gather(*map(self._answer, each))
        return asked.answers(dict(zip(each, got, strict=True)))

    async def _answer(self, question: Question) -> Answer:
        params = dict(question.params)
        try:
            _type, body = await self._client.read(question.path, accept=JSON, params=params)
        except ClusterError as error:
            self.unread.extend(_refused(*question.access, error))
            return failure(error, question.asked)
        return question.answer(body)


@contextmanager
def _making(path: str) -> Iterator[None]:
    """Records of what was got from there. Raises BadBody where a field is of no sense."""
    try:
        yield
    except ValueError as error:
        raise BadBody(path, str(error)) from error


def _refused(verb: str, resource: str, error: ClusterError) -> tuple[Unread, ...]:
    """A refusal is of this user alone; whatever else fails, fails for the controller too."""
    refused = isinstance(error, (Forbidden, Unauthorized))
    return (Unread(verb, resource, error),) if refused else ()


def _selectors(key: str, near: Neighbourhood) -> dict[str, LabelSelector]:
    """Of the other HPAs in that HPA's namespace, as far as they are known."""
    namespace = near[key].autoscaler.namespace
    found = {
        other: _parsed(one.scale)
        for other, one in near.items()
        if other != key and one.autoscaler.namespace == namespace
    }
    return {other: selector for other, selector in found.items() if selector}


def _parsed(scale: Scale | ScaleFailure) -> LabelSelector | None:
    if isinstance(scale, ScaleFailure) or not scale.selector:
        return None
    try:
        return parse_label_selector(scale.selector)
    except SelectorError:
        return None
