"""What the store answers with: the usage of a pod or a node.

A list of all pods makes four of these records a pod. As msgspec's they take a sixth of the time of
named tuples, and the garbage collector does not look at them: a list takes a fifth less.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tidegauge.kubelet.samples import Layout


class ContainerUsage(msgspec.Struct, frozen=True, gc=False):
    name: str
    """The container's name; empty for a node."""
    cpu: int
    """Nanocores over the window."""
    memory: int
    """Working set in bytes at the window's end."""
    swap: int | None
    """Bytes; None where the kubelet does not report it."""


class Tally(NamedTuple):
    """How many nodes and containers have usage, and how many had it and are stale."""

    nodes: int
    containers: int
    silent_nodes: int
    """Nodes that have not answered for too long; their containers are counted nowhere."""
    unmoved: int
    """Nodes and containers whose time stamps stand still."""


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Usage of a pod (containers sorted by name, never empty) or a node (one entry, nameless)."""

    stamp_ms: int
    """The kubelet's time of the CPU sample at the window's end; of several the earliest."""
    window_ns: int
    """The window of the container that `stamp_ms` is of."""
    stored: float
    """Wall clock, seconds since the epoch: when the node's answer was stored."""
    containers: list[ContainerUsage]


class NodeUsages(NamedTuple):
    """The usage of all pods of a node in columns, for who writes them all at once."""

    layout: Layout
    stored: float
    """As in `Usage`."""
    stamps_ms: Sequence[int]
    """Of each pod of the layout."""
    windows_ns: Sequence[int]
    cpu: Sequence[int]
    """Nanocores of each slot."""
    memory: Sequence[int]
    swap: Sequence[int]
    """MISSING where the kubelet does not report it."""
