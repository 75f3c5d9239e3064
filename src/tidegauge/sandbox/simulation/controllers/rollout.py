"""How many pods the old and new replica sets of a deployment may have next: arithmetic only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of one replica set: asked for, and of those available."""

    wanted: int
    available: int


def limits(desired: int, surge: int | str, unavailable: int | str) -> tuple[int, int]:
    """Pods above and below `desired` that a rollout may take; percentages rounded up and down."""
    above = _resolve(surge, desired, up=True)
    below = min(desired, _resolve(unavailable, desired, up=False))
    # Both zero would never move; Kubernetes then lets one be missing.
    return (above, below) if above or below else (0, 1)


def _resolve(value: int | str, desired: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    exact = int(value.removesuffix("%")) * desired
    return math.ceil(exact / 100) if up else exact // 100


def next_sizes(
    desired: int, new: Sizes, old: Sequence[Sizes], above: int, below: int
) -> tuple[int, list[int]]:
    """What to ask of the new replica set and of the old ones, oldest first.

    Up first: the new one grows into what `above` leaves. Down only by what keeps `desired - below`
    available, and old pods that aren't available go first, for they serve nobody.
    """
    total = new.wanted + sum(each.wanted for each in old)
    if new.wanted >= desired:
        grown = desired
    else:
        grown = new.wanted + max(0, min(desired + above - total, desired - new.wanted))
    if grown != new.wanted:
        return grown, [each.wanted for each in old]
    least = desired - below
    spare = total - least - (new.wanted - new.available)
    kept = [each.wanted for each in old]
    if spare <= 0:
        return grown, kept
    for index, each in enumerate(old):
        dead = min(spare, each.wanted - min(each.wanted, each.available))
        kept[index] -= dead
        spare -= dead
    spare = max(0, new.available + sum(each.available for each in old) - least)
    for index in range(len(old)):
        fewer = min(spare, kept[index])
        kept[index] -= fewer
        spare -= fewer
    return grown, kept
