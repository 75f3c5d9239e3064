"""What is wrong with a story whose form is right: each problem with its field and the remedy."""

import math
import re
from collections.abc import Iterable, Iterator

from tidegauge.autoscale.lint import validation
from tidegauge.autoscale.reading.defaults import defaulted
from tidegauge.sandbox.simulation import manifests
from tidegauge.sandbox.simulation.story import (
    Autoscale,
    Change,
    Container,
    Load,
    Story,
    Workload,
)

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")
"""A DNS label, short enough that names of pods made from it are one too."""

_SCALABLE = ("Deployment", "StatefulSet")
_SCALABLE_NAMES = " and ".join(f"{kind}s" for kind in _SCALABLE)

_WRONG_NAME = "is no name for it; use up to 40 of a-z, 0-9 and dashes between them"


def problems(story: Story) -> Iterator[str]:
    keys = [workload.key for workload in story.workloads]
    for index, workload in enumerate(story.workloads):
        field = f"workloads[{index}]"
        if workload.key in keys[:index]:
            yield f"{field}.name: {workload.key} is there twice; give each its own name"
        yield from _of_workload(workload, field)
        yield from _of_containers(story, workload, field)
    for index, load in enumerate(story.load):
        field = f"load[{index}]"
        if load.to in [each.to for each in story.load[:index]]:
            yield f"{field}.to: {load.to} has a load already; put both into one"
        yield from _of_load(load, keys, field)
    for index, change in enumerate(story.changes):
        yield from _of_change(story, change, keys, f"changes[{index}]")


def _of_workload(workload: Workload, field: str) -> Iterator[str]:
    for part, name in (("name", workload.name), ("namespace", workload.namespace)):
        if not _NAME.fullmatch(name):
            yield f"{field}.{part}: {name!r} {_WRONG_NAME}"
    if workload.replicas < 0:
        yield f"{field}.replicas: {workload.replicas} is negative; use 0 for none"
    limits = {"maxSurge": workload.max_surge, "maxUnavailable": workload.max_unavailable}
    for part, value in limits.items():
        if not _is_count_or_percent(value):
            yield f"{field}.{part}: must be a number of pods or a percentage such as 25%"
    if workload.autoscale:
        yield from _of_autoscale(workload, workload.autoscale, f"{field}.autoscale")


def _of_autoscale(workload: Workload, scale: Autoscale, field: str) -> Iterator[str]:
    """What the API server would refuse, among it."""
    if workload.kind not in _SCALABLE:
        yield f"{field}: a {workload.kind} has no replicas to set; only {_SCALABLE_NAMES} have"
    if not 1 <= scale.min <= scale.max:
        yield f"{field}: {scale.min} to {scale.max} is no range; 1 <= min <= max"
    names = [container.name for container in (*workload.containers, *workload.sidecars)]
    if scale.container and scale.container not in names:
        yield _unknown(f"{field}.container", scale.container, names)
    if scale.container and scale.cpu is None:
        yield f"{field}.cpu: missing; how much of its request may {scale.container} use?"
    for cause in validation.causes(defaulted(manifests.autoscaler(workload, scale))):
        part = cause.field.removeprefix("spec.")
        if part.startswith(("metrics", "behavior")):
            yield f"{field}: {part}: {cause.message}"


def _of_containers(story: Story, workload: Workload, field: str) -> Iterator[str]:
    if not workload.containers:
        yield f"{field}.containers: a pod needs at least one; name it and its image"
    seen: set[str] = set()
    for path, container in _containers(workload, field):
        if not _NAME.fullmatch(container.name):
            yield f"{path}.name: {container.name!r} {_WRONG_NAME}"
        if container.name in seen:
            yield f"{path}.name: {container.name!r} is there twice; give each its own name"
        seen.add(container.name)
        if container.image not in story.images:
            yield _unknown(f"{path}.image", container.image, story.images)


def _containers(workload: Workload, field: str) -> Iterator[tuple[str, Container]]:
    parts = {
        "containers": workload.containers,
        "init": workload.init,
        "sidecars": workload.sidecars,
    }
    for part, containers in parts.items():
        for index, container in enumerate(containers):
            yield f"{field}.{part}[{index}]", container


def _of_load(load: Load, keys: list[str], field: str) -> Iterator[str]:
    if load.to not in keys:
        yield _unknown(f"{field}.to", load.to, keys)
    if load.work <= 0:
        yield f"{field}.work: a request must cost some CPU time, as 12ms"
    if not 0 <= load.noise <= 1:
        yield f"{field}.noise: {load.noise:g} is not a share between 0 and 1"
    rates = {"rate": load.rate}
    rates |= {f"steps[{index}].rate": step.rate for index, step in enumerate(load.steps)}
    rates |= {f"crowds[{index}].times": crowd.times for index, crowd in enumerate(load.crowds)}
    for part, rate in rates.items():
        if rate < 0 or not math.isfinite(rate):
            yield f"{field}.{part}: {rate:g} is no number of requests; use 0 for none"
    if load.wave and not 0 <= load.wave.low <= 1:
        yield f"{field}.wave.low: {load.wave.low:g} is not a share between 0 and 1"
    if load.wave and load.wave.period <= 0:
        yield f"{field}.wave.period: must be longer than nothing, as 24h"


def _of_change(story: Story, change: Change, keys: list[str], field: str) -> Iterator[str]:
    if change.to not in keys:
        yield _unknown(f"{field}.to", change.to, keys)
    if change.image is None and change.replicas is None:
        yield f"{field}: changes nothing; give it an image or a number of replicas"
    if change.image is not None and change.image not in story.images:
        yield _unknown(f"{field}.image", change.image, story.images)
    if change.replicas is not None and change.replicas < 0:
        yield f"{field}.replicas: {change.replicas} is negative; use 0 for none"


def _unknown(field: str, name: str, known: Iterable[str]) -> str:
    return f"{field}: {name!r} is not in this story; it has {', '.join(sorted(known)) or 'none'}"


def _is_count_or_percent(value: int | str) -> bool:
    if isinstance(value, int):
        return value >= 0
    return re.fullmatch(r"[0-9]{1,3}%", value) is not None
