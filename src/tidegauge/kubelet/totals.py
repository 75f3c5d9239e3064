"""The kubelet's own totals by pod, apart from the parser of containers, which shan't pay for them.

A pod's total is a little more than the sum of its containers, since its sandbox is in it.
"""

from typing import NamedTuple

from tidegauge.kubelet.careful import sample_lines
from tidegauge.kubelet.lines import BadLineError, figure_of, pod_key, read_sample, series_name
from tidegauge.kubelet.samples import MISSING, PodKey
from tidegauge.kubelet.series import MAX_NAME, MAX_SERIES, POD_SERIES, Figure


class PodTotal(NamedTuple):
    """Core-nanoseconds, bytes and milliseconds since the epoch; MISSING without a line."""

    cpu: int = MISSING
    cpu_stamp: int = MISSING
    memory: int = MISSING
    memory_stamp: int = MISSING
    swap: int = MISSING


def pod_totals(body: bytes, received_ms: int) -> dict[PodKey, PodTotal]:
    """Return what `body` says of whole pods; bad lines are left out.

    `received_ms` is the time of the request, for lines without a stamp.
    """
    totals: dict[PodKey, PodTotal] = {}
    for line in sample_lines(body):
        try:
            name = series_name(line)
            if name in POD_SERIES:
                _add(totals, line, name, received_ms)
        except ValueError:
            continue
    return totals


def _add(totals: dict[PodKey, PodTotal], line: bytes, name: bytes, received_ms: int) -> None:
    sample = read_sample(line, name, received_ms)
    figure = POD_SERIES[name]
    value = figure_of(sample.value, figure)
    key = pod_key(sample.labels)
    if key not in totals and len(totals) == MAX_SERIES:
        raise BadLineError(line[:MAX_NAME])
    total = totals.get(key, PodTotal())
    if figure is Figure.CPU:
        totals[key] = total._replace(cpu=value, cpu_stamp=sample.stamp)
    elif figure is Figure.MEMORY:
        totals[key] = total._replace(memory=value, memory_stamp=sample.stamp)
    else:
        totals[key] = total._replace(swap=value)
