"""Logs: one line for each event, as JSON for machines or as text for people.

They go to standard error: standard output belongs to what a command was asked for.
"""

import contextlib
import json
import sys
from typing import Any, BinaryIO, Literal, TypeAlias, cast

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

Format: TypeAlias = Literal["json", "text"]

DEBUG_VERBOSITY = 4
"""From here on Kubernetes' logging conventions speak of debugging, below of what operators want."""


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger whose lines carry the name as `component`.

    Loggers made before `configure` follow it all the same.
    """
    return cast("FilteringBoundLogger", structlog.get_logger(component=name))


def configure(
    format: Format = "json",  # noqa: A002  # the name of the flag
    verbosity: int = 0,
    stream: BinaryIO | None = None,
) -> None:
    """Set up logging for the whole process. Debug lines appear from verbosity 4 on.

    Text is coloured only if the stream is a terminal.
    """
    stream = stream or sys.stderr.buffer
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            *(_json_steps() if format == "json" else _text_steps(colour=stream.isatty())),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            "debug" if verbosity >= DEBUG_VERBOSITY else "info"
        ),
        logger_factory=lambda *_: _Writer(stream),
        cache_logger_on_first_use=True,
    )


class _Writer:
    """Writes lines. One that can't be written, because the disk is full or the reader of the pipe
    is gone, is lost: what it was about must go on, and there is nowhere to complain.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def msg(self, line: bytes) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(line + b"\n")
            self._stream.flush()

    debug = info = warning = error = msg


def _json_steps() -> list[Processor]:
    return [structlog.processors.format_exc_info, _to_json]


def _text_steps(*, colour: bool) -> list[Processor]:
    render = structlog.dev.ConsoleRenderer(
        timestamp_key="time",
        colors=colour,
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [lambda *event: render(*event).encode(errors="backslashreplace")]


_encoder = msgspec.json.Encoder(enc_hook=str)


def _to_json(_logger: Any, _method: str, event: EventDict) -> bytes:
    try:
        return _encoder.encode(event)
    except (TypeError, ValueError, OverflowError):
        # Text from outside may hold what msgspec refuses, say half a surrogate pair: a line that is
        # ugly is better than an exception out of a log call.
        return json.dumps(event, default=str, skipkeys=True).encode()
