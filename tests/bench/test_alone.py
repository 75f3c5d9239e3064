"""What `python -m bench.alone` reckons, without a process."""

from pathlib import Path

import pytest

from bench.alone.__main__ import main
from bench.alone.costs import FEW, MANY, costs, flatness, fresh_share
from bench.alone.figures import Figure, markdown
from bench.alone.measuring import turns
from bench.alone.needs import shortages
from bench.alone.steadystate import LOOKS, Steady, scrapes_so_far
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


def steady(
    fleet: Fleet, period: float = 15.0, cores: float = 0.4, megabytes: float = 900
) -> Steady:
    """A fleet of which each node is asked once a period."""
    return Steady(
        fleet=fleet,
        period=period,
        cores=[cores],
        megabytes=[megabytes],
        highest=megabytes,
        scrapes=fleet.nodes / period,
        ages=[period] * fleet.nodes * LOOKS,
        kubelets=0.3,
    )


@pytest.mark.parametrize(
    ("found", "judged"),
    [
        pytest.param(steady(MANY), 4, id="10,000 nodes each 15 s"),
        pytest.param(steady(MANY, period=30.0), 0, id="another period"),
        pytest.param(steady(Fleet(10_000, 10, 2)), 0, id="fewer pods"),
        pytest.param(steady(Fleet(10_000, 30, 1)), 0, id="fewer containers"),
        pytest.param(steady(Fleet(20_000, 30, 2)), 0, id="more nodes than promised"),
        pytest.param(steady(FEW), 0, id="1,000 nodes"),
        pytest.param(steady(FEW, period=5.0), 1, id="1,000 nodes each 5 s"),
    ],
)
def test_costs_are_judged_at_the_promised_size(found: Steady, judged: int) -> None:
    """Elsewhere they are shown without a target."""
    assert sum(figure.target is not None for figure in costs(found)) == judged
    assert len(costs(found)) == 9


@pytest.mark.parametrize(
    ("few", "many", "targets", "kept"),
    [
        pytest.param(steady(FEW, 15, 0.04, 95), steady(MANY), 3, [1, 1, 1], id="flat"),
        pytest.param(steady(FEW, 15, 0.03, 95), steady(MANY), 3, [0, 0, 1], id="a third dearer"),
        pytest.param(steady(FEW, 15, 0.04, 70), steady(MANY), 3, [1, 1, 0], id="more memory"),
        pytest.param(steady(FEW, 30), steady(MANY, 30), 0, [1, 1, 1], id="another period"),
        pytest.param(
            steady(Fleet(100, 30, 2), 15, 0.003), steady(MANY), 0, [1, 1, 1], id="from fewer nodes"
        ),
    ],
)
def test_flatness(few: Steady, many: Steady, targets: int, kept: list[bool]) -> None:
    """10,000 nodes may cost 15 % more than 1,000 by scrape and by container, CPU and memory."""
    found = flatness(few, many)
    times = many.fleet.nodes / few.fleet.nodes
    assert found[0].samples[0] == pytest.approx(many.cores[0] / few.cores[0] / times)
    assert found[2].samples[0] == pytest.approx(many.megabytes[0] / few.megabytes[0] / times)
    assert sum(figure.target is not None for figure in found) == targets
    assert [figure.kept for figure in found] == kept


@pytest.mark.parametrize(
    ("seconds", "each"),
    [
        pytest.param(60.0, [60.0], id="one client"),
        pytest.param(240.0, [120.0, 120.0], id="two clients"),
        pytest.param(300.0, [120.0, 120.0, 60.0], id="a rest"),
    ],
)
def test_long_crowds_take_turns(seconds: float, each: list[float]) -> None:
    """No client asks for longer than it may live."""
    assert turns(seconds) == each


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(["--nodes", "100,0"], id="no node"),
        pytest.param(["--pods", "0"], id="no pod"),
        pytest.param(["--containers", "none"], id="no number"),
        pytest.param(["--period", "0.5"], id="a period the server refuses"),
        pytest.param(["--seconds", "nan"], id="no time"),
        pytest.param(["--parts", "scrape,lists"], id="no such part"),
    ],
)
def test_bad_flags_are_refused(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """By name, before anything is started."""
    with pytest.raises(SystemExit) as ended:
        main(flags)

    assert ended.value.code == 2
    assert f"argument {flags[0]}: " in capsys.readouterr().err


def test_output_must_be_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file in its place is told before anything is started."""
    taken = tmp_path / "taken"
    taken.touch()

    assert main(["--nodes", "1", "--output", str(taken)]) == 2
    assert "--output" in capsys.readouterr().err


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
