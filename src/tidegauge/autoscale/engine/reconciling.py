"""One reconcile: from a situation to a decision, in upstream's order."""

from msgspec.structs import replace

from tidegauge.autoscale.engine import concluding
from tidegauge.autoscale.engine.decision import Decision, Findings, Path
from tidegauge.autoscale.engine.labels import Fault
from tidegauge.autoscale.engine.memory import Memory, Recommendation
from tidegauge.autoscale.engine.normalizing import normalize
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.proposals import Proposals, propose
from tidegauge.autoscale.engine.selecting import SelectingError, check_ambiguity, select_pods
from tidegauge.autoscale.engine.situation import Scale, ScaleFailure, Situation
from tidegauge.autoscale.engine.spec import Behavior
from tidegauge.autoscale.engine.status import ConditionType, Report
from tidegauge.autoscale.engine.tolerance import Tolerance, tolerance_of
from tidegauge.autoscale.engine.view import View
from tidegauge.autoscale.engine.wording import report_normalization

_ABOVE = "Current number of replicas above Spec.MaxReplicas"
_BELOW = "Current number of replicas below Spec.MinReplicas"


def decide(situation: Situation, refusal: str | None = None) -> Decision:
    """What the controller does, provided that the target takes the new size.

    Where it does not, decide again with the error's text as `refusal`.
    """
    version = situation.autoscaler.spec.scale_target_ref.api_version
    if version.count("/") > 1:
        cause = f"unexpected GroupVersion string: {version}"
        error = f"invalid API version in scale target reference: {cause}"
        return _without_scale(situation, cause, error, Fault.SPEC)
    scale = situation.scale
    if isinstance(scale, ScaleFailure):
        doing = (
            "unable to determine resource for scale target reference"
            if scale.unmapped
            else f"failed to query scale subresource for {situation.autoscaler.reference}"
        )
        error = f"{doing}: {scale.message}"
        return _without_scale(situation, scale.message, error, Fault.INTERNAL)
    return _Reconcile(situation, scale, refusal).decision()


def _without_scale(situation: Situation, cause: str, error: str, fault: Fault) -> Decision:
    report = Report(situation.autoscaler.status, situation.now)
    report.warning("FailedGetScale", cause)
    message = f"the HPA controller was unable to get the target's current scale: {cause}"
    report.condition(ConditionType.ABLE_TO_SCALE, False, "FailedGetScale", message)
    spec = situation.autoscaler.spec
    found = Findings(path=Path.NO_SCALE, minimum=spec.minimum, maximum=spec.max_replicas)
    return concluding.without_scale(situation, found, report, error, fault)


class _Reconcile:
    """The steps of a reconcile whose target's scale is known."""

    def __init__(self, situation: Situation, scale: Scale, refusal: str | None) -> None:
        self.situation = situation
        self.spec = situation.autoscaler.spec
        self.scale = scale
        self.refusal = refusal
        self.report = Report(situation.autoscaler.status, situation.now)
        self.memory = _begun(situation.memory, scale.replicas, situation.now)
        self.tolerance = _tolerance(situation)

    def decision(self) -> Decision:
        message = "the HPA controller was able to get the target's current scale"
        self.report.condition(ConditionType.ABLE_TO_SCALE, True, "SucceededGetScale", message)
        current, spec = self.scale.replicas, self.spec
        if not current and not self._may_leave_zero():
            return self._disabled()
        if current > spec.max_replicas:
            return self._resize(self._found(Path.ABOVE_MAXIMUM), spec.max_replicas, _ABOVE)
        if 0 < current < spec.minimum:
            return self._resize(self._found(Path.BELOW_MINIMUM), spec.minimum, _BELOW)
        return self._by_metrics()

    def _found(self, path: Path) -> Findings:
        return Findings(
            path=path,
            current=self.scale.replicas,
            minimum=self.spec.minimum,
            maximum=self.spec.max_replicas,
            tolerance=self.tolerance,
        )

    def _may_leave_zero(self) -> bool:
        """A zero that somebody else made switches autoscaling off."""
        profile, minimum = self.situation.profile, self.spec.minimum
        if not profile.zero_by_condition:
            return minimum == 0
        ours = self.situation.autoscaler.status.is_true(ConditionType.SCALED_TO_ZERO)
        return profile.scale_to_zero and ours and (minimum != 0 or self.spec.may_be_zero)

    def _disabled(self) -> Decision:
        message = "scaling is disabled since the replica count of the target is zero"
        self.report.condition(ConditionType.SCALING_ACTIVE, False, "ScalingDisabled", message)
        if not self.situation.profile.scale_to_zero:
            self.report.drop(ConditionType.SCALED_TO_ZERO)
        return self._keep(self._found(Path.DISABLED))

    def _by_metrics(self) -> Decision:
        try:
            pods = self._pods()
        except SelectingError as error:
            return self._give_up(self._found(Path.NO_PODS_KNOWN), str(error))
        proposals = propose(self.spec.metrics, self._view(pods))
        _report_metrics(self.report, proposals)
        if proposals.blocked:
            found = replace(self._found(Path.NO_PROPOSAL), proposals=proposals)
            return self._give_up(found, proposals.error or "")
        return self._normalized(replace(self._found(Path.METRICS), proposals=proposals), proposals)

    def _pods(self) -> list[Pod]:
        """Raises SelectingError."""
        situation, selector = self.situation, self.scale.selector
        pods = select_pods(selector, situation.pods, self.report)
        key = situation.autoscaler.key
        if not situation.registered:
            raise SelectingError(f"HPA {key} was deleted during reconciliation")
        check_ambiguity(key, selector, pods, situation.others, self.report)
        return pods

    def _view(self, pods: list[Pod]) -> View:
        situation = self.situation
        return View(
            namespace=situation.autoscaler.namespace,
            replicas=self.scale.replicas,
            status_replicas=self.scale.status_replicas,
            pods=pods,
            answers=situation.answers,
            tolerance=self.tolerance,
            now=situation.now,
            settings=situation.settings,
            profile=situation.profile,
        )

    def _normalized(self, found: Findings, proposals: Proposals) -> Decision:
        situation, current = self.situation, self.scale.replicas
        wanted = max(proposals.replicas, 0)
        got = normalize(self.spec, current, wanted, self.memory, situation.settings, situation.now)
        report_normalization(self.report, got)
        self.memory = replace(self.memory, recommendations=got.stabilization.recommendations)
        found = replace(found, normalization=got)
        desired, reason = got.limit.replicas, _reason(proposals, wanted, current)
        if not current and desired < self.spec.minimum:
            desired, reason = self.spec.minimum, reason or _BELOW
        if desired == current:
            return self._keep(found)
        return self._resize(found, desired, reason)

    def _keep(self, found: Findings) -> Decision:
        return concluding.unchanged(self.situation, found, self.report, self.memory)

    def _give_up(self, found: Findings, error: str) -> Decision:
        return concluding.without_size(self.situation, found, self.report, self.memory, error)

    def _resize(self, found: Findings, desired: int, reason: str) -> Decision:
        what = self.situation, found, self.report, self.memory, desired, reason
        if self.refusal is None:
            return concluding.resized(*what)
        return concluding.refused(*what, self.refusal)


def _begun(memory: Memory, current: int, now: float) -> Memory:
    """The first look records the size: it holds a scale-down for a whole window."""
    if memory.recommendations is not None:
        return memory
    return replace(memory, recommendations=(Recommendation(now, current),))


def _tolerance(situation: Situation) -> Tolerance:
    behavior = situation.autoscaler.spec.behavior or Behavior()
    up, down = behavior.scale_up.tolerance, behavior.scale_down.tolerance
    return tolerance_of(
        situation.settings.tolerance,
        None if up is None else up.approximate,
        None if down is None else down.approximate,
        situation.profile,
    )


def _report_metrics(report: Report, proposals: Proposals) -> None:
    for one in proposals.proposals:
        if one.failure:
            report.warning(one.failure.reason, one.failure.message)
    failure = proposals.first_failure
    if proposals.blocked and failure:
        message = f"the HPA was unable to compute the replica count: {failure.message}"
        report.condition(ConditionType.SCALING_ACTIVE, False, failure.reason, message)
    else:
        name = proposals.winner.name if proposals.winner else ""
        message = f"the HPA was able to successfully calculate a replica count from {name}"
        report.condition(ConditionType.SCALING_ACTIVE, True, "ValidMetricFound", message)


def _reason(proposals: Proposals, wanted: int, current: int) -> str:
    """Of the metrics' figure, before it is normalised; empty where that is the current size."""
    if wanted > current:
        return f"{proposals.winner.name if proposals.winner else ''} above target"
    return "All metrics below target" if wanted < current else ""
