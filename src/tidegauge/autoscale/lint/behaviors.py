"""Rules about `spec.behavior`: what never acts, and what keeps the HPA from recovering."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from typing import Any

from tidegauge.autoscale.engine.limiting import limit_by_policies
from tidegauge.autoscale.engine.memory import Memory, after_scaling
from tidegauge.autoscale.engine.spec import Behavior, Policy, Rules
from tidegauge.autoscale.lint.access import is_kept, objects_at
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.units.gonumbers import INT32_MAX

_DIRECTIONS = ("scaleUp", "scaleDown")

_SYNC_PERIOD = 15
"""Seconds between two looks of the controller, unless its flag says otherwise."""

_LONG_WINDOW = 300
"""Seconds for which load has to last before anything is added: longer than most peaks."""

_HOUR = 3600
"""Seconds in which the maximum should be reached."""

_LARGEST_TRIED = 1000
"""Sizes up to which policies are compared with each other."""

_TOLERANCE_FROM = 35
"""Minor version from which tolerances are kept by default; 1.33 and 1.34 had them behind a gate."""

_DEFAULT_POLICIES = [
    {"type": "Pods", "value": 4, "periodSeconds": 15},
    {"type": "Percent", "value": 100, "periodSeconds": 15},
]


def _engine_rules(subject: Subject, direction: str) -> Rules:
    behavior = subject.spec.behavior or Behavior()
    return behavior.scale_up if direction == "scaleUp" else behavior.scale_down


def _written(subject: Subject) -> Iterator[tuple[str, str, dict[str, Any], Rules]]:
    """The directions for which something is written: name, path, as written, with defaults."""
    for direction in _DIRECTIONS:
        if given := subject.rules(direction):
            path = f"spec.behavior.{direction}"
            yield direction, path, given, _engine_rules(subject, direction)


def _policies(given: dict[str, Any], rules: Rules) -> tuple[Policy, ...]:
    """Those that somebody wrote; the API server's own are none of anybody's mistakes."""
    written = objects_at(given, "policies")
    return rules.policies if written and written != _DEFAULT_POLICIES else ()


@rule(
    "HPA501",
    Severity.WARNING,
    "Scaling up is disabled",
    why="Load never adds a pod: after the HPA or anybody else has scaled down, nothing brings "
    "the pods back.",
    remedy="Remove `scaleUp.selectPolicy: Disabled`, or limit the pace by policies instead.",
)
def up_disabled(subject: Subject) -> Iterator[Found]:
    if _engine_rules(subject, "scaleUp").select_policy == "Disabled":
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
    if _engine_rules(subject, "scaleDown").select_policy == "Disabled":
        yield Found("spec.behavior.scaleDown.selectPolicy", "no metric can scale down")


@rule(
    "HPA503",
    Severity.WARNING,
    "A policy never acts",
    why="Of several policies only the one that allows the most counts, or with `selectPolicy: "
    "Min` the one that allows the least. This one never is that one.",
    remedy="Remove the policy, or change `selectPolicy` or the value so that it matters.",
)
def idle_policy(subject: Subject) -> Iterator[Found]:
    largest = min(subject.spec.max_replicas, _LARGEST_TRIED)
    sizes = range(min(subject.spec.minimum, 1), largest + 1)
    for direction, path, given, rules in _written(subject):
        policies = _policies(given, rules)
        idle: set[int] = set()
        for one, other in permutations(range(len(policies)), 2):
            pair = policies[one], policies[other]
            if not {one, other} & idle and _never_chosen(pair, rules, direction, sizes):
                idle.add(one)
                yield Found(
                    f"{path}.policies[{one}]",
                    f"at every size up to {largest} policies[{other}] "
                    f"{_PREVAILS[rules.select_policy == 'Min']}, in the same period",
                )


_PREVAILS = ("allows at least as much", "allows at most as much")


def _never_chosen(
    pair: tuple[Policy, Policy], rules: Rules, direction: str, sizes: Iterable[int]
) -> bool:
    """Only within one period: over different ones it depends on what happened in them."""
    if pair[0].period_seconds != pair[1].period_seconds or rules.select_policy == "Disabled":
        return False
    freer = (direction == "scaleUp") == (rules.select_policy != "Min")
    for size in sizes:
        one, other = _limits(pair, direction, size)
        if (one > other) if freer else (one < other):
            return False
    return True


def _limits(policies: Sequence[Policy], direction: str, size: int) -> list[int]:
    """How far each lets go from a size, when nothing happened within its period."""
    rules = Rules(policies=tuple(policies))
    up = direction == "scaleUp"
    behavior = Behavior(scale_up=rules) if up else Behavior(scale_down=rules)
    wanted = INT32_MAX if up else -1
    limit = limit_by_policies(size, wanted, -1, INT32_MAX, behavior, Memory(), 0.0)
    return [each.limit for each in limit.policies]


@rule(
    "HPA504",
    Severity.WARNING,
    "More than 100 % down",
    why="No more than all pods can go, so more than 100 % is the same as 100 %.",
    remedy="Write 100, or what was meant.",
)
def over_all_down(subject: Subject) -> Iterator[Found]:
    for direction, path, given, rules in _written(subject):
        for index, policy in enumerate(_policies(given, rules) if direction == "scaleDown" else ()):
            if policy.type == "Percent" and policy.value > 100:
                message = f"{policy.value} % of the pods cannot go"
                yield Found(f"{path}.policies[{index}].value", message)


@rule(
    "HPA505",
    Severity.WARNING,
    "A period shorter than the controller's",
    why="The controller looks every 15 seconds, so a policy lets go its value every 15 seconds at "
    "most, not once each shorter period.",
    remedy="Write `periodSeconds: 15` and the value that is meant for it.",
)
def short_period(subject: Subject) -> Iterator[Found]:
    for _, path, given, rules in _written(subject):
        for index, policy in enumerate(_policies(given, rules)):
            if policy.period_seconds < _SYNC_PERIOD:
                message = f"{policy.period_seconds} s are over before the next look"
                yield Found(f"{path}.policies[{index}].periodSeconds", message)


@rule(
    "HPA506",
    Severity.WARNING,
    "A window that holds nothing",
    why="A window holds what was recommended within it, and the controller looks every 15 "
    "seconds; when it does, a window of 15 seconds or less is empty.",
    remedy="Write 0, which says so, or several times 15.",
)
def empty_window(subject: Subject) -> Iterator[Found]:
    for _, path, _, rules in _written(subject):
        window = rules.stabilization_window_seconds
        if window and window <= _SYNC_PERIOD:
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
    window = _engine_rules(subject, "scaleUp").stabilization_window_seconds
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
    if _engine_rules(subject, "scaleDown").stabilization_window_seconds == 0:
        yield Found("spec.behavior.scaleDown.stabilizationWindowSeconds", "every dip scales down")


@rule(
    "HPA509",
    Severity.WARNING,
    "The maximum takes more than an hour",
    why="Policies limit how fast pods are added, whatever the load is. Computed with the load "
    "there from the first second, the maximum is far away for longer than most peaks last.",
    remedy="Raise the value of the policies of scaleUp or shorten their periods, or lower "
    "`spec.maxReplicas` to what is ever reached.",
)
def slow_climb(subject: Subject) -> Iterator[Found]:
    disabled = _engine_rules(subject, "scaleUp").select_policy == "Disabled"
    if disabled or not subject.rules("scaleUp"):
        return
    least, most = max(subject.spec.minimum, 1), subject.spec.max_replicas
    reached = _after_an_hour(subject.spec.behavior or Behavior(), least, most)
    if reached < most:
        message = f"from {least} replicas an hour of full load reaches {reached} of {most}"
        yield Found("spec.behavior.scaleUp.policies", message)


def _after_an_hour(behavior: Behavior, size: int, most: int) -> int:
    memory = Memory()
    for now in range(0, _HOUR, _SYNC_PERIOD):
        limit = limit_by_policies(size, most, 0, most, behavior, memory, float(now))
        if limit.replicas != size:
            memory = after_scaling(memory, behavior, size, limit.replicas, float(now))
            size = limit.replicas
        if size == most:
            break
    return size


@rule(
    "HPA510",
    Severity.INFO,
    "Settings without effect beside Disabled",
    why="A direction that is disabled looks at none of its policies.",
    remedy="Remove the policies, or `selectPolicy: Disabled`.",
)
def dead_settings(subject: Subject) -> Iterator[Found]:
    for _, path, given, rules in _written(subject):
        disabled = rules.select_policy == "Disabled" and _policies(given, rules)
        if disabled and not is_kept(subject.written):  # the API server fills in policies by itself
            yield Found(f"{path}.policies", "the direction is disabled")


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
    for _, path, _, rules in _written(subject):
        if rules.tolerance is not None and minor < _TOLERANCE_FROM:
            yield Found(f"{path}.tolerance", f"Kubernetes 1.{minor} drops it by default")
