"""What each pod requests of a resource, in milli-units: the hundred percent of a utilisation."""

from collections.abc import Iterable

from tidegauge.autoscale.engine.pods import Container, Kind, Pod
from tidegauge.autoscale.engine.profiles import Profile
from tidegauge.units.gonumbers import wrap_int64
from tidegauge.units.quantities import Quantity


class RequestError(Exception):
    """A pod lacks the request or the container; one such pod disables the whole metric."""


_CONTAINER, _SIDECAR = Kind.CONTAINER, Kind.SIDECAR
"""Looked up once: this runs for every container of every pod."""

_POD_LEVEL = ("cpu", "memory")
_POD_LEVEL_PREFIX = "hugepages-"


def requests_by_pod(
    pods: Iterable[Pod], container: str, resource: str, profile: Profile
) -> dict[str, int]:
    """For every pod, also those that are ignored; of one container where `container` is not empty.

    Raises RequestError for the first pod that lacks it.
    """
    return {pod.name: _request(pod, container, resource, profile) for pod in pods}


def _request(pod: Pod, container: str, resource: str, profile: Profile) -> int:
    if profile.pod_level_resources and not container and any(map(_at_pod_level, pod.pod_requests)):
        return _of_pod(pod, resource)
    running = _running(pod, profile)
    if container:
        return _of_named(pod, running, container, resource, profile)
    total = 0
    for one in running:
        total += _of_container(pod, one, resource)
    return wrap_int64(total)


def _running(pod: Pod, profile: Profile) -> list[Container]:
    """The containers, then the sidecars."""
    running = [one for one in pod.containers if one.kind is _CONTAINER]
    if profile.sidecar_requests and len(running) < len(pod.containers):
        running += [one for one in pod.containers if one.kind is _SIDECAR]
    return running


def _of_named(
    pod: Pod, running: list[Container], name: str, resource: str, profile: Profile
) -> int:
    for one in running:
        if one.name == name:
            return _of_container(pod, one, resource)
    if profile.container_must_exist:
        raise RequestError(f"container {name} not found in Pod {pod.name}")
    return 0


def _of_container(pod: Pod, container: Container, resource: str) -> int:
    request = container.requests.get(resource)
    if request is None:
        raise RequestError(
            f"missing request for {resource} in container {container.name} of Pod {pod.name}"
        )
    return request.milli


def _at_pod_level(resource: str) -> bool:
    return resource in _POD_LEVEL or resource.startswith(_POD_LEVEL_PREFIX)


def _of_pod(pod: Pod, resource: str) -> int:
    """The effective request: the pod's own, else its containers' together; with the overhead."""
    own = pod.pod_requests.get(resource) if _at_pod_level(resource) else None
    request = _sum(own or _of_containers(pod, resource), pod.overhead.get(resource))
    if request is None:
        raise RequestError(f"missing pod-level request for {resource} in Pod {pod.name}")
    return request.milli


def _of_containers(pod: Pod, resource: str) -> Quantity | None:
    """Containers and sidecars together, or the largest step of initialisation."""
    total = sidecars = largest = None
    for one in pod.containers:
        request = one.requests.get(resource)
        if one.kind is not Kind.INIT:
            total = _sum(total, request)
        if one.kind is Kind.SIDECAR:
            sidecars = _sum(sidecars, request)
            largest = _max(largest, sidecars)
        elif one.kind is Kind.INIT:
            largest = _max(largest, _sum(request, sidecars))
    return _max(total, largest)


def _sum(one: Quantity | None, other: Quantity | None) -> Quantity | None:
    return one + other if one and other else one or other


def _max(one: Quantity | None, other: Quantity | None) -> Quantity | None:
    if one and other:
        return other if other.nano > one.nano else one
    return one or other
