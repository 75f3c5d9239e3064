"""Columns of one layout brought into the order of another."""

from array import array
from collections.abc import Iterable, Iterator

from tidegauge.kubelet.samples import Layout, PodKey

ABSENT = -1


def series(layout: Layout) -> Iterator[tuple[PodKey, str]]:
    """Pod and container name of every slot but the node's."""
    firsts = layout.firsts
    for i, pod in enumerate(layout.pods):
        for slot in range(firsts[i], firsts[i + 1]):
            yield pod, layout.containers[slot]


def where(wanted: Layout, found: Layout) -> list[int]:
    """For each slot of `wanted` the slot of the same series in `found`, or ABSENT."""
    slots = {key: slot for slot, key in enumerate(series(found), start=1)}
    return [0, *(slots.get(key, ABSENT) for key in series(wanted))]


def aligned(column: "array[int]", slots: list[int], absent: int) -> "array[int]":
    """`column` in the order of `slots`, with `absent` where there is none."""
    return array(column.typecode, [column[s] if s >= 0 else absent for s in slots])


def widened(layout: Layout, more: Iterable[tuple[PodKey, str]]) -> Layout:
    """A layout with more series, those of it included."""
    keys = sorted({*series(layout), *more})
    pods = sorted({pod for pod, _ in keys})
    firsts = array("I", [1])
    containers = [""]
    position = 0
    for pod in pods:
        while position < len(keys) and keys[position][0] == pod:
            containers.append(keys[position][1])
            position += 1
        firsts.append(len(containers))
    return Layout(tuple(pods), firsts, tuple(containers), {pod: i for i, pod in enumerate(pods)})
