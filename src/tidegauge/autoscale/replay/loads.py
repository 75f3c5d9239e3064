"""A load over time: requests per second, and figures of further metrics, from CSV and back."""

import csv
import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from tidegauge.units.duration import parse_duration


class LoadError(Exception):
    """A load that cannot be used. `problems` holds every reason, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Load(Struct, frozen=True, kw_only=True):
    """Each row holds until the next one."""

    times: tuple[float, ...]
    """Seconds since the load began, rising from 0."""
    rates: tuple[float, ...]
    """Requests per second, of each row."""
    series: Mapping[str, tuple[float, ...]] = {}
    """Figures of further metrics by name, of each row."""
    began: float | None = None
    """Seconds since the epoch; None where the times are relative."""
    seconds: float
    """How long it lasts."""

    def row_at(self, at: float) -> int:
        """The row that holds then; before the beginning the first one."""
        return max(bisect_right(self.times, at) - 1, 0)


_EPOCH = 1e9
"""Numbers from here on are taken as seconds since the epoch (2001), not since the beginning."""
_MILLIS = 1e11
"""From here on they must be milliseconds: as seconds this would be after the year 5000."""
_MOST = 1e12
"""Of a figure: what no system does in a second, and still exact in milli-units."""
_DATE, _RELATIVE = "a date", "counted from the beginning"
_MOST_PROBLEMS = 10
"""A file of the wrong kind is wrong in every line."""


def read(text: str, source: str, lasting: float | None = None) -> Load:
    """CSV: time, requests per second, and further columns that are named for metrics.

    `lasting` in seconds cuts or extends the load; without it the last row holds as long as the one
    before it. Raises LoadError, whose problems name `source` and line.
    """
    return _Reader(source).read(text, lasting)


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[str] = []
        self.names: list[str] | None = None
        self.times: list[float] = []
        self.rows: list[list[float]] = []
        self.kind = ""

    def read(self, text: str, lasting: float | None) -> Load:
        try:
            self._lines(text)
        except csv.Error as error:
            self.problems.append(f"{self.source}: is no CSV: {error}")
        if not self.problems and not self.rows:
            self.problems.append(f"{self.source}: has no rows; write lines such as `0,100`")
        if not self.problems and lasting is None and len(self.rows) == 1:
            self.problems.append(f"{self.source}: has only one row, so say how long: --for=1h")
        if self.problems:
            raise LoadError(self.problems)
        return self._load(lasting)

    def _lines(self, text: str) -> None:
        """Raises csv.Error."""
        for number, cells in _lines(text):
            self._line(number, cells)
            if len(self.problems) >= _MOST_PROBLEMS:
                raise LoadError([*self.problems, f"{self.source}: further lines were not read"])

    def _load(self, lasting: float | None) -> Load:
        first = self.times[0]
        columns = [tuple(column) for column in zip(*self.rows, strict=True)]
        names = (self.names or [])[2:]
        if lasting is None:
            lasting = self.times[-1] - first + (self.times[-1] - self.times[-2])
        return Load(
            times=tuple(time - first for time in self.times),
            rates=columns[0],
            series=dict(zip(names, columns[1:], strict=True)),
            began=first if self.kind == _DATE else None,
            seconds=lasting,
        )

    def _line(self, number: int, cells: list[str]) -> None:
        try:
            if self.names is None and not self.rows and self._heading(cells):
                return
            self._row(cells)
        except ValueError as error:
            self.problems.append(f"{self.source}:{number}: {error}")

    def _heading(self, cells: list[str]) -> bool:
        """Whether it is one: it begins with neither a time nor, next to it, a number."""
        if len(cells) < 2 or _is_number(cells[1]) or _is_time(cells[0]):
            return False
        self.names = cells
        if "time" in [cell.lower() for cell in cells[1:]]:
            raise ValueError("the first column must be the time, the second requests per second")
        for name in cells[2:]:
            if not name or cells.count(name) > 1:
                raise ValueError(f"column {name!r} needs a name of its own, that of a metric")
        return True

    def _row(self, cells: list[str]) -> None:
        width = len(self.names) if self.names else 2
        if len(cells) != width:
            names = ",".join(self.names or ("time", "rps"))
            raise ValueError(f"must have {width} columns ({names}), but has {len(cells)}")
        time = self._time(cells[0])
        if self.times and time <= self.times[-1]:
            raise ValueError(f"time {cells[0]!r} is not after that of the row before")
        figures = [_figure(cell) for cell in cells[1:]]
        self.times.append(time)
        self.rows.append(figures)

    def _time(self, text: str) -> float:
        kind, time = _read_time(text)
        if self.kind and kind != self.kind:
            raise ValueError(f"time {text!r} is {kind}, but those before are {self.kind}")
        self.kind = kind
        return time


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Numbered; without blank ones and comments."""
    reader = csv.reader(text.splitlines())
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if any(stripped) and not stripped[0].startswith("#"):
            yield reader.line_num, stripped


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    try:
        _read_time(text)
    except ValueError:
        return False
    return True


def _figure(text: str) -> float:
    if not _is_number(text) or not 0 <= float(text) <= _MOST:
        raise ValueError(f"{text!r} is not a number from 0 to {_MOST:g}")
    return float(text)


def _read_time(text: str) -> tuple[str, float]:
    """What kind of time it is, and its seconds."""
    if _is_number(text) and math.isfinite(float(text)):
        return _numeric(text, float(text))
    try:
        return _RELATIVE, parse_duration(text) / 1e9
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"time {text!r} is neither seconds, nor a duration such as 1m30s, "
            "nor a date such as 2026-11-24T10:00:00Z"
        ) from None
    return _DATE, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _numeric(text: str, value: float) -> tuple[str, float]:
    if value >= _MILLIS:
        raise ValueError(f"time {text!r} must be milliseconds: divide by 1000")
    return (_DATE, value) if value >= _EPOCH else (_RELATIVE, value)
