"""The file of a recording: what an HPA's controller could see at each moment, line by line.

JSON lines. The first is a `Header`, each further one a `Frame`; what seldom changes (spec, pods) is
left out of a frame where it is as in the one before. Amounts are milli-units, times seconds since
the epoch. Lines are written as they come, so that a recording that was cut off can be read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from tidegauge.autoscale.engine.answers import Answers, Failure, PodUsage, PodValue
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, ScaleFailure, Situation
from tidegauge.autoscale.engine.spec import MetricName, Reference, decode_spec
from tidegauge.autoscale.engine.status import Status
from tidegauge.units.quantities import Quantity, parse
from tidegauge.units.selectors import LabelSelector

VERSION = 1
"""A file of a higher one is refused: its fields may mean something else."""

_WHAT = "tidegauge hpa recording"


class Header(Struct, frozen=True, kw_only=True):
    """Holds for the whole file."""

    what: str = _WHAT
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


class RecordingError(Exception):
    """A file that cannot be used. `problems` holds every reason, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Recording(Struct, frozen=True, kw_only=True):
    """A file that was read."""

    header: Header
    spec: dict[str, Any]
    """Of the HPA, as the first frame has it."""
    situations: tuple[Situation, ...]
    """Without memory; in order of time."""
    gaps: tuple[Frame, ...] = ()
    """Moments at which nothing could be read."""


class Writer:
    """Makes the lines of a file."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._spec: Mapping[str, Any] | None = None
        self._pods: Sequence[Pod] | None = None

    def header(self) -> bytes:
        return _encode(self._header)

    def gap(self, at: float, error: str) -> bytes:
        return _encode(Frame(at=at, error=error))

    def frame(self, spec: dict[str, Any], situation: Situation) -> bytes:
        """`spec` is the HPA's as the API has it."""
        scale, answers = situation.scale, situation.answers
        pods = tuple(situation.pods)
        line = Frame(
            at=situation.now,
            spec=UNSET if spec == self._spec else spec,
            generation=situation.autoscaler.generation,
            status=situation.autoscaler.status,
            scale=scale if isinstance(scale, Scale) else None,
            failure=scale if isinstance(scale, ScaleFailure) else None,
            pods=UNSET if pods == self._pods else pods,
            resource=_sequence(answers.resource),
            custom=tuple(PodsAnswer(key, _sequence(one)) for key, one in answers.pods.items()),
            object=tuple(ObjectAnswer(*key, one) for key, one in answers.object.items()),
            external=tuple(
                ExternalAnswer(key, _sequence(one)) for key, one in answers.external.items()
            ),
            others=dict(situation.others),
        )
        self._spec, self._pods = spec, pods
        return _encode(line)


def _sequence(answer: Any) -> Any:
    return answer if isinstance(answer, Failure) else tuple(answer)


def _encode(line: Struct) -> bytes:
    return msgspec.json.encode(line, enc_hook=_to_json) + b"\n"


def _to_json(value: Any) -> str:
    if isinstance(value, Quantity):
        return str(value)
    raise NotImplementedError(type(value))


def _from_json(kind: type, value: Any) -> Any:
    if kind is Quantity:
        return parse(str(value))
    raise NotImplementedError(kind)


def read(lines: Iterable[bytes], source: str) -> Recording:
    """Raises RecordingError, whose problems name `source` and line. A last line that was cut off is
    let pass.
    """
    numbered = enumerate(lines, 1)
    _, first = next(numbered, (1, b""))
    header = _header(first, source)
    frames = list(_frames(numbered, source))
    kept = [frame for frame in frames if not frame.error]
    if not kept or not isinstance(kept[0].spec, dict):
        raise RecordingError([f"{source}: has no frame with a spec; record for longer"])
    try:
        situations = tuple(_situations(header, kept))
    except (msgspec.ValidationError, ValueError) as error:
        raise RecordingError([f"{source}: spec: {error}"]) from error
    return Recording(
        header=header,
        spec=kept[0].spec,
        situations=situations,
        gaps=tuple(frame for frame in frames if frame.error),
    )


def _header(line: bytes, source: str) -> Header:
    try:
        header = msgspec.json.decode(line, type=Header)
    except msgspec.DecodeError as error:
        problem = f"{source}:1: is no recording of `tidegauge hpa record`: {error}"
        raise RecordingError([problem]) from error
    if header.what != _WHAT or not 1 <= header.version <= VERSION:
        problem = f"{header.what} of version {header.version} is not read, only {_WHAT} {VERSION}"
        raise RecordingError([f"{source}:1: {problem}"])
    if header.profile not in PROFILES:
        raise RecordingError([f"{source}:1: profile {header.profile!r} is not known"])
    return header


def _frames(lines: Iterable[tuple[int, bytes]], source: str) -> Iterator[Frame]:
    decoder = msgspec.json.Decoder(Frame, dec_hook=_from_json)
    before: Frame | None = None
    for number, line in lines:
        if not line.strip():
            continue
        try:
            frame = decoder.decode(line)
        except (msgspec.DecodeError, ValueError) as error:
            if not line.endswith(b"\n"):
                return
            raise RecordingError([f"{source}:{number}: {error}"]) from error
        if before and frame.at <= before.at:
            raise RecordingError([f"{source}:{number}: is not after the line before"])
        before = frame
        yield frame


def _situations(header: Header, frames: Iterable[Frame]) -> Iterator[Situation]:
    spec: dict[str, Any] = {}
    pods: tuple[Pod, ...] = ()
    for frame in frames:
        if isinstance(frame.spec, dict):
            spec = frame.spec
        if isinstance(frame.pods, tuple):
            pods = frame.pods
        yield Situation(
            autoscaler=Autoscaler(
                namespace=header.namespace,
                name=header.name,
                generation=frame.generation,
                spec=decode_spec(spec),
                status=frame.status,
            ),
            scale=frame.scale or frame.failure or ScaleFailure("it was not recorded"),
            pods=pods,
            answers=Answers(
                resource=frame.resource,
                pods={one.metric: one.answer for one in frame.custom},
                object={(one.described, one.metric): one.answer for one in frame.object},
                external={one.metric: one.answer for one in frame.external},
            ),
            others=frame.others,
            now=frame.at,
            settings=header.settings,
            profile=PROFILES[header.profile],
        )
