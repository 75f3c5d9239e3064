"""The tolerant parser: any bytes in, an answer out, one bad line costs that line.

It defines what an answer is; the fast parser in `exposition` must agree with it or step aside. It
takes lines in any order, reads every line that it uses to the letter (see `lines`), and of a line
that it does not use only the name: one that does not even begin with a name (an error page, binary
junk) is bad, so that such a body never passes as a whole answer that lacks everything.

An answer is whole, so that what it lacks is gone, unless

- a line was bad;
- it was cut off. A body without a last line end was, as far as anyone can tell: its last number may
  be the beginning of a longer one, so that line is dropped and counted as bad;
- the kubelet says that collecting failed;
- nothing in it is of use. A node that answers runs, so it has figures of its own at least; an empty
  answer is a fault of the node's, and no reason to forget it.

Of a series that occurs twice the last good line counts.
"""

from array import array
from collections.abc import Iterator
from io import BytesIO

from tidegauge.kubelet.layouts import layout_of
from tidegauge.kubelet.lines import (
    BLANKS,
    BadLineError,
    container_key,
    figure_of,
    read_labels,
    read_sample,
    series_name,
)
from tidegauge.kubelet.samples import MISSING, Answer, Layout
from tidegauge.kubelet.series import (
    MAX_LINES,
    MAX_NAME,
    MAX_SERIES,
    NODE,
    NODE_SERIES,
    READ_SERIES,
    SCRAPE_ERROR_SERIES,
    Figure,
    SeriesKey,
)

SHOWN_BYTES = 200
"""Of a bad line, in the log: name, labels and value of most."""


def parse(body: bytes, received_ms: int, last: Layout | None) -> Answer:
    """Return what `body` says; its layout is `last` when that has the same series."""
    reading = Reading(received_ms)
    for line in sample_lines(body):
        reading.add(line)
    return reading.answer(last)


def sample_lines(body: bytes) -> Iterator[bytes]:
    """Yield the lines that are neither empty nor comments, without blanks around.

    One that was cut off, by the body's end or by our limit, is yielded as b"": it is bad.
    """
    for count, line in enumerate(BytesIO(body)):
        if count == MAX_LINES or not line.endswith(b"\n"):
            yield b""
            return
        text = line[:-1].removesuffix(b"\r").strip(BLANKS)
        if text and not text.startswith(b"#"):
            yield text


class Reading:
    """Gathers the lines of one body."""

    def __init__(self, received_ms: int) -> None:
        self._received_ms = received_ms
        self._found: dict[Figure, dict[SeriesKey, tuple[int, int]]] = {f: {} for f in Figure}
        self._keys: dict[bytes, SeriesKey] = {}
        self._series = {NODE}
        self._bad_lines = 0
        self._first_bad_line = b""
        self._scrape_error = False

    def add(self, line: bytes) -> None:
        try:
            self._read(line)
        except ValueError:
            if not self._bad_lines:
                self._first_bad_line = line[:SHOWN_BYTES]
            self._bad_lines += 1

    def _read(self, line: bytes) -> None:
        name = series_name(line)
        if name in READ_SERIES:
            sample = read_sample(line, name, self._received_ms)
            figure = READ_SERIES[name]
            value = figure_of(sample.value, figure)
            self._found[figure][self._key(name, sample.labels)] = value, sample.stamp
        elif name in SCRAPE_ERROR_SERIES:
            self._scrape_error |= read_sample(line, name, self._received_ms).value != 0

    def _key(self, name: bytes, labels: bytes) -> SeriesKey:
        if name in NODE_SERIES:
            read_labels(labels)  # they say nothing, but must be well-formed
            return NODE
        key = self._keys.get(labels)
        if key is None:
            key = container_key(labels)
            if key not in self._series and len(self._series) > MAX_SERIES:
                raise BadLineError(labels[:MAX_NAME])
            self._series.add(key)
            self._keys[labels] = key
        return key

    def answer(self, last: Layout | None) -> Answer:
        usable = self._found[Figure.CPU].keys() | self._found[Figure.MEMORY].keys()
        layout, keys = layout_of(usable, last)
        cpu, cpu_stamp = self._columns(Figure.CPU, keys, 0)
        memory, memory_stamp = self._columns(Figure.MEMORY, keys, 0)
        return Answer(
            layout=layout,
            cpu=array("Q", cpu),
            cpu_stamp=array("q", cpu_stamp),
            memory=array("Q", memory),
            memory_stamp=array("q", memory_stamp),
            swap=array("q", self._columns(Figure.SWAP, keys, MISSING)[0]),
            start=array("q", self._columns(Figure.START, keys, 0)[0]),
            whole=bool(usable) and not self._bad_lines and not self._scrape_error,
            bad_lines=self._bad_lines,
            first_bad_line=self._first_bad_line,
            scrape_error=self._scrape_error,
        )

    def _columns(
        self, figure: Figure, keys: list[SeriesKey], missing: int
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the figure and its stamp for each of `keys`."""
        found = self._found[figure]
        values, stamps = zip(*(found.get(key, (missing, MISSING)) for key in keys), strict=True)
        return values, stamps
