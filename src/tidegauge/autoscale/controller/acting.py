"""One HPA, once: everything is read, decided, done, and told."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.controller.asking import PODS_PER_ASKER, Asking
from tidegauge.autoscale.controller.correlating import About
from tidegauge.autoscale.controller.measures import Measures
from tidegauge.autoscale.controller.memories import Memories
from tidegauge.autoscale.controller.recording import Recorder
from tidegauge.autoscale.controller.scope import Scope
from tidegauge.autoscale.controller.watched import AUTOSCALERS, Hpa
from tidegauge.autoscale.controller.writing import NotLeadingError, Writer
from tidegauge.autoscale.engine.answers import Answers
from tidegauge.autoscale.engine.decision import Decision, Outcome, Path
from tidegauge.autoscale.engine.labels import Action
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.profiles import Profile
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.rescaling import Refused, Step, rescaling
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, ScaleFailure, Situation
from tidegauge.autoscale.engine.status import Status
from tidegauge.autoscale.reading import objects
from tidegauge.autoscale.reading.discovering import Discovery
from tidegauge.autoscale.reading.errortexts import error_text
from tidegauge.autoscale.reading.metricapis import Answer, Question, questions
from tidegauge.autoscale.reading.written import status_json
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, Conflict
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector, SelectorError, parse_label_selector

PAUSE, PAUSE_JITTER = 0.01, 0.1
"""Seconds before a size is written again after a conflict; client-go's default retry."""

STATUS_TRIES = 3
"""Of a status that somebody else was faster than, such as a user who edits the HPA. Upstream has
one, says FailedUpdateStatus, and is without the status for a period."""

DISCOVERED_SECONDS = 30.0
"""As long as kube-controller-manager believes what discovery said."""

_BY_METRICS = (Path.METRICS, Path.NO_PROPOSAL)


class Reconciled(Struct, frozen=True):
    """What was seen of an HPA, and what was done about it."""

    situation: Situation
    decision: Decision

    @property
    def key(self) -> str:
        return self.situation.autoscaler.key


Told: TypeAlias = Callable[[Reconciled], None]


class _Target(NamedTuple):
    """A scale subresource as it was read."""

    path: str
    asked: str
    """As errors of client-go name it."""
    manifest: dict[str, Any]
    scale: Scale


class Actor:
    """Reconciles HPAs; as many at a time as there are callers, each HPA by one of them."""

    def __init__(
        self,
        client: Client,
        writer: Writer,
        clock: Clock,
        *,
        scope: Scope,
        memories: Memories,
        recorder: Recorder,
        asking: Asking,
        measures: Measures,
        settings: Settings,
        profile: Profile,
        told: Told,
    ) -> None:
        self._client = client
        self._writer = writer
        self._clock = clock
        self._scope = scope
        self._memories = memories
        self._recorder = recorder
        self._asking = asking
        self._measures = measures
        self._settings = settings
        self._profile = profile
        self._told = told
        self._discovery = Discovery(client)
        self._discovered = clock.monotonic()

    async def reconcile(self, hpa: Hpa, autoscaler: Autoscaler) -> str:
        """The version of the HPA after it; empty where its status was not written.

        Raises NotLeadingError.
        """
        began = self._clock.monotonic()
        target = await self._target(autoscaler)
        situation = self._situation(hpa, autoscaler, target)
        decision = decide(situation)
        if decision.path in _BY_METRICS and isinstance(target, _Target):
            answers = await self._answers(autoscaler, target.scale.selector)
            now = self._clock.now()
            situation = replace(situation, answers=answers, now=now)
            decision = decide(situation)
            self._measures.computed(autoscaler, decision, self._clock.monotonic() - began)
        if decision.rescale and decision.desired is not None and isinstance(target, _Target):
            refusal = await self._rescale(target, decision.desired)
            if refusal is not None:
                decision = decide(situation, refusal)
        version = await self._conclude(hpa, autoscaler, decision)
        self._measures.reconciled(autoscaler, decision, self._clock.monotonic() - began)
        self._told(Reconciled(situation, decision))
        return version

    async def _conclude(self, hpa: Hpa, autoscaler: Autoscaler, decision: Decision) -> str:
        outcome, version = decision.outcome, ""
        rescaled = outcome.action is not Action.NONE
        self._memories.put(hpa.key, hpa.uid, outcome.memory, rescaled=rescaled)
        try:
            if outcome.write:
                version = await self._write_status(hpa, outcome.status)
        except NotLeadingError:
            raise
        except ClusterError as error:
            asked = f"{AUTOSCALERS.qualified} {autoscaler.name}"
            outcome = outcome.with_unwritten_status(autoscaler.name, error_text(error, asked))
        self._tell(hpa, autoscaler, outcome)
        return version

    async def _target(self, autoscaler: Autoscaler) -> _Target | ScaleFailure:
        reference = autoscaler.spec.scale_target_ref
        if reference.api_version.count("/") > 1:
            return ScaleFailure("its group and version are not two")  # the engine says it better
        resource = await self._known().target(reference)
        if isinstance(resource, ScaleFailure):
            return resource
        path = resource.path(autoscaler.namespace, reference.name, "scale")
        asked = f"{resource.qualified} {reference.name}"
        try:
            manifest = await self._client.get(path, type=dict[str, Any])
            return _Target(path, asked, manifest, objects.scale(manifest))
        except ClusterError as error:
            return ScaleFailure(error_text(error, asked))
        except msgspec.ValidationError as error:
            return ScaleFailure(str(error))

    def _known(self) -> Discovery:
        now = self._clock.monotonic()
        if now - self._discovered >= DISCOVERED_SECONDS:
            self._discovery, self._discovered = Discovery(self._client), now
        return self._discovery

    def _situation(
        self, hpa: Hpa, autoscaler: Autoscaler, target: _Target | ScaleFailure
    ) -> Situation:
        """Without any answers yet."""
        scale = target.scale if isinstance(target, _Target) else target
        pods, others = self._selected(autoscaler, scale)
        return Situation(
            autoscaler=autoscaler,
            scale=scale,
            pods=pods,
            answers=Answers(),
            others=others,
            registered=self._scope.get(hpa.key) is not None,
            memory=self._memories.get(hpa.key, hpa.uid),
            now=self._clock.now(),
            settings=self._settings,
            profile=self._profile,
        )

    def _selected(
        self, autoscaler: Autoscaler, scale: Scale | ScaleFailure
    ) -> tuple[Sequence[Pod], Mapping[str, LabelSelector]]:
        """The pods, and the selectors of others that may select them too."""
        selector = _parsed(scale.selector) if isinstance(scale, Scale) else None
        if selector is None:
            return (), {}
        pods = self._scope.pods(autoscaler.namespace, selector)
        return pods, self._scope.others(autoscaler, selector, pods)

    async def _answers(self, autoscaler: Autoscaler, selector: str) -> Answers:
        metrics, namespace = autoscaler.spec.metrics, autoscaler.namespace
        catalogue = await self._known().catalogue(metrics)
        asked = questions(metrics, namespace, selector, catalogue)

        async def answer(question: Question) -> Answer:
            if question == asked.resource and self._shares(namespace):
                return await self._asking.usage(question, parse_label_selector(selector))
            return await self._asking.answer(question)

        each = tuple(asked)
        got = await asyncio.gather(*map(answer, each))
        return asked.answers(dict(zip(each, got, strict=True)))

    def _shares(self, namespace: str) -> bool:
        """Whether one list of the whole namespace's usage serves all HPAs there best."""
        pods, askers = self._scope.sizes(namespace)
        return askers > 1 and pods <= askers * PODS_PER_ASKER

    async def _rescale(self, target: _Target, replicas: int) -> str | None:
        """None, or why it was refused in the end. Raises NotLeadingError."""
        steps = rescaling()
        step = next(steps)
        while True:
            refused: Refused | None = None
            try:
                if step is Step.READ:
                    await asyncio.sleep(PAUSE * (1 + PAUSE_JITTER * random.random()))  # noqa: S311  (spreads load)
                    manifest = await self._client.get(target.path, type=dict[str, Any])
                    target = target._replace(manifest=manifest)
                else:
                    await self._write_scale(target, replicas)
            except NotLeadingError:
                raise
            except ClusterError as error:
                refused = Refused(error_text(error, target.asked), isinstance(error, Conflict))
            try:
                step = steps.send(refused)
            except StopIteration as end:
                text: str | None = end.value
                return text

    async def _write_scale(self, target: _Target, replicas: int) -> None:
        spec = {**target.manifest.get("spec", {}), "replicas": replicas}
        body = {**target.manifest, "spec": spec}
        await self._writer.write("PUT", target.path, body, type=msgspec.Raw)

    async def _write_status(self, hpa: Hpa, status: Status) -> str:
        """The HPA's version after it. Raises ClusterError."""
        namespace, _, name = hpa.key.partition("/")
        path = AUTOSCALERS.path(namespace, name)
        body = {**hpa.written_as, "status": status_json(status)}
        for _ in range(STATUS_TRIES - 1):
            try:
                return await self._put_status(path, body)
            except Conflict:
                newest = await self._client.get(path, type=dict[str, Any])
                if newest.get("metadata", {}).get("uid") != hpa.uid:
                    raise
                body = {**newest, "status": body["status"]}
        return await self._put_status(path, body)

    async def _put_status(self, path: str, body: Mapping[str, Any]) -> str:
        written = await self._writer.write(
            "PUT", f"{path}/status", body, type=objects.AutoscalerObject
        )
        return written.metadata.resource_version

    def _tell(self, hpa: Hpa, autoscaler: Autoscaler, outcome: Outcome) -> None:
        about = About(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            autoscaler.namespace,
            autoscaler.name,
            hpa.uid,
            hpa.version,
        )
        for event in (*outcome.events, *outcome.late_events):
            self._recorder.tell(about, event)


def _parsed(selector: str) -> LabelSelector | None:
    """None where the engine will refuse it."""
    try:
        return parse_label_selector(selector) if selector else None
    except SelectorError:
        return None
