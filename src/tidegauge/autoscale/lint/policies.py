"""Rules about the policies of `spec.behavior`: those that never act, or let go slowly."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

from tidegauge.autoscale.engine.limiting import limit_by_policies
from tidegauge.autoscale.engine.memory import Memory, after_scaling
from tidegauge.autoscale.engine.spec import Behavior, Policy, Rules
from tidegauge.autoscale.lint.access import is_kept
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.rulesets import (
    SYNC_PERIOD,
    engine_rules,
    written_policies,
    written_rules,
)
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.units.gonumbers import INT32_MAX

_HOUR = 3600
"""Seconds in which the maximum should be reached."""

_LARGEST_TRIED = 1000
"""Sizes up to which policies are compared with each other."""


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
    for direction, path, given, rules in written_rules(subject):
        policies = written_policies(given, rules)
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
    for direction, path, given, rules in written_rules(subject):
        for index, policy in enumerate(
            written_policies(given, rules) if direction == "scaleDown" else ()
        ):
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
    for _, path, given, rules in written_rules(subject):
        for index, policy in enumerate(written_policies(given, rules)):
            if policy.period_seconds < SYNC_PERIOD:
                message = f"{policy.period_seconds} s are over before the next look"
                yield Found(f"{path}.policies[{index}].periodSeconds", message)


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
    disabled = engine_rules(subject, "scaleUp").select_policy == "Disabled"
    if disabled or not subject.rules("scaleUp"):
        return
    least, most = max(subject.spec.minimum, 1), subject.spec.max_replicas
    reached = _after_an_hour(subject.spec.behavior or Behavior(), least, most)
    if reached < most:
        message = f"from {least} replicas an hour of full load reaches {reached} of {most}"
        yield Found("spec.behavior.scaleUp.policies", message)


def _after_an_hour(behavior: Behavior, size: int, most: int) -> int:
    memory = Memory()
    for now in range(0, _HOUR, SYNC_PERIOD):
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
    for _, path, given, rules in written_rules(subject):
        disabled = rules.select_policy == "Disabled" and written_policies(given, rules)
        if disabled and not is_kept(subject.written):  # the API server fills in policies by itself
            yield Found(f"{path}.policies", "the direction is disabled")
