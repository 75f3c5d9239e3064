"""How fast and how far: policies, the fixed rate without behaviour, minimum and maximum."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct

from tidegauge.autoscale.engine.memory import Memory, ScaleEvent
from tidegauge.autoscale.engine.spec import Behavior, Policy, Rules
from tidegauge.units.gonumbers import (
    INT32_MAX,
    INT32_MIN,
    ceil_int32,
    trunc_int32,
    wrap_int32,
)


class LimitReason(StrEnum):
    """ScalingLimited's reason."""

    WITHIN = "DesiredWithinRange"
    TOO_FEW = "TooFewReplicas"
    TOO_MANY = "TooManyReplicas"
    UP_RATE = "ScaleUpLimit"
    DOWN_RATE = "ScaleDownLimit"


class PolicyLimit(Struct, frozen=True, kw_only=True):
    """How far one policy lets go, and why."""

    policy: Policy
    added: int
    """Replicas added within the period."""
    removed: int
    start: int
    """The size at the start of the period, as far as is known: manual changes are not."""
    limit: int
    until: float | None = None
    """When the first of the changes leaves the period; None without changes."""


class Limit(Struct, frozen=True, kw_only=True):
    """From the stabilised recommendation to the final size."""

    replicas: int
    reason: LimitReason
    bounded: bool
    """Whether it changed the figure."""
    rate: int | None = None
    """What rate or policies allow; None where the size stays, so nothing was asked."""
    policies: tuple[PolicyLimit, ...] = ()
    bound_by: tuple[PolicyLimit, ...] = ()
    """Those of the policies that held the figure back."""


_FACTOR = 2.0
_LEAST = 4.0
"""Without behaviour a size may double in one reconcile, and reach four from any size."""


def limit_by_factor(current: int, wanted: int, minimum: int, maximum: int) -> Limit:
    """Without behaviour. Nothing holds back on the way down but the minimum."""
    rate = trunc_int32(max(_FACTOR * float(current), _LEAST))
    if wanted < minimum:
        replicas, reason = minimum, LimitReason.TOO_FEW
    elif wanted > min(rate, maximum):
        replicas = min(rate, maximum)
        reason = LimitReason.UP_RATE if maximum > rate else LimitReason.TOO_MANY
    else:
        replicas, reason = wanted, LimitReason.WITHIN
    return Limit(replicas=replicas, reason=reason, bounded=replicas != wanted, rate=rate)


def limit_by_policies(
    current: int,
    wanted: int,
    minimum: int,
    maximum: int,
    behavior: Behavior,
    memory: Memory,
    now: float,
) -> Limit:
    """With behaviour. Minimum and maximum are heeded only in the direction of travel."""
    if wanted > current:
        policies = _policies(current, behavior.scale_up, memory, now, _highest)
        rate = max(current, _select(current, behavior.scale_up, policies, max, min))
        reason = LimitReason.UP_RATE if maximum > rate else LimitReason.TOO_MANY
        replicas = min(wanted, rate, maximum)
    elif wanted < current:
        policies = _policies(current, behavior.scale_down, memory, now, _lowest)
        rate = min(current, _select(current, behavior.scale_down, policies, min, max))
        reason = LimitReason.DOWN_RATE if minimum < rate else LimitReason.TOO_FEW
        replicas = max(wanted, rate, minimum)
    else:
        return Limit(replicas=wanted, reason=LimitReason.WITHIN, bounded=False)
    bounded = replicas != wanted
    return Limit(
        replicas=replicas,
        reason=reason if bounded else LimitReason.WITHIN,
        bounded=bounded,
        rate=rate,
        policies=policies,
        bound_by=tuple(one for one in policies if bounded and one.limit == replicas == rate),
    )


_Extent = Callable[[Policy, int], int]


def _highest(policy: Policy, start: int) -> int:
    if policy.type == "Pods":
        return wrap_int32(start + policy.value)
    return ceil_int32(float(start) * (1 + float(policy.value) / 100))


def _lowest(policy: Policy, start: int) -> int:
    if policy.type == "Pods":
        return wrap_int32(start - policy.value)
    return trunc_int32(float(start) * (1 - float(policy.value) / 100))


def _policies(
    current: int, rules: Rules, memory: Memory, now: float, extent: _Extent
) -> tuple[PolicyLimit, ...]:
    """Each policy by itself; changes of both directions count against it."""
    if rules.select_policy == "Disabled":
        return ()
    return tuple(_limit(current, policy, memory, now, extent) for policy in rules.policies)


def _limit(
    current: int, policy: Policy, memory: Memory, now: float, extent: _Extent
) -> PolicyLimit:
    cutoff = now - policy.period_seconds
    added, removed = _changes(memory.ups, cutoff), _changes(memory.downs, cutoff)
    start = wrap_int32(current - added + removed)
    recent = [event.at for event in (*memory.ups, *memory.downs) if event.at > cutoff]
    return PolicyLimit(
        policy=policy,
        added=added,
        removed=removed,
        start=start,
        limit=extent(policy, start),
        until=min(recent) + policy.period_seconds if recent else None,
    )


def _changes(events: Iterable[ScaleEvent], cutoff: float) -> int:
    return wrap_int32(sum(event.change for event in events if event.at > cutoff))


_Choice = Callable[[Iterable[int]], int]


def _select(
    current: int,
    rules: Rules,
    policies: tuple[PolicyLimit, ...],
    most: _Choice,
    least: _Choice,
) -> int:
    """`Max`, the default, means the largest change, `Min` the smallest."""
    if rules.select_policy == "Disabled":
        return current
    limits = [policy.limit for policy in policies]
    choose = least if rules.select_policy == "Min" else most
    return choose(limits or [INT32_MAX if choose is min else INT32_MIN])
