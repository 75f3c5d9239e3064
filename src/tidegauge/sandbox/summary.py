"""`/stats/summary` as a kubelet writes it: kubernetes/kubelet, pkg/apis/stats/v1alpha1."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import msgspec

from tidegauge.sandbox.records import (
    Container,
    FileSystem,
    Interface,
    Memory,
    Node,
    Pod,
    Pressure,
    Pressures,
    Usage,
    Written,
)
from tidegauge.units.timestamp import format_rfc3339

CONTENT_TYPE = "application/json"

_Stats: TypeAlias = dict[str, Any]

_ORDER = (
    *("nodeName", "systemContainers", "podRef", "name", "startTime", "containers"),
    *("cpu", "memory", "io", "network", "fs", "runtime", "rlimit", "rootfs", "logs"),
    *("ephemeral-storage", "process_stats", "swap"),
)
"""Of fields, as Go writes them: that of their declaration."""


def encode(node: Node, earlier: Node | None, *, trimmed: bool = False) -> bytes:
    """The body for one look at a node; `earlier` is the look before, for rates.

    With `trimmed` (`only_cpu_and_memory=true`) only CPU, memory and swap are told.
    """
    return msgspec.json.encode(_Writer(earlier, trimmed=trimmed).summary(node))


class _Writer:
    def __init__(self, earlier: Node | None, *, trimmed: bool) -> None:
        self._trimmed = trimmed
        self._disk: FileSystem | None = None
        self._node = earlier.usage if earlier else None
        pods = earlier.pods if earlier else ()
        self._pods = {pod.uid: pod.usage for pod in pods}
        self._containers = {
            (pod.uid, each.name, each.start): each.usage for pod in pods for each in pod.containers
        }
        for each in earlier.system if earlier else ():
            self._containers["", each.name, each.start] = each.usage

    def summary(self, node: Node) -> _Stats:
        self._disk = node.file_system
        # What the machine has is the node's limit.
        memory = replace(node.usage.memory, limit=node.memory_capacity)
        usage = replace(node.usage, memory=memory, swap_limit=node.swap_capacity)
        stats = {
            "nodeName": node.name,
            "startTime": _time(node.start),
            **_usage(usage, self._node),
        }
        if node.system:
            stats["systemContainers"] = [self._container("", each) for each in node.system]
        if not self._trimmed:
            stats |= _node_only(node)
            if images := self._places(node.usage.time, imageFs=node.images):
                stats["runtime"] = images
        return {"node": _ordered(stats), "pods": [self._pod(pod) for pod in node.pods]}

    def _pod(self, pod: Pod) -> _Stats:
        stats = {
            "podRef": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
            "startTime": _time(pod.start),
            "containers": [self._container(pod.uid, each) for each in pod.containers],
            **_usage(pod.usage, self._pods.get(pod.uid)),
        }
        if not self._trimmed:
            stats |= _io(pod.usage) | _network(pod.usage.time, pod.interfaces)
            stats |= self._places(pod.usage.time, **{"ephemeral-storage": pod.ephemeral})
            if pod.usage.processes is not None:
                stats["process_stats"] = {"process_count": pod.usage.processes}
        return _ordered(stats)

    def _container(self, pod: str, container: Container) -> _Stats:
        usage = container.usage
        stats = {
            "name": container.name,
            "startTime": _time(container.start),
            **_usage(usage, self._containers.get((pod, container.name, container.start))),
        }
        if not self._trimmed:
            stats |= _io(usage)
            stats |= self._places(usage.time, rootfs=container.root, logs=container.logs)
        return _ordered(stats)

    def _places(self, time: float, **written: Written | None) -> _Stats:
        """What was written where; how much room is left is the disk's."""
        if not self._disk:
            return {}
        disk = {"time": _time(time), **_file_system(self._disk)}
        return {
            place: disk | {"usedBytes": each.used, "inodesUsed": each.inodes}
            for place, each in written.items()
            if each
        }


def _ordered(stats: _Stats) -> _Stats:
    return {field: stats[field] for field in _ORDER if field in stats}


def _usage(usage: Usage, earlier: Usage | None) -> _Stats:
    time = _time(usage.time)
    cpu: _Stats = {"time": time}
    if (rate := _nanocores(usage, earlier)) is not None:
        cpu["usageNanoCores"] = rate
    cpu["usageCoreNanoSeconds"] = usage.cpu
    stats = {"cpu": cpu | _psi(usage.stalls.cpu), "memory": _memory(time, usage)}
    if usage.swap is not None:
        stats["swap"] = _swap(time, usage.swap, usage.swap_limit)
    return stats


def _swap(time: str, used: int, limit: int | None) -> _Stats:
    available = {} if limit is None else {"swapAvailableBytes": max(limit - used, 0)}
    return {"time": time, **available, "swapUsageBytes": used}


def _nanocores(usage: Usage, earlier: Usage | None) -> int | None:
    """None without an earlier reading, and for a counter that fell."""
    if earlier is None or usage.time <= earlier.time or usage.cpu < earlier.cpu:
        return None
    return int((usage.cpu - earlier.cpu) / (usage.time - earlier.time))


def _memory(time: str, usage: Usage) -> _Stats:
    memory: Memory = usage.memory
    stats: _Stats = {"time": time}
    if memory.limit is not None:
        stats["availableBytes"] = max(memory.limit - memory.working_set, 0)
    return stats | {
        "usageBytes": memory.usage,
        "workingSetBytes": memory.working_set,
        "rssBytes": memory.rss,
        "pageFaults": memory.faults,
        "majorPageFaults": memory.major_faults,
        **_psi(usage.stalls.memory),
    }


def _node_only(node: Node) -> _Stats:
    time = _time(node.usage.time)
    stats = _io(node.usage) | _network(node.usage.time, node.interfaces)
    if node.file_system:
        stats["fs"] = {"time": time, **_file_system(node.file_system)}
    if node.most_processes is not None and node.usage.processes is not None:
        stats["rlimit"] = {
            "time": time,
            "maxpid": node.most_processes,
            "curproc": node.usage.processes,
        }
    return stats


def _io(usage: Usage) -> _Stats:
    psi = _psi(usage.stalls.io)
    return {"io": {"time": _time(usage.time), **psi}} if psi else {}


def _network(time: float, interfaces: Sequence[Interface]) -> _Stats:
    if not interfaces:
        return {}
    busiest = max(interfaces, key=lambda each: each.received)
    all_ = [_interface(each) for each in interfaces]
    return {"network": {"time": _time(time), **_interface(busiest), "interfaces": all_}}


def _interface(interface: Interface) -> _Stats:
    return {
        "name": interface.name,
        "rxBytes": interface.received,
        "rxErrors": interface.receive_errors,
        "txBytes": interface.sent,
        "txErrors": interface.send_errors,
    }


def _file_system(system: FileSystem) -> _Stats:
    return {
        "availableBytes": system.available,
        "capacityBytes": system.capacity,
        "usedBytes": system.used,
        "inodesFree": system.inodes_free,
        "inodes": system.inodes,
        "inodesUsed": system.inodes - system.inodes_free,
    }


def _psi(pressures: Pressures | None) -> _Stats:
    if pressures is None:
        return {}
    full = pressures.full or Pressure(0, 0, 0, 0)
    return {"psi": {"full": _pressure(full), "some": _pressure(pressures.some)}}


def _pressure(pressure: Pressure) -> _Stats:
    return {
        "total": pressure.total,
        "avg10": _go_number(pressure.avg10),
        "avg60": _go_number(pressure.avg60),
        "avg300": _go_number(pressure.avg300),
    }


def _go_number(value: float) -> float:
    """Go writes a whole number without its fraction."""
    return int(value) if value == int(value) else value


def _time(seconds: float) -> str:
    """RFC 3339 in whole seconds, as Kubernetes' own type of times is written."""
    return format_rfc3339(int(seconds))
