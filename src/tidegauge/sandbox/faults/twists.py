"""What a faulty node makes of its measurements: pure, a look in, a look out."""

from collections.abc import Callable
from dataclasses import replace

from tidegauge.sandbox.records import Container, Node, Pod, Usage

HOUR = 3600.0


def with_pods(node: Node, other: Node) -> Node:
    """As if the other node's pods ran here too."""
    own = {(pod.namespace, pod.name) for pod in node.pods}
    claimed = [pod for pod in other.pods if (pod.namespace, pod.name) not in own]
    pods = sorted((*node.pods, *claimed), key=lambda pod: (pod.namespace, pod.name))
    return replace(node, pods=tuple(pods))


def an_hour_behind(node: Node) -> Node:
    """By a clock that is an hour slow."""

    def usage(of: Usage) -> Usage:
        return replace(of, time=of.time - HOUR)

    shifted = _each(node, usage, lambda start: start - HOUR)
    return replace(shifted, usage=usage(node.usage), start=node.start - HOUR)


class Forgotten:
    """CPU counters that began at 0 again at the given look, with the same starts as before."""

    def __init__(self, at: Node) -> None:
        self._node = at.usage.cpu
        self._pods = {pod.uid: pod.usage.cpu for pod in at.pods}
        self._containers = {
            (pod.uid, each.name, each.start): each.usage.cpu
            for pod in at.pods
            for each in pod.containers
        }

    def __call__(self, node: Node) -> Node:
        pods = tuple(self._pod(pod) for pod in node.pods)
        return replace(node, usage=_less(node.usage, self._node), pods=pods)

    def _pod(self, pod: Pod) -> Pod:
        containers = tuple(
            replace(
                each,
                usage=_less(each.usage, self._containers.get((pod.uid, each.name, each.start), 0)),
            )
            for each in pod.containers
        )
        usage = _less(pod.usage, self._pods.get(pod.uid, 0))
        return replace(pod, usage=usage, containers=containers)


def _less(usage: Usage, cpu: int) -> Usage:
    """The look before the reset may still be asked for, as what rates are made of."""
    return replace(usage, cpu=max(0, usage.cpu - cpu))


def _each(node: Node, usage: Callable[[Usage], Usage], start: Callable[[float], float]) -> Node:
    def container(of: Container) -> Container:
        return replace(of, usage=usage(of.usage), start=start(of.start))

    def pod(of: Pod) -> Pod:
        containers = tuple(map(container, of.containers))
        return replace(of, usage=usage(of.usage), start=start(of.start), containers=containers)

    return replace(node, pods=tuple(map(pod, node.pods)))


def cut(body: bytes) -> bytes:
    """Half of it, ending within a line."""
    half = len(body) // 2
    return body[: half + 1] if body[half : half + 1] != b"\n" else body[:half]


_SERIES = b"container_cpu_usage_seconds_total{"


def with_bad_line(body: bytes) -> bytes:
    """The first container's CPU is no number."""
    before, found, after = body.partition(b"\n" + _SERIES)
    if not found:
        return body
    line, end, rest = after.partition(b"\n")
    labels, _, _ = line.rpartition(b"} ")
    return before + found + labels + b"} lots" + end + rest
