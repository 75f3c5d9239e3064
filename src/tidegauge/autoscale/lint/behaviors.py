"""Rules about `spec.behavior` but its policies: directions, windows, tolerances."""

from collections.abc import Iterator

from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.rulesets import SYNC_PERIOD, engine_rules, written_rules
from tidegauge.autoscale.lint.subject import Subject

_LONG_WINDOW = 300
"""Seconds for which load has to last before anything is added: longer than most peaks."""

_TOLERANCE_FROM = 35
"""Minor version from which tolerances are kept by default; 1.33 and 1.34 had them behind a gate."""


@rule(
    "HPA501",
    Severity.WARNING,
    "Scaling up is disabled",
    why="Load never adds a pod: after the HPA or anybody else has scaled down, nothing brings "
    "the pods back.",
    remedy="Remove `scaleUp.selectPolicy: Disabled`, or limit the pace by policies instead.",
)
def up_disabled(subject: Subject) -> Iterator[Found]:
    if engine_rules(subject, "scaleUp").select_policy == "Disabled":
        yield Found("spec.behavior.scaleUp.selectPolicy", "no metric can scale up")


@rule(
    "HPA502",
    Severity.WARNING,
    "Scaling down is disabled",
    why="Each peak, false ones included, leaves its pods running for ever, up to the maximum.",
    remedy="Remove `scaleDown.selectPolicy: Disabled`; to be slow rather than stuck, give a "
    "policy such as `{type: Pods, value: 1, periodSeconds: 300}`.",
)
def down_disabled(subject: Subject) -> Iterator[Found]:
    if engine_rules(subject, "scaleDown").select_policy == "Disabled":
        yield Found("spec.behavior.scaleDown.selectPolicy", "no metric can scale down")


@rule(
    "HPA506",
    Severity.WARNING,
    "A window that holds nothing",
    why="A window holds what was recommended within it, and the controller looks every 15 "
    "seconds; when it does, a window of 15 seconds or less is empty.",
    remedy="Write 0, which says so, or several times 15.",
)
def empty_window(subject: Subject) -> Iterator[Found]:
    for _, path, _, rules in written_rules(subject):
        window = rules.stabilization_window_seconds
        if window and window <= SYNC_PERIOD:
            message = f"{window} s hold no earlier recommendation"
            yield Found(f"{path}.stabilizationWindowSeconds", message)


@rule(
    "HPA507",
    Severity.INFO,
    "A long window before scaling up",
    why="Nothing is added before all recommendations of the window ask for more, so load has to "
    "last that long first.",
    remedy="Keep the window of scaleUp at 0, or at a minute for metrics that jump.",
)
def slow_start(subject: Subject) -> Iterator[Found]:
    window = engine_rules(subject, "scaleUp").stabilization_window_seconds
    if window is not None and window > _LONG_WINDOW:
        message = f"load has to last {window} s before pods are added"
        yield Found("spec.behavior.scaleUp.stabilizationWindowSeconds", message)


@rule(
    "HPA508",
    Severity.INFO,
    "No window before scaling down",
    why="Metrics are averages of 15 seconds and more; a moment's dip removes pods that are needed "
    "again a moment later.",
    remedy="Write `stabilizationWindowSeconds: 300`, or leave it out, which is the same unless "
    "the controller's flag says otherwise.",
)
def no_patience(subject: Subject) -> Iterator[Found]:
    if engine_rules(subject, "scaleDown").stabilization_window_seconds == 0:
        yield Found("spec.behavior.scaleDown.stabilizationWindowSeconds", "every dip scales down")


@rule(
    "HPA511",
    Severity.WARNING,
    "This version drops tolerances",
    why="Before Kubernetes 1.35 `tolerance` needs the feature gate HPAConfigurableTolerance (from "
    "1.33 on); without it the API server drops the field without a word.",
    remedy="Upgrade, set the gate on the API server and the controller manager, or change the "
    "controller's flag --horizontal-pod-autoscaler-tolerance.",
)
def dropped_tolerance(subject: Subject) -> Iterator[Found]:
    minor = subject.around.knowledge.minor
    for _, path, _, rules in written_rules(subject):
        if rules.tolerance is not None and minor < _TOLERANCE_FROM:
            yield Found(f"{path}.tolerance", f"Kubernetes 1.{minor} drops it by default")
