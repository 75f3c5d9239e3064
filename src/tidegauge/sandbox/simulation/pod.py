"""One pod on its node: its containers, and what follows from their states."""

from typing import Any, TypeAlias

from tidegauge.sandbox.simulation.container import Container, State
from tidegauge.sandbox.simulation.manifests import APP
from tidegauge.sandbox.simulation.podspec import Role

Object: TypeAlias = dict[str, Any]


class Pod:
    """`obj` is the object as last seen; `share` of the load, beside others with about 1000.

    `start_time` is when the kubelet saw it first, in milliseconds.
    """

    def __init__(
        self, obj: Object, containers: list[Container], *, share: int, start_time: int
    ) -> None:
        self.obj = obj
        self.containers = containers
        self.share = share
        self.start_time = start_time
        self.has_sandbox = False
        self.stopping = False
        self.key: tuple[str, str] = (obj["metadata"]["namespace"], obj["metadata"]["name"])
        self.uid: str = obj["metadata"]["uid"]
        self.app: str = (obj["metadata"].get("labels") or {}).get(APP, "")

    @property
    def main(self) -> list[Container]:
        return [each for each in self.containers if each.spec.role is Role.MAIN]

    @property
    def initialized(self) -> bool:
        """All init containers have done their work and all sidecars run."""
        return all(
            each.state is State.RUNNING
            if each.spec.role is Role.SIDECAR
            else each.ended is not None and each.ended.exit_code == 0
            for each in self.containers
            if each.spec.role is not Role.MAIN
        )

    @property
    def ready(self) -> bool:
        return self.initialized and all(
            each.ready for each in self.containers if each.spec.role is not Role.INIT
        )

    @property
    def serving(self) -> bool:
        """Whether requests are sent to it."""
        return not self.stopping and self.ready

    @property
    def phase(self) -> str:
        main = self.main
        if all(each.state is State.TERMINATED for each in main) and not self._goes_on(main):
            good = all(each.ended and each.ended.exit_code == 0 for each in main)
            return "Succeeded" if good else "Failed"
        begun = any(each.meter or each.ended or each.last for each in main)
        return "Running" if begun else "Pending"

    def restarts(self, container: Container, exit_code: int) -> bool:
        """Whether a container that has exited is started again."""
        policy = self.obj["spec"].get("restartPolicy", "Always")
        if container.spec.role is Role.SIDECAR:
            return True
        if container.spec.role is Role.INIT:
            return exit_code != 0 and policy != "Never"
        return policy == "Always" or (policy == "OnFailure" and exit_code != 0)

    def _goes_on(self, main: list[Container]) -> bool:
        return any(each.ended and self.restarts(each, each.ended.exit_code) for each in main)
