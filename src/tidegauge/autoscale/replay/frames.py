"""The lines of a recording, as records: what an HPA's controller could see at each moment.

JSON lines. The first is a `Header`, each further one a `Frame`; what seldom changes (spec, pods) is
left out of a frame where it is as in the one before. Amounts are milli-units, times seconds since
the epoch.
"""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from tidegauge.autoscale.engine.answers import Failure, PodUsage, PodValue
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Scale, ScaleFailure
from tidegauge.autoscale.engine.spec import MetricName, Reference
from tidegauge.autoscale.engine.status import Status
from tidegauge.units.quantities import Quantity, parse
from tidegauge.units.selectors import LabelSelector

VERSION = 1
"""A file of a higher one is refused: its fields may mean something else."""

WHAT = "tidegauge hpa recording"


class Header(Struct, frozen=True, kw_only=True):
    """Holds for the whole file."""

    what: str = WHAT
    version: int = VERSION
    namespace: str
    name: str
    every: float
    """Seconds between frames."""
    profile: str
    """The version of Kubernetes whose ways the controller was taken to have."""
    settings: Settings = Settings()
    memory: Memory = Memory()
    """What the controller probably remembered at the first frame."""
    assumed: tuple[str, ...] = ()
    """What that rests on, a sentence each."""


class PodsAnswer(Struct, frozen=True):
    metric: MetricName
    answer: tuple[PodValue, ...] | Failure


class ObjectAnswer(Struct, frozen=True):
    described: Reference
    metric: MetricName
    answer: int | Failure


class ExternalAnswer(Struct, frozen=True):
    metric: MetricName
    answer: tuple[int, ...] | Failure


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One moment. With an `error` nothing could be read, and all else is missing."""

    at: float
    error: str = ""
    spec: dict[str, Any] | UnsetType = UNSET
    """Of the HPA, as the API has it; left out: as before."""
    generation: int = 1
    status: Status = Status()
    scale: Scale | None = None
    failure: ScaleFailure | None = None
    """Instead of the scale."""
    pods: tuple[Pod, ...] | UnsetType = UNSET
    """Left out: as before."""
    resource: tuple[PodUsage, ...] | Failure = ()
    custom: tuple[PodsAnswer, ...] = ()
    object: tuple[ObjectAnswer, ...] = ()
    external: tuple[ExternalAnswer, ...] = ()
    others: dict[str, LabelSelector] = {}
    """What the namespace's other HPAs select."""


def encode(line: Struct) -> bytes:
    """With its line end."""
    return msgspec.json.encode(line, enc_hook=_to_json) + b"\n"


def _to_json(value: Any) -> str:
    if isinstance(value, Quantity):
        return str(value)
    raise NotImplementedError(type(value))


def _from_json(kind: type, value: Any) -> Any:
    if kind is Quantity:
        return parse(str(value))
    raise NotImplementedError(kind)


DECODER = msgspec.json.Decoder(Frame, dec_hook=_from_json)
"""Raises msgspec.DecodeError, and QuantityError (both are ValueErrors)."""
