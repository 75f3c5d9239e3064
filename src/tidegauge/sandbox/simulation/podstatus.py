"""A pod's status as its kubelet writes it."""

from typing import Any, TypeAlias

from tidegauge.sandbox.apiserver.poddefaults import quality_of_service
from tidegauge.sandbox.simulation.container import Container, Ended, State
from tidegauge.sandbox.simulation.engine import SECOND
from tidegauge.sandbox.simulation.pod import Pod
from tidegauge.sandbox.simulation.podspec import Role
from tidegauge.units.timestamp import format_rfc3339

Object: TypeAlias = dict[str, Any]


def status_of(pod: Pod, now: int, address: str) -> Object:
    """The whole status; what did not change since `pod.obj` keeps its times."""
    phase = pod.phase
    status: Object = {
        "phase": phase,
        "conditions": _conditions(pod, now, phase),
        "hostIP": "127.0.0.1",
        "hostIPs": [{"ip": "127.0.0.1"}],
        "startTime": _time(pod.start_time),
        "qosClass": quality_of_service(pod.obj["spec"]),
        "containerStatuses": [_of_container(each) for each in pod.main],
    }
    if pod.has_sandbox:
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    starting = [each for each in pod.containers if each.spec.role is not Role.MAIN]
    if starting:
        status["initContainerStatuses"] = [_of_container(each) for each in starting]
    return status


def _conditions(pod: Pod, now: int, phase: str) -> list[Object]:
    done = phase in ("Succeeded", "Failed")
    unready = [
        each.spec.name
        for each in pod.containers
        if each.spec.role is not Role.INIT and not each.ready
    ]
    why: Object = {}
    if done:
        why = {"reason": "PodCompleted" if phase == "Succeeded" else "PodFailed"}
    elif not pod.ready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        why = {"reason": "ContainersNotReady", "message": message}
    incomplete = [
        each.spec.name
        for each in pod.containers
        if each.spec.role is Role.INIT and not (each.ended and each.ended.exit_code == 0)
    ]
    not_initialized: Object = {}
    if not pod.initialized and not done:
        message = f"containers with incomplete status: [{' '.join(incomplete)}]"
        not_initialized = {"reason": "ContainersNotInitialized", "message": message}
    wanted = [
        ("PodReadyToStartContainers", pod.has_sandbox and not done, {}),
        ("Initialized", pod.initialized or done, not_initialized),
        ("Ready", pod.ready and not done, why),
        ("ContainersReady", pod.ready and not done, why),
        ("PodScheduled", True, {}),
    ]
    return [_condition(pod, kind, now, value=value, why=why) for kind, value, why in wanted]


def _condition(pod: Pod, kind: str, now: int, *, value: bool, why: Object) -> Object:
    text = "True" if value else "False"
    known = (pod.obj.get("status") or {}).get("conditions") or ()
    before = next((each for each in known if each["type"] == kind), None)
    same = before is not None and before["status"] == text
    at = before["lastTransitionTime"] if before and same else _time(now)
    made = {"type": kind, "status": text, "lastProbeTime": None, "lastTransitionTime": at}
    return made | why


def _of_container(container: Container) -> Object:
    spec = container.spec
    status: Object = {
        "name": spec.name,
        "image": spec.image,
        "imageID": f"sandbox/{spec.image}" if container.container_id else "",
        "ready": _shown_ready(container),
        "restartCount": container.restarts,
        "started": container.state is State.RUNNING,
        "state": _state(container),
        "lastState": {"terminated": _ended(container.last)} if container.last else {},
    }
    if container.container_id:
        status["containerID"] = container.container_id
    return status


def _shown_ready(container: Container) -> bool:
    if container.spec.role is Role.INIT:
        return container.ended is not None and container.ended.exit_code == 0
    return container.ready


def _state(container: Container) -> Object:
    if container.meter:
        return {"running": {"startedAt": _time(container.meter.started)}}
    if container.ended:
        return {"terminated": _ended(container.ended)}
    reason, message = container.waiting
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def _ended(ended: Ended) -> Object:
    return {
        "containerID": ended.container_id,
        "exitCode": ended.exit_code,
        "reason": ended.reason,
        "startedAt": _time(ended.started),
        "finishedAt": _time(ended.finished),
    }


def _time(at: int) -> str:
    return format_rfc3339(at // SECOND)
