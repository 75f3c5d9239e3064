"""What a story file may say: images and how they behave, workloads, the load on them, changes.

A story is YAML. How a container behaves follows from its image, so that `kubectl set image` is a
rollout of another behaviour and `kubectl rollout undo` a way back.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from tidegauge.sandbox.simulation.amounts import microcores, milliseconds, whole_bytes
from tidegauge.units.duration import parse_duration


class Millis(int):
    """A duration as `1m30s`, in milliseconds."""


class Nanos(int):
    """A duration as `12ms`, in nanoseconds."""


class Micro(int):
    """CPU as `250m`, in microcores."""


class Bytes(int):
    """Memory as `64Mi`, in bytes."""


class Quantity(str):
    """A quantity as manifests have it, kept as written."""

    __slots__ = ()


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    pass


class Image(_Part, frozen=True):
    """How a container of this image behaves."""

    pull: Millis = Millis(2000)
    missing: bool = False
    """No registry has it: it can't be pulled."""

    ready: Millis = Millis(1000)
    """From its start until it says it is ready."""

    cpu: Micro = Micro(1000)
    """What it takes without any work."""

    startup_cpu: Micro = Micro(0)
    """What it takes besides until it is ready."""

    memory: Bytes = Bytes(16 << 20)
    memory_per_rate: Bytes = Bytes(0)
    """For each request per second."""

    memory_waiting: Bytes = Bytes(0)
    """For each request that waits."""

    leak: Bytes = Bytes(0)
    """Lost to each request served, for ever."""

    crash_after: Millis | None = None
    """From its start until it exits by itself."""

    exit_code: int = 1
    """What it exits with then; 0 for an init container that has done its work."""


class Resources(_Part, frozen=True):
    cpu: Quantity | None = None
    memory: Quantity | None = None


class Container(_Part, frozen=True):
    name: str
    image: str
    requests: Resources = Resources()
    limits: Resources = Resources()


class Policy(_Part, frozen=True):
    type: Literal["Pods", "Percent"]
    value: int
    period_seconds: int = 15


class Rules(_Part, frozen=True, omit_defaults=True):
    """Of one direction; what is not there has the API's default."""

    stabilization_window_seconds: int | None = None
    select_policy: Literal["Max", "Min", "Disabled"] | None = None
    policies: list[Policy] | None = None
    tolerance: Quantity | None = None


class Behavior(_Part, frozen=True, omit_defaults=True):
    """In the form of autoscaling/v2."""

    scale_up: Rules | None = None
    scale_down: Rules | None = None


class Autoscale(_Part, frozen=True):
    """A HorizontalPodAutoscaler; targets are percent of the requests."""

    min: int = 1
    max: int = 10
    cpu: int | None = None
    """80 if there is no other target either."""

    memory: int | None = None
    container: str = ""
    """Whose CPU is measured; empty for that of the whole pod."""

    behavior: Behavior | None = None


class Workload(_Part, frozen=True):
    name: str
    namespace: str
    containers: list[Container]
    kind: Literal["Deployment", "StatefulSet", "DaemonSet", "Static"] = "Deployment"
    replicas: int = 1
    init: list[Container] = []
    sidecars: list[Container] = []
    max_surge: int | str = "25%"
    max_unavailable: int | str = "25%"
    autoscale: Autoscale | None = None
    nodes: Literal["every", "control-plane"] = "every"
    """Which nodes a DaemonSet or Static workload has a pod on."""

    tolerates_all: bool = False
    """Whether its pods may run where taints keep others away."""

    node_selector: dict[str, str] = {}

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


class Step(_Part, frozen=True):
    at: Millis
    rate: float


class Wave(_Part, frozen=True):
    """A day: the rate goes between `low` times itself and itself, highest at `peak`."""

    period: Millis = Millis(86_400_000)
    low: float = 0.2
    peak: Millis = Millis(0)


class Crowd(_Part, frozen=True):
    """A sudden crowd: `times` the rate, risen within `rise`, gone within `fall`."""

    at: Millis
    times: float
    rise: Millis = Millis(10_000)
    hold: Millis = Millis(60_000)
    fall: Millis = Millis(60_000)


class Load(_Part, frozen=True):
    """Requests to a workload's ready pods."""

    to: str
    work: Nanos
    """CPU time that one request costs."""

    rate: float = 0.0
    """Requests per second; what the other fields change."""

    steps: list[Step] = []
    wave: Wave | None = None
    crowds: list[Crowd] = []
    noise: float = 0.0
    """At most this share up or down, another one every few seconds."""

    patience: Millis = Millis(10_000)
    """How much work may wait in a pod before more is turned away."""


class Change(_Part, frozen=True):
    """What somebody does to a workload in the course of the story."""

    at: Millis
    to: str
    image: str | None = None
    replicas: int | None = None


class Story(_Part, frozen=True):
    title: str
    about: str = ""
    images: dict[str, Image] = {}
    workloads: list[Workload] = []
    load: list[Load] = []
    changes: list[Change] = []

    def __add__(self, other: "Story") -> "Story":
        """Both together, told as this one."""
        return Story(
            title=self.title,
            about=self.about,
            images=self.images | other.images,
            workloads=[*self.workloads, *other.workloads],
            load=[*self.load, *other.load],
            changes=[*self.changes, *other.changes],
        )


def convert(document: Any) -> Story:
    """A story from what YAML made of its file. Raises msgspec.ValidationError."""
    return msgspec.convert(document, Story, dec_hook=_convert_amount)


def _convert_amount(kind: type, value: Any) -> Any:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise TypeError(f"Expected an amount, got `{value}`")
    text = str(value)
    if kind is Quantity:
        amount: int = microcores(text)
        made: Any = Quantity(text)
    else:
        amount = made = _READERS[kind](text)
    if amount < 0:
        raise ValueError(f"`{text}` is negative")
    return made


_READERS: dict[type, Callable[[str], int]] = {
    Millis: lambda text: Millis(milliseconds(text)),
    Nanos: lambda text: Nanos(parse_duration(text)),
    Micro: lambda text: Micro(microcores(text)),
    Bytes: lambda text: Bytes(whole_bytes(text)),
}
