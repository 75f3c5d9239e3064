"""One HPA, once: everything is read, decided, done, and told."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from tidegauge.autoscale.controller.asking import Asking
from tidegauge.autoscale.controller.correlating import About
from tidegauge.autoscale.controller.measures import Measures
from tidegauge.autoscale.controller.memories import Memories
from tidegauge.autoscale.controller.options import Options
from tidegauge.autoscale.controller.recording import Recorder
from tidegauge.autoscale.controller.scope import Scope
from tidegauge.autoscale.controller.statuses import Statuses
from tidegauge.autoscale.controller.targets import Target, Targets
from tidegauge.autoscale.controller.watched import AUTOSCALERS, Hpa
from tidegauge.autoscale.controller.writing import NotLeadingError
from tidegauge.autoscale.engine.answers import Answers
from tidegauge.autoscale.engine.decision import Decision, Outcome, Path
from tidegauge.autoscale.engine.labels import Action
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, ScaleFailure, Situation
from tidegauge.autoscale.reading.errortexts import error_text
from tidegauge.autoscale.reading.metricapis import Answer, Question, questions
from tidegauge.cluster.errors import ClusterError
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector, SelectorError, parse_label_selector

_BY_METRICS = (Path.METRICS, Path.NO_PROPOSAL)


class Reconciled(Struct, frozen=True):
    """What was seen of an HPA, and what was done about it."""

    situation: Situation
    decision: Decision

    @property
    def key(self) -> str:
        return self.situation.autoscaler.key


Told: TypeAlias = Callable[[Reconciled], None]


class Actor:
    """Reconciles HPAs; as many at a time as there are callers, each HPA by one of them."""

    def __init__(
        self,
        clock: Clock,
        options: Options,
        scope: Scope,
        *,
        targets: Targets,
        asking: Asking,
        statuses: Statuses,
        memories: Memories,
        recorder: Recorder,
        measures: Measures,
        told: Told,
    ) -> None:
        self._clock = clock
        self._options = options
        self._scope = scope
        self._targets = targets
        self._asking = asking
        self._statuses = statuses
        self._memories = memories
        self._recorder = recorder
        self._measures = measures
        self._told = told

    async def reconcile(self, hpa: Hpa, autoscaler: Autoscaler) -> str:
        """The version of the HPA after it; empty where its status was not written.

        Raises NotLeadingError.
        """
        began = self._clock.monotonic()
        target = await self._targets.read(autoscaler)
        situation = self._situation(hpa, autoscaler, target)
        decision = decide(situation)  # which tells whether metrics are needed at all
        if isinstance(target, Target):
            if decision.path in _BY_METRICS:
                situation = await self._with_answers(situation, target.scale.selector)
                decision = decide(situation)
                self._measures.computed(autoscaler, decision, self._clock.monotonic() - began)
            if decision.rescale and decision.desired is not None:
                refusal = await self._targets.rescale(target, decision.desired)
                decision = decision if refusal is None else decide(situation, refusal)
        version = await self._conclude(hpa, autoscaler, decision)
        self._measures.reconciled(autoscaler, decision, self._clock.monotonic() - began)
        self._told(Reconciled(situation, decision))
        return version

    def _situation(
        self, hpa: Hpa, autoscaler: Autoscaler, target: Target | ScaleFailure
    ) -> Situation:
        """Without any answers yet."""
        scale = target.scale if isinstance(target, Target) else target
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
            settings=self._options.settings,
            profile=self._options.profile,
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

    async def _with_answers(self, situation: Situation, selector: str) -> Situation:
        metrics = situation.autoscaler.spec.metrics
        namespace = situation.autoscaler.namespace
        catalogue = await self._targets.discovery.catalogue(metrics)
        asked = questions(metrics, namespace, selector, catalogue)

        async def answer(question: Question) -> Answer:
            if question != asked.resource:
                return await self._asking.answer(question)
            pods, askers = self._scope.sizes(namespace)
            parsed = parse_label_selector(selector)
            return await self._asking.usage(question, parsed, pods=pods, askers=askers)

        each = tuple(asked)
        got = await asyncio.gather(*map(answer, each))
        answers = asked.answers(dict(zip(each, got, strict=True)))
        return replace(situation, answers=answers, now=self._clock.now())

    async def _conclude(self, hpa: Hpa, autoscaler: Autoscaler, decision: Decision) -> str:
        outcome, version = decision.outcome, ""
        rescaled = outcome.action is not Action.NONE
        self._memories.put(hpa.key, hpa.uid, outcome.memory, rescaled=rescaled)
        try:
            if outcome.write:
                version = await self._statuses.write(hpa, outcome.status)
        except NotLeadingError:
            raise
        except ClusterError as error:
            asked = f"{AUTOSCALERS.qualified} {autoscaler.name}"
            outcome = outcome.with_unwritten_status(autoscaler.name, error_text(error, asked))
        self._tell(hpa, autoscaler, outcome)
        return version

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
