"""The nine machines: what they are made of, and how they stand in the API as Node objects."""

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from tidegauge.sandbox.simulation.engine import MINUTE
from tidegauge.units.timestamp import format_rfc3339

Object: TypeAlias = dict[str, Any]

KUBELET_VERSION = "v1.37.2"
MAX_PODS = 110
GIB = 1 << 30
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"

STATUS = 5 * MINUTE
"""How often a kubelet tells its status again while that stays the same, in milliseconds."""

_RESERVED_CPU = 100_000
_RESERVED_MEMORY = 256 << 20
"""Microcores and bytes kept from pods for the system, as `--kube-reserved` does."""


@dataclass(frozen=True, slots=True)
class Machine:
    """CPU in microcores, memory and swap in bytes."""

    name: str
    cpu: int
    memory: int
    swap: int = 0
    control_plane: bool = False
    zone: str = "a"
    number: int = 0
    """Tells its pods' addresses from those of others."""

    port: int = 10250

    @property
    def free_cpu(self) -> int:
        return self.cpu - _RESERVED_CPU

    @property
    def free_memory(self) -> int:
        return self.memory - _RESERVED_MEMORY

    @property
    def labels(self) -> dict[str, str]:
        role = {CONTROL_PLANE: ""} if self.control_plane else {}
        return {
            "beta.kubernetes.io/arch": "amd64",
            "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": self.name,
            "kubernetes.io/os": "linux",
            "topology.kubernetes.io/zone": self.zone,
            **role,
        }


def default_machines() -> list[Machine]:
    """Three for the control plane and six workers, a third of which has swap."""
    masters = [
        Machine(f"control-{zone}", 4_000_000, 8 * GIB, control_plane=True, zone=zone)
        for zone in "abc"
    ]
    workers = [
        Machine(
            f"worker-{number}",
            4_000_000,
            16 * GIB,
            swap=2 * GIB if number % 3 == 0 else 0,
            zone="abc"[(number - 1) % 3],
        )
        for number in range(1, 7)
    ]
    return [
        replace(machine, number=number, port=10250 + number)
        for number, machine in enumerate([*masters, *workers])
    ]


def node_object(machine: Machine, now: int) -> Object:
    """The Node as a kubelet registers it; `now` in seconds."""
    taints = [{"key": CONTROL_PLANE, "effect": "NoSchedule"}] if machine.control_plane else []
    return {
        "metadata": {"name": machine.name, "labels": machine.labels, "annotations": {}},
        "spec": {
            "podCIDR": f"10.244.{machine.number}.0/24",
            "podCIDRs": [f"10.244.{machine.number}.0/24"],
            **({"taints": taints} if taints else {}),
        },
        "status": _status(machine, now),
    }


def _status(machine: Machine, now: int) -> Object:
    info: Object = {
        "architecture": "amd64",
        "bootID": f"00000000-0000-4000-8000-{machine.number:012}",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kernelVersion": "6.12.0-sandbox",
        "kubeProxyVersion": "",
        "kubeletVersion": KUBELET_VERSION,
        "machineID": f"{machine.number:032}",
        "operatingSystem": "linux",
        "osImage": "Tidegauge sandbox",
        "systemUUID": f"{machine.number:032}",
    }
    if machine.swap:
        info["swap"] = {"capacity": machine.swap}
    return {
        "addresses": [
            {"type": "InternalIP", "address": "127.0.0.1"},
            {"type": "Hostname", "address": machine.name},
        ],
        "allocatable": _amounts(machine.free_cpu, machine.free_memory),
        "capacity": _amounts(machine.cpu, machine.memory),
        "conditions": conditions(now, ready=True),
        "daemonEndpoints": {"kubeletEndpoint": {"Port": machine.port}},
        "nodeInfo": info,
    }


def _amounts(cpu: int, memory: int) -> dict[str, str]:
    return {
        "cpu": f"{cpu // 1000}m" if cpu % 1_000_000 else str(cpu // 1_000_000),
        "ephemeral-storage": "103079200Ki",
        "memory": f"{memory >> 10}Ki",
        "pods": str(MAX_PODS),
    }


_PRESSURES = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


def conditions(now: int, *, ready: bool) -> list[Object]:
    """As the kubelet writes them, or, when it is silent, the node controller in its place."""
    at = format_rfc3339(now)

    def condition(kind: str, status: str, reason: str, message: str) -> Object:
        return {
            "type": kind,
            "status": status,
            "lastHeartbeatTime": at,
            "lastTransitionTime": at,
            "reason": reason,
            "message": message,
        }

    if not ready:
        silent = ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
        return [condition(kind, *silent) for kind in (*(row[0] for row in _PRESSURES), "Ready")]
    return [
        *(condition(kind, "False", reason, message) for kind, reason, message in _PRESSURES),
        condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]


def with_times(made: Object, before: Object | None, *, beat: bool = True) -> Object:
    """A condition with the times that stay: of its last change, and without `beat` of its renewal.

    `before` is the condition of that type so far.
    """
    if before is None:
        return made
    kept = [] if beat else ["lastHeartbeatTime"]
    if before.get("status") == made["status"]:
        kept.append("lastTransitionTime")
    return made | {field: before[field] for field in kept if field in before}
