"""What one answer of a kubelet says, in columns: what the parsers make and the store keeps.

One object per node and answer, one array per figure, one slot per container: at 300,000 containers
an object for each would cost a hundred megabytes and the time to make and drop them every period.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from array import array

    from tidegauge.kubelet.plans import Plan

PodKey: TypeAlias = tuple[str, str]
"""Namespace and name of a pod."""

NODE_SLOT = 0
"""The slot of the node itself: it is one more series and follows the same rules."""

MISSING = -1
"""Stands for a stamp or swap figure whose line was not in the answer."""


@dataclass(slots=True, frozen=True, eq=False)
class Layout:
    """Which series an answer has. A parser returns the very same object while they do not change.

    Containers are sorted by namespace, pod and name. Slot 0 is the node, so the containers of
    `pods[i]` stand in slots `firsts[i]` to `firsts[i + 1]`, exclusive; `firsts` has one entry more
    than `pods`. `containers[slot]` is a container's name; that of slot 0 is empty.
    """

    pods: tuple[PodKey, ...]
    firsts: "array[int]"
    containers: tuple[str, ...]
    index: dict[PodKey, int] = field(repr=False)
    """Where in `pods` a pod stands."""
    plan: "Plan | None" = field(default=None, repr=False)
    """The fast parser's memory of how the last body was laid out; nobody else's business."""

    @property
    def slots(self) -> int:
        return len(self.containers)


@dataclass(slots=True, frozen=True, eq=False)
class Answer:
    """One parsed body. All arrays have one entry per slot of the layout.

    They belong to whoever takes the answer, except `start`, which several answers may share.

    - `cpu` (unsigned 64 bit): cumulative CPU in core-nanoseconds, `cpu_stamp` its time.
    - `memory` (unsigned 64 bit): working set in bytes, `memory_stamp` its time.
    - `swap` (signed 64 bit): bytes in swap, or MISSING where the kubelet reports none.
    - `start` (signed 64 bit): the container's start, nanoseconds since the epoch, 0 where unknown.
    - Stamps are milliseconds since the epoch: the kubelet's own, or where a line carries none that
      of the request; MISSING where the line itself is missing or bad.
    - `whole` is false when the answer had a bad line, was cut off, has no usable series at all, or
      says that collecting failed: then what it lacks may still exist.
    - `bad_lines` counts the lines that were dropped, a cut one included; `first_bad_line` is the
      beginning of the first, for people, and empty for a cut one; `scrape_error` is the kubelet's
      own verdict.
    """

    layout: Layout
    cpu: "array[int]"
    cpu_stamp: "array[int]"
    memory: "array[int]"
    memory_stamp: "array[int]"
    swap: "array[int]"
    start: "array[int]"
    whole: bool
    bad_lines: int = 0
    first_bad_line: bytes = b""
    scrape_error: bool = False
