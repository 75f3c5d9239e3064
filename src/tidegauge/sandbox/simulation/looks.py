"""All of a simulated node's last measurements, as one look at a machine."""

from collections.abc import Callable, Iterator

from tidegauge.sandbox.records import (
    Container,
    FileSystem,
    Interface,
    Node,
    Pod,
    Usage,
    Written,
)
from tidegauge.sandbox.simulation import pod as simulated
from tidegauge.sandbox.simulation.engine import SECOND
from tidegauge.sandbox.simulation.measuring import Measured, Measurements

_DISK = 105_553_116_160
_USED = 21_474_836_480
_INODES, _INODES_USED = 6_553_600, 182_744
"""A disk of 98 GiB with a system on it; only what containers write moves."""

_LOGGED, _FILED, _RECEIVED, _SENT = 1200, 300, 90_000, 210_000
"""Bytes per second of CPU: who works more writes, hears and says more."""

_IMAGES = Written(4 << 30, 61_000)

_BLOCK = 4096
_MOST_PROCESSES = 4_194_304

_Pick = Callable[[Measured], Usage | None]


def latest(measured: Measurements) -> Node:
    return _node(measured, lambda each: each.usage)


def earlier(measured: Measurements) -> Node:
    """As of the measurements before; what was measured once only is not in it."""
    return _node(measured, lambda each: each.earlier)


def _node(measured: Measurements, pick: _Pick) -> Node:
    machine = measured.machine
    usage = pick(measured.node) or measured.node.usage
    used = _USED + _written(usage, _LOGGED + _FILED).used
    return Node(
        name=machine.name,
        start=measured.system.started / SECOND,
        usage=usage,
        memory_capacity=machine.memory,
        swap_capacity=machine.swap,
        pods=tuple(_pods(measured, pick)),
        interfaces=_interfaces(usage),
        file_system=FileSystem(_DISK - used, _DISK, used, _INODES - _INODES_USED, _INODES),
        most_processes=_MOST_PROCESSES,
        images=_IMAGES,
        system=tuple(_system(measured, pick)),
    )


def _system(measured: Measurements, pick: _Pick) -> Iterator[Container]:
    usage = pick(measured.of_system)
    if usage:
        yield Container("kubelet", measured.system.started / SECOND, usage)


def _pods(measured: Measurements, pick: _Pick) -> Iterator[Pod]:
    for (namespace, name), pod in sorted(measured.pods.items()):
        total = measured.of_pod.get(pod.key)
        usage = pick(total) if total else None
        if usage:
            yield Pod(
                namespace,
                name,
                pod.uid,
                pod.start_time / SECOND,
                usage,
                tuple(_containers(measured, pod, pick)),
                interfaces=_interfaces(usage),
                ephemeral=_written(usage, _LOGGED + _FILED),
            )


def _containers(measured: Measurements, pod: simulated.Pod, pick: _Pick) -> Iterator[Container]:
    for container in pod.containers:
        known = measured.of_meter.get(container.meter) if container.meter else None
        usage = pick(known) if known else None
        if usage and container.meter:
            yield Container(
                container.spec.name,
                container.meter.started / SECOND,
                usage,
                root=_written(usage, _FILED),
                logs=_written(usage, _LOGGED),
            )


def _written(usage: Usage, rate: int) -> Written:
    written = usage.cpu // 10**9 * rate
    return Written(_BLOCK + written, 1 + (written >> 20))


def _interfaces(usage: Usage) -> tuple[Interface, ...]:
    worked = usage.cpu // 10**9
    return (Interface("eth0", worked * _RECEIVED, 0, worked * _SENT, 0),)
