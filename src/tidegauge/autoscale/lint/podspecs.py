"""What pods of a template will ask for: as written, and as the API server fills it in."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.lint.access import Json, at, mapping_at, objects_at, text_at
from tidegauge.autoscale.reading.objects import pod, quantity
from tidegauge.units.quantities import Quantity


def as_admitted(pod_spec: Json, limit_ranges: Iterable[Json] = ()) -> dict[str, Any]:
    """The pod's spec with the requests that admission fills in.

    A namespace's LimitRange gives containers what they lack, and a limit without a request is
    the request too.
    """
    defaults = [
        each
        for limit_range in limit_ranges
        for each in objects_at(limit_range, "spec.limits")
        if each.get("type") == "Container"
    ]
    return {
        **pod_spec,
        "resources": _filled(mapping_at(pod_spec, "resources"), []),
        **{
            part: [
                {**one, "resources": _filled(mapping_at(one, "resources"), defaults)}
                for one in objects_at(pod_spec, part)
            ]
            for part in ("containers", "initContainers")
        },
    }


def _filled(resources: Json, defaults: list[Json]) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    requests: dict[str, Any] = {}
    for default in defaults:
        limits |= mapping_at(default, "default")
        requests |= mapping_at(default, "defaultRequest")
    own = mapping_at(resources, "limits")
    requests = {**limits, **requests, **own, **mapping_at(resources, "requests")}
    return {"limits": {**limits, **own}, "requests": requests}


def as_pod(name: str, pod_spec: Json) -> Pod | None:
    """As the engine sees it; None where it cannot be read."""
    try:
        return pod({"metadata": {"name": name}, "spec": pod_spec})
    except ValueError:
        return None


def running(pod_spec: Json) -> Iterator[tuple[str, Json]]:
    """Containers and sidecars by name."""
    sidecars = [
        one
        for one in objects_at(pod_spec, "initContainers")
        if one.get("restartPolicy") == "Always"
    ]
    for one in (*objects_at(pod_spec, "containers"), *sidecars):
        yield text_at(one, "name"), one


def lacks_container(pod_spec: Json, wanted: str) -> bool:
    """Whether one is wanted and not there."""
    return bool(wanted) and all(name != wanted for name, _ in running(pod_spec))


def limit(pod_spec: Json, resource: str, container: str = "") -> int | None:
    """The most a pod, or one container of it, can use, in milli-units; None where nothing says."""
    whole = amount(mapping_at(pod_spec, "resources.limits"), resource)
    if whole is not None and not container:
        return whole.milli
    found = [
        amount(mapping_at(one, "resources.limits"), resource)
        for name, one in running(pod_spec)
        if container in ("", name)
    ]
    known = [each.milli for each in found if each is not None]
    return sum(known) if known and len(known) == len(found) else None


def room_of(nodes: Iterable[Json]) -> dict[str, Quantity]:
    """What nodes have to allocate together, of the resources that each can run out of."""
    total: dict[str, Quantity] = {}
    for node in nodes:
        for name in ("cpu", "memory") if at(node, "spec.unschedulable") is not True else ():
            if own := amount(mapping_at(node, "status.allocatable"), name):
                total[name] = total[name] + own if name in total else own
    return total


def amount(amounts: Mapping[str, Any], resource: str) -> Quantity | None:
    """Of a resource; None where it is not there or cannot be read."""
    try:
        return quantity(str(amounts[resource])) if resource in amounts else None
    except ValueError:
        return None
