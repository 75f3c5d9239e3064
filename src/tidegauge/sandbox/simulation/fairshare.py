"""Who gets how much of a node's CPU when all want more than there is: as kernel weights have it."""

from collections.abc import Sequence


def share(wanted: Sequence[int], weights: Sequence[int], capacity: int) -> list[int]:
    """What each gets, whole microcores: what it wants, or its weight's share of what is left.

    Nobody gets more than it wants; all of `capacity` is given out while anybody wants more.
    """
    if sum(wanted) <= capacity:
        return list(wanted)
    granted = [0] * len(wanted)
    hungry = [index for index, want in enumerate(wanted) if want > 0]
    # Who needs least for its weight is content first; what it leaves is for the others.
    hungry.sort(key=lambda index: (wanted[index] / weights[index], index))
    weight = sum(weights[index] for index in hungry)
    for index in hungry:
        granted[index] = min(wanted[index], capacity * weights[index] // weight)
        capacity -= granted[index]
        weight -= weights[index]
    return granted
