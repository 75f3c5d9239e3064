"""The rules of pods and of the templates that pods are made from."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tidegauge.sandbox.apiserver.quantities import value_of
from tidegauge.sandbox.apiserver.rules import BAD_LABEL, LABEL, required, wrong
from tidegauge.serving.status import Cause
from tidegauge.units.gotext import quote

Object = Mapping[str, Any]
Causes = Iterator[Cause]

_POD_SPEC_MAY = frozenset(
    {"activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "nodeName"}
)
"""Fields of a pod's spec that a writer may change; of the containers it is the image."""

POD_FORBIDDEN = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)


def pod_spec_faults(spec: Object, path: str) -> Causes:
    containers = spec.get("containers") or []
    if not containers:
        yield required(f"{path}.containers")
    seen: set[str] = set()
    for part, each in (("containers", containers), ("initContainers", spec.get("initContainers"))):
        for number, container in enumerate(each or ()):
            yield from _container(container, f"{path}.{part}[{number}]", seen)


def _container(container: Object, path: str, seen: set[str]) -> Causes:
    name = container.get("name", "")
    if not name:
        yield required(f"{path}.name")
    elif not re.fullmatch(LABEL, name) or len(name) > 63:
        yield wrong(f"{path}.name", name, BAD_LABEL)
    elif name in seen:
        yield Cause("FieldValueDuplicate", f"Duplicate value: {quote(name)}", f"{path}.name")
    seen.add(name)
    if not container.get("image"):
        yield required(f"{path}.image")
    resources = container.get("resources") or {}
    limits = resources.get("limits") or {}
    for part in ("limits", "requests"):
        for resource, amount in (resources.get(part) or {}).items():
            if value_of(amount) < 0:
                where = f"{path}.resources.{part}[{resource}]"
                yield wrong(where, amount, "must be greater than or equal to 0")
    for resource, request in (resources.get("requests") or {}).items():
        limit = limits.get(resource)
        if limit is not None and value_of(request) > value_of(limit):
            detail = f"must be less than or equal to {resource} limit of {limit}"
            yield wrong(f"{path}.resources.requests", request, detail)


def fixed_part(spec: Object) -> Object:
    """What may not change in a pod's spec."""
    fixed = {key: value for key, value in spec.items() if key not in _POD_SPEC_MAY}
    for part in ("containers", "initContainers"):
        fixed[part] = [
            {key: value for key, value in container.items() if key != "image"}
            for container in spec.get(part) or ()
        ]
    return fixed
