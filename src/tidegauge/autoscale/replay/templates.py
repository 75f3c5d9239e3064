"""What the manifest of a workload tells of its pods: containers, size, how they become ready."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from tidegauge.autoscale.lint.access import Json, at, mapping_at, objects_at, text_at
from tidegauge.autoscale.lint.podspecs import as_admitted
from tidegauge.autoscale.replay.description import ContainerDescription, Description, amount
from tidegauge.autoscale.replay.manifests import Source

_RESOURCES = {
    "resources.requests.cpu": "request",
    "resources.limits.cpu": "limit",
    "resources.requests.memory": "memory_request",
}


def described(target: Source) -> tuple[Description, dict[str, bool], list[str]]:
    """What it says, its containers' names with whether each is a sidecar, and what is wrong.

    The first container is taken for the one that does the work.
    """
    manifest = target.document.manifest
    pod = as_admitted(mapping_at(manifest, "spec.template.spec"))
    problems: list[str] = []
    names, containers = {}, {}
    for path, one, sidecar in _running(pod):
        name = text_at(one, "name")
        names[name] = sidecar
        containers[name] = _resources(one, path, target, problems)
    if not names:
        problems.append(target.problem("spec.template.spec.containers", "has none"))
    if at(pod, "resources.requests"):
        text = "requests of whole pods are not simulated: share them among the containers"
        problems.append(target.problem("spec.template.spec.resources", text))
    description = Description(
        replicas=_replicas(manifest),
        ready_delay=_ready_delay(pod),
        container=next(iter(names), None),
        containers=containers,
    )
    return description, names, problems


def _running(pod: Json) -> Iterator[tuple[str, Json, bool]]:
    for index, one in enumerate(objects_at(pod, "containers")):
        yield f"containers[{index}]", one, False
    for index, one in enumerate(objects_at(pod, "initContainers")):
        if one.get("restartPolicy") == "Always":
            yield f"initContainers[{index}]", one, True


def _resources(
    container: Json, path: str, target: Source, problems: list[str]
) -> ContainerDescription:
    found = ContainerDescription()
    for place, field in _RESOURCES.items():
        text = at(container, place)
        if text is not None:
            try:
                found = replace(found, **{field: amount(str(text))})
            except ValueError as error:
                where = f"spec.template.spec.{path}.{place}"
                problems.append(target.problem(where, f"{str(text)!r} {error}"))
    return found


def _replicas(manifest: Mapping[str, Any]) -> int | None:
    """One that leaves its size to the HPA does not say."""
    found = at(manifest, "spec.replicas")
    return found if isinstance(found, int) and found >= 0 else None


def _ready_delay(pod: Json) -> float | None:
    """Without a probe pods are ready as soon as they run; one without a delay does not tell."""
    probes = [
        probe
        for one in objects_at(pod, "containers")
        if (probe := mapping_at(one, "readinessProbe"))
    ]
    if not probes:
        return 0.0
    longest = max(float(at(probe, "initialDelaySeconds") or 0) for probe in probes)
    return longest or None
