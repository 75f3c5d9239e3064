"""The file of a recording: written line by line as it comes, so that one that was cut off can be
read, and read as the situations that the controller was in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Struct

from tidegauge.autoscale.engine.answers import Answers, Failure
from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, ScaleFailure, Situation
from tidegauge.autoscale.engine.spec import decode_spec
from tidegauge.autoscale.replay.frames import (
    DECODER,
    VERSION,
    WHAT,
    ExternalAnswer,
    Frame,
    Header,
    ObjectAnswer,
    PodsAnswer,
    encode,
)

if TYPE_CHECKING:
    from tidegauge.autoscale.engine.pods import Pod


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
        return encode(self._header)

    def gap(self, at: float, error: str) -> bytes:
        return encode(Frame(at=at, error=error))

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
        return encode(line)


def _sequence(answer: Any) -> Any:
    return answer if isinstance(answer, Failure) else tuple(answer)


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
        raise RecordingError([f"{source}: has no look at the HPA; record for longer"])
    try:
        situations = tuple(_situations(header, kept))
    except ValueError as error:
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
    if header.what != WHAT or not 1 <= header.version <= VERSION:
        problem = f"{header.what} of version {header.version} is not read, only {WHAT} {VERSION}"
        raise RecordingError([f"{source}:1: {problem}"])
    if header.profile not in PROFILES:
        raise RecordingError([f"{source}:1: profile {header.profile!r} is not known"])
    return header


def _frames(lines: Iterable[tuple[int, bytes]], source: str) -> Iterator[Frame]:
    before: Frame | None = None
    for number, line in lines:
        if not line.strip():
            continue
        try:
            frame = DECODER.decode(line)
        except ValueError as error:
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
