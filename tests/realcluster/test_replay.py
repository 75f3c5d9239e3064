"""A real HPA controller is recorded from outside; the replay has to decide what it decided.

It looks every two seconds here, our recorder a moment before that. The load changes meanwhile, so
now and then the controller has seen a newer figure: the steps that are not equal are counted.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.placing import Placer, node
from tests.realcluster.servers import MetricsServer
from tests.realcluster.test_controller import CPU, STEPWISE, autoscaler, deployment

NAMESPACE = "recorded"
# As the control plane's controller runs, see FAST_AUTOSCALER.
FLAGS = (
    "--horizontal-pod-autoscaler-sync-period=2s",
    "--horizontal-pod-autoscaler-downscale-stabilization=10s",
    "--horizontal-pod-autoscaler-cpu-initialization-period=0s",
    "--horizontal-pod-autoscaler-initial-readiness-delay=0s",
)
LOAD_SECONDS = 14.0
# Cores: up far, down far for longer than that is held, and up again.
LOADS = (0.4, 2.7, 0.4, 1.6)
AUTOSCALERS = {
    "plain": autoscaler(NAMESPACE, "plain", CPU),
    "stepwise": autoscaler(NAMESPACE, "stepwise", CPU, behavior=STEPWISE),
}
# Figures change with each look for a while after the load did, and what was seen is remembered.
LEAST_EQUAL = 0.6


@pytest.fixture(scope="module")
def runs(
    control_plane: ControlPlane,
    kubelets: Kubelets,
    metrics_api: MetricsServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, dict[str, Any]]]:
    """What replays of recordings made of two HPAs, as JSON."""
    assert metrics_api.running
    control_plane.create_namespace(NAMESPACE)
    admin, folder = control_plane.admin, tmp_path_factory.mktemp("recorded")
    with ExitStack() as stack:
        nodes = [stack.enter_context(node(admin, kubelets, f"recorded-{i}")) for i in range(2)]
        placer = Placer(control_plane.client("recorded", ["system:masters"]), nodes)
        stack.enter_context(placer)
        _set_loads(placer, LOADS[0])
        for name, hpa in AUTOSCALERS.items():
            control_plane.apply(deployment(NAMESPACE, name, cpu="1"), hpa)
        time.sleep(LOAD_SECONDS)
        recorders = [_recorder(control_plane, name, folder) for name in AUTOSCALERS]
        for load in LOADS:
            _set_loads(placer, load)
            time.sleep(LOAD_SECONDS)
        for recorder in recorders:
            _, told = recorder.communicate(timeout=30)
            assert recorder.returncode == 0, told
        yield {name: _replayed(folder / f"{name}.jsonl") for name in AUTOSCALERS}
        for name, hpa in AUTOSCALERS.items():
            admin.delete(hpa)
            admin.delete(deployment(NAMESPACE, name))
        assert not placer.failures


def _set_loads(placer: Placer, load: float) -> None:
    for name in AUTOSCALERS:
        placer.set_load(NAMESPACE, name, cpu=load, memory=1 << 26)


def _recorder(plane: ControlPlane, name: str, folder: Path) -> subprocess.Popen[str]:
    words = [name, "-n", NAMESPACE, f"--for={LOAD_SECONDS * len(LOADS)}s", *FLAGS]
    words += ["-o", str(folder / f"{name}.jsonl"), f"--kubeconfig={plane.kubeconfig()}"]
    return subprocess.Popen(
        [sys.executable, "-m", "tidegauge", "hpa", "record", *words],
        stderr=subprocess.PIPE,
        text=True,
    )


def _replayed(recording: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tidegauge", "hpa", "replay", str(recording)]
    table = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    print(table.stdout)
    json_text = subprocess.run([*command, "-o", "json"], check=True, capture_output=True).stdout
    run: dict[str, Any] = json.loads(json_text)["runs"][0]
    return run


def _known(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for step in run["steps"] if step["cluster"] is not None]


@pytest.mark.parametrize("name", AUTOSCALERS)
def test_most_steps_are_those_of_the_cluster(runs: dict[str, dict[str, Any]], name: str) -> None:
    """Whatever figures it saw; and there is a step for nearly each of its looks."""
    steps = _known(runs[name])
    equal = [step for step in steps if step["size"] == step["cluster"]]
    same = [step for step in steps if step["same_figures"]]
    told = f"{len(steps)} steps, {len(equal)} equal; {len(same)} with the same figures"
    print(told)

    assert len(steps) > LOAD_SECONDS * len(LOADS) / 2 * 0.8, told
    assert len(equal) >= LEAST_EQUAL * len(steps), told


@pytest.mark.parametrize("name", AUTOSCALERS)
def test_from_the_same_figures_come_the_same_sizes(
    runs: dict[str, dict[str, Any]], name: str
) -> None:
    """Of its memory all is known until it first saw others: up to then nothing may differ."""
    steps = list(takewhile(lambda step: step["same_figures"], _known(runs[name])))
    print(f"{len(steps)} steps until the first with other figures")

    assert [step["size"] for step in steps] == [step["cluster"] for step in steps]


def test_a_change_is_foreseen(runs: dict[str, dict[str, Any]]) -> None:
    """Else all of it would prove little."""
    steps = [step for run in runs.values() for step in _known(run)]

    assert any(step["had"] != step["size"] == step["cluster"] for step in steps)
