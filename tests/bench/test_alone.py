"""What `python -m bench.alone` reckons, without a process."""

import pytest

from bench.alone.figures import Figure, markdown
from bench.alone.needs import shortages
from bench.alone.steadystate import Steady, flatness, fresh_share, scrapes_so_far
from tests.realcluster.fleet import Fleet

GIGABYTE = 1e9


@pytest.mark.parametrize(
    ("ages", "share"),
    [
        pytest.param([1.0, 15.0, 17.5, 0.2], 100.0, id="a turn held up and a stamp cut off"),
        pytest.param([1.0, 15.0, 17.6, 0.2], 75.0, id="an answer that failed to come"),
        pytest.param([1.0, 15.0, 0.2], 75.0, id="a node that was not served in one look"),
    ],
)
def test_fresh_share(ages: list[float], share: float) -> None:
    """Two looks at two nodes each 15 s: whoever was not there, or too old, had not answered."""
    assert fresh_share(ages, nodes=2, looks=2, period=15.0) == share


def test_scrapes_so_far() -> None:
    """Only scrapes that gave something count."""
    page = (
        b"# TYPE metrics_server_kubelet_request_total counter\n"
        b'metrics_server_kubelet_request_total{success="false"} 3.0\n'
        b'metrics_server_kubelet_request_total{success="true"} 1234.0\n'
    )
    assert scrapes_so_far(page) == 1234
    assert scrapes_so_far(b"") == 0


@pytest.mark.parametrize(
    ("nodes", "cores", "kept"),
    [
        pytest.param((1000, 10_000), (0.04, 0.44), True, id="a tenth dearer"),
        pytest.param((1000, 10_000), (0.04, 0.48), False, id="a fifth dearer"),
        pytest.param((100, 1000), (0.04, 0.48), True, id="nothing is promised of few nodes"),
    ],
)
def test_flatness(nodes: tuple[int, int], cores: tuple[float, float], kept: bool) -> None:
    """A scrape at the largest size may cost 15 % more than at the smallest of a thousand nodes."""
    few, many = (
        Steady(
            fleet=Fleet(size, 30, 2),
            period=15.0,
            cores=[used],
            megabytes=[100.0],
            highest=100.0,
            scrapes=size / 15,
            ages=[15.0],
            kubelets=0.3,
        )
        for size, used in zip(nodes, cores, strict=True)
    )
    found = flatness(few, many)
    assert found.samples[0] == pytest.approx(cores[1] / cores[0] / 10)
    assert found.kept is kept


@pytest.mark.parametrize(
    ("open_files", "memory", "words"),
    [
        pytest.param(20_000, 12 * GIGABYTE, [], id="room enough"),
        pytest.param(4096, 12 * GIGABYTE, ["open files"], id="too few open files"),
        pytest.param(20_000, 4 * GIGABYTE, ["memory"], id="too little memory"),
        pytest.param(4096, 4 * GIGABYTE, ["open files", "memory"], id="neither"),
    ],
)
def test_shortages(open_files: int, memory: float, words: list[str]) -> None:
    """Each thing that 10,000 nodes lack is named on a line of its own."""
    found = shortages(Fleet(10_000, 30, 2), open_files, memory)
    assert [word in line for word, line in zip(words, found, strict=True)] == [True] * len(words)


def test_targets_stand_beside_figures() -> None:
    """A figure is judged by its median, from above or from below."""
    figures = [
        Figure("CPU", "mCPU", [480, 499, 900], 500),
        Figure("answered", "%", [99.9], 100, at_least=True),
        Figure("oldest", "s", [15.2]),
    ]
    assert [figure.kept for figure in figures] == [True, False, True]
    assert markdown(figures).splitlines()[2:] == [
        "| CPU | 499 (480 to 900) mCPU | ≤ 500 mCPU: kept |",
        "| answered | 99.9 % | ≥ 100 %: **not kept** |",
        "| oldest | 15.2 s |  |",
    ]
