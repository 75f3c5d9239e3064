"""What somebody does in the course of a story, done when its time has come."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from tidegauge.sandbox.simulation.controllers.workqueue import RETRY, Control
from tidegauge.sandbox.simulation.story import Change

Object: TypeAlias = dict[str, Any]


class Storyteller:
    def __init__(self, changes: Sequence[Change], control: Control, begins: int) -> None:
        """The story `begins` at that millisecond."""
        self._storage = control.storage
        self._engine = control.engine
        for change in changes:
            control.engine.at(begins + change.at, lambda change=change: self._make(change))  # type: ignore[misc]

    def _make(self, change: Change) -> None:
        """A workload that a user has deleted meanwhile is left alone."""
        if not self._engine.api_answers:
            self._engine.after(RETRY, lambda: self._make(change))
            return
        namespace, name = change.to.split("/")
        for resource in ("deployments", "statefulsets"):
            found = self._storage.get(resource, namespace, name)
            if found:
                self._storage.update(resource, found | {"spec": _changed(found["spec"], change)})


def _changed(spec: Object, change: Change) -> Object:
    if change.replicas is not None:
        spec = spec | {"replicas": change.replicas}
    if change.image is not None:
        template = spec["template"]
        first, *others = template["spec"]["containers"]
        containers = [first | {"image": change.image}, *others]
        pod_spec = template["spec"] | {"containers": containers}
        spec = spec | {"template": template | {"spec": pod_spec}}
    return spec
