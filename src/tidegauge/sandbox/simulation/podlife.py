"""The life of one pod on its node: pulls, starts, crashes, back-off, the end it is asked for."""

import random
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from tidegauge.sandbox.simulation.container import FORGIVEN_AFTER, Container, Ended
from tidegauge.sandbox.simulation.engine import SECOND, Engine, Event
from tidegauge.sandbox.simulation.meter import Meter
from tidegauge.sandbox.simulation.pod import Pod
from tidegauge.sandbox.simulation.podspec import Role, containers_of
from tidegauge.sandbox.simulation.story import Image

Object: TypeAlias = dict[str, Any]

SANDBOX = 400
"""Milliseconds until a pod has its network and its pause container."""

START = 150
"""From an image that is there to a process that runs."""

SHUTDOWN = 1200
"""How long a process takes to end when told to."""

_KILLED = 137
_SHARES = (930, 1070)
"""No balancer is even."""


class Host(Protocol):
    """What a pod needs of its kubelet."""

    engine: Engine
    random: random.Random

    def image(self, name: str) -> Image: ...
    def pull(self, name: str, image: Image) -> int:
        """When the image will be there."""

    def has_image(self, name: str) -> bool: ...
    def swap_limit(self, container: Container) -> int: ...
    def note(self, pod: Pod, reason: str, message: str, *, warning: bool = False) -> None: ...
    def changed(self, pod: Pod) -> None:
        """The pod's status is another."""

    def started(self, pod: Pod, container: Container) -> None: ...
    def ended(self, meter: Meter) -> None: ...
    def finished(self, pod: Pod) -> None:
        """All has stopped, as was asked for."""


class PodLife(Pod):
    """Begins when the kubelet sees the pod."""

    def __init__(self, obj: Object, host: Host) -> None:
        super().__init__(
            obj,
            [Container(spec, host.image(spec.image)) for spec in containers_of(obj)],
            share=host.random.randint(*_SHARES),
            start_time=host.engine.now,
        )
        self._host = host
        first, *others = self.containers
        for container in others if first.spec.role is not Role.MAIN else ():
            container.waiting = ("PodInitializing", "")
        self._due: set[Event] = set()
        self._later(SANDBOX, self._sandbox_made)

    def stop(self, grace: int) -> None:
        """End all containers, at the latest after `grace` milliseconds."""
        if self.stopping:
            return
        self.cancel()
        self.stopping = True
        for container in self.containers:
            if container.meter:
                self._host.note(self, "Killing", f"Stopping container {container.spec.name}")
        self._later(min(grace, SHUTDOWN), self._stopped)

    def cancel(self) -> None:
        """Nothing that was to come will."""
        for event in self._due:
            event.cancel()
        self._due.clear()

    def drop(self) -> None:
        """The pod is gone, all at once."""
        self.cancel()
        for container in self.containers:
            if container.meter:
                self._end(container, _KILLED, "Error")

    def kill(self, container: Container, exit_code: int, reason: str) -> None:
        """A running container ends by what happens to it; what follows is its restart policy's."""
        self._end(container, exit_code, reason)
        if self.restarts(container, exit_code):
            self._restart_later(container)
        elif container.spec.role is Role.INIT and exit_code == 0:
            self._start_next()
        elif self.phase in ("Succeeded", "Failed"):
            self._stop_sidecars()
        self._host.changed(self)

    def _later(self, delay: int, action: Callable[[], None]) -> None:
        def run() -> None:
            self._due.discard(event)
            action()

        event = self._host.engine.after(delay, run)
        self._due.add(event)

    def _jitter(self, delay: int) -> int:
        return round(delay * self._host.random.uniform(0.85, 1.15))

    def _sandbox_made(self) -> None:
        self.has_sandbox = True
        self._start_next()
        self._host.changed(self)

    def _start_next(self) -> None:
        """Start what comes next: init containers and sidecars one by one, the main ones all."""
        for container in self.containers:
            if not container.begun:
                container.begun = True
                if container.spec.role is Role.MAIN:
                    container.wait("ContainerCreating")
                self._pull(container)
                if container.spec.role is not Role.MAIN:
                    return
            elif not container.made_way:
                return

    def _pull(self, container: Container) -> None:
        name, image = container.spec.image, container.image
        if self._host.has_image(name):
            present = f'Container image "{name}" already present on machine'
            self._host.note(self, "Pulled", present)
            self._later(self._jitter(START), lambda: self._start(container))
            return
        self._host.note(self, "Pulling", f'Pulling image "{name}"')
        if image.missing:
            self._later(self._jitter(SECOND), lambda: self._pull_failed(container))
            return
        asked = self._host.engine.now
        self._later(self._host.pull(name, image) - asked, lambda: self._pulled(container, asked))

    def _pulled(self, container: Container, asked: int) -> None:
        took = f"{(self._host.engine.now - asked) / SECOND:g}s"
        name = container.spec.image
        self._host.note(self, "Pulled", f'Successfully pulled image "{name}" in {took}')
        self._later(self._jitter(START), lambda: self._start(container))

    def _pull_failed(self, container: Container) -> None:
        name = container.spec.image
        delay = container.pull_backoff.next()
        why = f'Failed to pull image "{name}": {name}: not found'
        self._host.note(self, "Failed", why, warning=True)
        self._host.note(self, "Failed", "Error: ErrImagePull", warning=True)
        container.wait("ErrImagePull", f"{name}: not found")
        self._later(SECOND, lambda: self._back_off_pull(container))
        self._later(delay, lambda: self._pull(container))
        self._host.changed(self)

    def _back_off_pull(self, container: Container) -> None:
        message = f'Back-off pulling image "{container.spec.image}"'
        container.wait("ImagePullBackOff", message)
        self._host.note(self, "BackOff", message)
        self._host.note(self, "Failed", "Error: ImagePullBackOff", warning=True)
        self._host.changed(self)

    def _start(self, container: Container) -> None:
        host, spec = self._host, container.spec
        if container.ended:
            container.last, container.ended = container.ended, None
        container.restarts += container.last is not None
        container.container_id = f"containerd://{host.random.getrandbits(256):064x}"
        container.meter = Meter(
            container.image,
            host.engine.now,
            cpu_limit=spec.cpu_limit,
            memory_limit=spec.memory_limit,
            swap_limit=host.swap_limit(container),
        )
        host.note(self, "Created", f"Created container: {spec.name}")
        host.note(self, "Started", f"Started container {spec.name}")
        host.started(self, container)
        self._foresee(container)
        if spec.role is Role.SIDECAR:
            self._start_next()
        host.changed(self)

    def _foresee(self, container: Container) -> None:
        """What a life brings by itself: it gets ready, or it ends."""
        image, meter = container.image, container.meter
        if image.crash_after is not None:
            code = image.exit_code
            reason = "Error" if code else "Completed"
            self._in_life(
                container, meter, image.crash_after, lambda: self.kill(container, code, reason)
            )
        if container.spec.role is not Role.INIT:
            self._in_life(container, meter, image.ready, lambda: self._become_ready(container))

    def _in_life(
        self, container: Container, meter: Meter | None, delay: int, action: Callable[[], None]
    ) -> None:
        """Later, unless that life is over by then."""
        self._later(self._jitter(delay), lambda: action() if container.meter is meter else None)

    def _become_ready(self, container: Container) -> None:
        container.ready = True
        self._host.changed(self)

    def _end(self, container: Container, exit_code: int, reason: str) -> None:
        meter, now = container.meter, self._host.engine.now
        assert meter
        meter.settle(now)
        meter.work.turn_away()
        container.earlier_cpu += meter.used
        container.earlier_stalled += meter.stalled
        container.ended = Ended(container.container_id, meter.started, now, exit_code, reason)
        container.meter = None
        container.ready = False
        self._host.ended(meter)

    def _restart_later(self, container: Container) -> None:
        """At once the first time; then after waits that grow, forgiven after a long life."""
        ended = container.ended
        assert ended
        if container.restarts == 0 or ended.finished - ended.started > FORGIVEN_AFTER:
            container.backoff.delay = 0
            self._later(self._jitter(SECOND), lambda: self._pull(container))
            return
        delay = container.backoff.next()
        name, (namespace, pod) = container.spec.name, self.key
        where = f"{name} pod={pod}_{namespace}({self.uid})"
        self._later(SECOND, lambda: self._back_off(container, delay, where))
        self._later(delay, lambda: self._pull(container))

    def _back_off(self, container: Container, delay: int, where: str) -> None:
        seconds = delay // SECOND
        minutes, rest = divmod(seconds, 60)
        span = f"{minutes}m{rest}s" if minutes else f"{seconds}s"
        container.wait("CrashLoopBackOff", f"back-off {span} restarting failed container={where}")
        why = f"Back-off restarting failed container {where.replace(' pod=', ' in pod ', 1)}"
        self._host.note(self, "BackOff", why, warning=True)
        self._host.changed(self)

    def _stop_sidecars(self) -> None:
        for container in self.containers:
            if container.meter and container.spec.role is Role.SIDECAR:
                self._end(container, 0, "Completed")

    def _stopped(self) -> None:
        for container in self.containers:
            if container.meter:
                self._end(container, 0, "Completed")
        self._host.finished(self)
