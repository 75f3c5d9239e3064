"""The protobuf messages of all pods of a node, of which most stays from answer to answer.

No one text with gaps, as for JSON: each message says its length in front. A full list of which
nothing is written yet takes a third less time than with its pods one by one.
"""

from collections.abc import Sequence

from tidegauge.cluster.records import Pod
from tidegauge.kubelet.samples import MISSING, Layout
from tidegauge.serving import objectmessages, protobuf
from tidegauge.usage.readings import NodeUsages


class NodeMessages:
    """The messages of the pods of one layout, as fields of a list."""

    def __init__(self, layout: Layout, pods: Sequence[tuple[int, Pod]]) -> None:
        """A `podwriter.Template`."""
        self.layout = layout
        self.pods = [pod for _, pod in pods]
        self.places = [place for place, _ in pods]
        self._metadata = [objectmessages.metadata_around_creation(pod) for pod in self.pods]

    def filled(self, usages: NodeUsages) -> list[bytes]:
        """The items of `pods`."""
        created = objectmessages.created_message(int(usages.stored))
        containers = self._containers(usages)
        firsts, stamps, windows = self.layout.firsts, usages.stamps_ms, usages.windows_ns
        return [
            protobuf.chunk(
                2,
                b"".join(
                    (
                        protobuf.chunk(1, before + created + after),
                        objectmessages.timestamp_message(stamps[place] // 1000),
                        objectmessages.window_message(windows[place]),
                        *containers[firsts[place] : firsts[place + 1]],
                    )
                ),
            )
            for place, (before, after) in zip(self.places, self._metadata, strict=True)
        ]

    def _containers(self, usages: NodeUsages) -> list[bytes]:
        """By slot."""
        names = self.layout.containers
        rows = zip(names, usages.cpu, usages.memory, usages.swap, strict=True)
        return [
            objectmessages.container_message(name, cpu, memory, None if swap == MISSING else swap)
            for name, cpu, memory, swap in rows
        ]
