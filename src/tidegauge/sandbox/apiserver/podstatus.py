"""What `kubectl get pods` says of a pod in one word, and how much of it is ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidegauge.sandbox.apiserver.readable import age

Object = Mapping[str, Any]


@dataclass
class PodStatus:
    """Filled in by a walk over the containers' statuses, init containers first."""

    reason: str
    ready: int = 0
    total: int = 0
    restarts: int = 0
    restarted: str = ""
    """When the last restart was, empty if never."""
    sidecars: frozenset[str] = field(default_factory=frozenset)

    def count_restarts(self, status: Object) -> None:
        self.restarts += status.get("restartCount", 0)
        last = status.get("lastState", {}).get("terminated", {}).get("finishedAt") or ""
        self.restarted = max(self.restarted, last)

    def restarts_text(self, now: float) -> str:
        if self.restarts and self.restarted:
            return f"{self.restarts} ({age(self.restarted, now)} ago)"
        return str(self.restarts)


def pod_status(pod: Object) -> PodStatus:
    spec, status = pod.get("spec", {}), pod.get("status", {})
    inits = spec.get("initContainers") or []
    sidecars = frozenset(each["name"] for each in inits if each.get("restartPolicy") == "Always")
    found = PodStatus(
        reason=_reason_of_pod(status),
        total=len(spec.get("containers") or []) + len(sidecars),
        sidecars=sidecars,
    )
    if not _walk_inits(found, status.get("initContainerStatuses") or [], len(inits)):
        _walk_containers(found, pod)
    if pod["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            found.reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            found.reason = "Terminating"
    return found


def _reason_of_pod(status: Object) -> str:
    gated = condition(status, "PodScheduled").get("reason") == "SchedulingGated"
    if gated:
        return "SchedulingGated"
    return status.get("reason") or status.get("phase") or "Pending"


def condition(status: Object, kind: str) -> Object:
    """The condition of that type; empty when there is none."""
    found = (each for each in status.get("conditions") or () if each.get("type") == kind)
    return next(found, {})


def _walk_inits(found: PodStatus, statuses: Sequence[Object], count: int) -> bool:
    """Whether an init container is what the pod waits for."""
    of_sidecars = PodStatus("")
    for number, status in enumerate(statuses):
        found.count_restarts(status)
        sidecar = status["name"] in found.sidecars
        if sidecar:
            of_sidecars.count_restarts(status)
        terminated = _state(status, "terminated")
        if terminated is not None and terminated.get("exitCode") == 0:
            continue
        if sidecar and status.get("started"):
            found.ready += bool(status.get("ready"))
            continue
        found.reason = "Init:" + _init_reason(status, number, count)
        return True
    # Once the pod is initialized, only what goes on running counts.
    found.restarts, found.restarted = of_sidecars.restarts, of_sidecars.restarted
    return False


def _init_reason(status: Object, number: int, count: int) -> str:
    terminated, waiting = _state(status, "terminated"), _state(status, "waiting")
    if terminated is not None:
        return _end_reason(terminated)
    reason = (waiting or {}).get("reason", "")
    return reason if reason not in ("", "PodInitializing") else f"{number}/{count}"


def _walk_containers(found: PodStatus, pod: Object) -> None:
    status = pod.get("status", {})
    running = False
    for each in reversed(status.get("containerStatuses") or []):
        found.count_restarts(each)
        waiting, terminated = _state(each, "waiting"), _state(each, "terminated")
        if waiting and waiting.get("reason"):
            found.reason = waiting["reason"]
        elif terminated is not None:
            found.reason = _end_reason(terminated)
        elif each.get("ready") and _state(each, "running") is not None:
            running = True
            found.ready += 1
    if found.reason == "Completed" and running:
        ready = condition(status, "Ready").get("status") == "True"
        found.reason = "Running" if ready else "NotReady"


def _state(status: Object, name: str) -> Object | None:
    state: Object | None = status.get("state", {}).get(name)
    return state


def _end_reason(terminated: Object) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"
