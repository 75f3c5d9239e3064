"""Which series of `/metrics/resource` are read, and how much a node may say at most.

Names are matched exactly. Families that are absent here are skipped without a look at their values,
so whatever a newer kubelet adds costs nothing and can break nothing.
"""

from enum import IntEnum
from typing import Final, TypeAlias

SeriesKey: TypeAlias = tuple[str, str, str]
"""Namespace, pod and container: sorts as the slots of a layout do."""

NODE: Final[SeriesKey] = ("", "", "")
"""The node's own series. No container has empty names, so it sorts first: into slot 0."""


class Figure(IntEnum):
    """What a line tells of its series."""

    CPU = 0
    MEMORY = 1
    SWAP = 2
    START = 3


CONTAINER_SERIES: Final = {
    b"container_cpu_usage_seconds_total": Figure.CPU,
    b"container_memory_working_set_bytes": Figure.MEMORY,
    b"container_swap_usage_bytes": Figure.SWAP,
    b"container_start_time_seconds": Figure.START,
}
NODE_SERIES: Final = {
    b"node_cpu_usage_seconds_total": Figure.CPU,
    b"node_memory_working_set_bytes": Figure.MEMORY,
    b"node_swap_usage_bytes": Figure.SWAP,
}
READ_SERIES: Final = CONTAINER_SERIES | NODE_SERIES
POD_SERIES: Final = {
    b"pod_cpu_usage_seconds_total": Figure.CPU,
    b"pod_memory_working_set_bytes": Figure.MEMORY,
    b"pod_swap_usage_bytes": Figure.SWAP,
}

SCRAPE_ERROR_SERIES: Final = frozenset({b"resource_scrape_error", b"scrape_error"})
"""The kubelet's own verdict; the shorter name is that of kubelets before 1.29."""

MAX_SERIES: Final = 10_000
"""Containers of one node that are kept. Kubelets run 110 pods by default, 250 to 500 where tuned;
ten thousand leaves room for twenty containers in each and holds a lying node to ten megabytes."""

MAX_NAME: Final = 253
"""Characters in a name that is kept: the longest the API server admits for any object."""

MAX_SHARED: Final = 10_000
"""Names of namespaces and containers that are stored once for all nodes: more than clusters have,
and ten megabytes at the worst."""

MAX_LABELS: Final = 4096
"""Bytes between the braces of a line that is read. Three names fill 800; the rest is for labels
that are ignored. Without a limit the backtracking of the label grammar could use memory at will."""

MAX_LINES: Final = 200_000
"""Lines read of one body: twice the ten families of MAX_SERIES containers and pods. What comes
after counts as cut off, so that a body of line ends can't hold the loop for seconds."""

LIMITS: Final = (2**64, 2**64, 2**63, 2**63)
"""By figure: the first value that does not fit into its array."""

MAX_STAMP: Final = 2**63 // 10**6
"""Milliseconds: the last stamp whose nanoseconds fit into 64 bits, in the year 2262."""
