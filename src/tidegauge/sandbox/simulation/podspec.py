"""What a Pod object asks for, in the simulation's units."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from tidegauge.sandbox.simulation.amounts import microcores, whole_bytes

Object: TypeAlias = dict[str, Any]

_cpu = lru_cache(maxsize=1024)(microcores)
_memory = lru_cache(maxsize=1024)(whole_bytes)


class Role(Enum):
    INIT = "init"
    """Runs to its end before the next one starts."""

    SIDECAR = "sidecar"
    """Starts before the main ones and stays."""

    MAIN = "main"


class Requests(NamedTuple):
    """Microcores and bytes."""

    cpu: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """CPU in microcores, memory in bytes; None means no limit."""

    name: str
    image: str
    role: Role
    requests: Requests
    cpu_limit: int | None
    memory_limit: int | None


def containers_of(pod: Object) -> list[ContainerSpec]:
    """In the order in which they start."""
    spec = pod["spec"]
    starting = [
        _container(each, Role.SIDECAR if each.get("restartPolicy") == "Always" else Role.INIT)
        for each in spec.get("initContainers") or ()
    ]
    return starting + [_container(each, Role.MAIN) for each in spec["containers"]]


def _container(spec: Object, role: Role) -> ContainerSpec:
    resources = spec.get("resources") or {}
    limits = resources.get("limits") or {}
    requests = limits | (resources.get("requests") or {})
    return ContainerSpec(
        name=spec["name"],
        image=spec["image"],
        role=role,
        requests=Requests(_cpu(requests.get("cpu", "0")), _memory(requests.get("memory", "0"))),
        cpu_limit=_cpu(limits["cpu"]) if "cpu" in limits else None,
        memory_limit=_memory(limits["memory"]) if "memory" in limits else None,
    )


def requests_of(pod: Object) -> Requests:
    """What the scheduler sets aside: what stays running together, or the largest start before."""
    staying, largest = Requests(), Requests()
    for container in containers_of(pod):
        cpu, memory = container.requests
        both = Requests(staying.cpu + cpu, staying.memory + memory)
        if container.role is not Role.INIT:
            staying = both
        largest = Requests(max(largest.cpu, both.cpu), max(largest.memory, both.memory))
    return Requests(max(largest.cpu, staying.cpu), max(largest.memory, staying.memory))


def is_finished(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def condition(obj: Object, kind: str) -> Object | None:
    """The condition of that type in an object's status."""
    found = (obj.get("status") or {}).get("conditions") or ()
    return next((each for each in found if each["type"] == kind), None)


def is_ready(pod: Object) -> bool:
    found = condition(pod, "Ready")
    return found is not None and found.get("status") == "True"
