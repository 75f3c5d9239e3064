"""The kubelet's totals by pod."""

import pytest

from tests.kubelet import bodies
from tests.kubelet.bodies import Container
from tidegauge.kubelet.samples import MISSING
from tidegauge.kubelet.series import MAX_SERIES
from tidegauge.kubelet.totals import PodTotal, pod_totals

ASKED = 1_786_600_020_000
WEB = ("shop", "web")
LINES = (
    b'pod_cpu_usage_seconds_total{namespace="shop",pod="web"} 1.5 11\n'
    b'pod_memory_working_set_bytes{namespace="shop",pod="web"} 2e3 12\n'
    b'pod_swap_usage_bytes{namespace="shop",pod="web"} 3 13\n'
)


def test_reads_each_figure_with_its_stamp():
    """A pod has CPU in nanoseconds, memory and swap, the first two with stamps of their own."""
    assert pod_totals(LINES, ASKED) == {WEB: PodTotal(1_500_000_000, 11, 2000, 12, 3)}


@pytest.mark.parametrize("swap", [False, True])
def test_reads_what_a_kubelet_writes(swap):
    """All pods of a body are there, whatever else is in it."""
    fleet = bodies.fleet(30, 2)

    totals = pod_totals(bodies.body(fleet, swap=swap), ASKED)

    assert set(totals) == {(one.namespace, one.pod) for one in fleet}
    assert MISSING not in [*next(iter(totals.values()))[:4]]


def test_takes_the_time_of_the_request_for_lines_without_a_stamp():
    """As with containers."""
    totals = pod_totals(b'pod_cpu_usage_seconds_total{namespace="a",pod="b"} 1\n', ASKED)

    assert totals == {("a", "b"): PodTotal(cpu=10**9, cpu_stamp=ASKED)}


@pytest.mark.parametrize(
    "line",
    [
        b'pod_cpu_usage_seconds_total{namespace="shop",pod="web"} NaN 9\n',
        b'pod_cpu_usage_seconds_total{namespace="shop"} 1 9\n',
        b"pod_cpu_usage_seconds_total 1 9\n",
        b'pod_cpu_usage_seconds_total{namespace="shop",pod="web"} 9',
        b"container_cpu_usage_seconds_total" + Container("c", *WEB).labels.encode() + b" 9 9\n",
        b"\x00\xff\n",
        b"# comment\n",
    ],
    ids=repr,
)
def test_leaves_out_what_is_no_good_line_of_a_pod(line):
    """Bad, cut and other lines change nothing."""
    assert pod_totals(LINES + line, ASKED) == pod_totals(LINES, ASKED)


def test_the_last_line_of_a_pod_wins():
    """Of two totals the later counts."""
    later = b'pod_swap_usage_bytes{pod="web",namespace="shop"} 4 14\n'

    assert pod_totals(LINES + later, ASKED)[WEB].swap == 4


def test_keeps_no_more_pods_than_it_may():
    """A lying node gets no more than the limit."""
    row = b'pod_swap_usage_bytes{namespace="n",pod="p%d"} 1\n'
    body = b"".join(row % at for at in range(MAX_SERIES + 1))

    assert len(pod_totals(body + row % 0, ASKED)) == MAX_SERIES
