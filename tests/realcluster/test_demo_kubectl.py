"""Real kubectl, the newest and the oldest that we mean to support, on the demo's cluster."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.console.demos import Watched, running
from tests.realcluster import build, versions
from tidegauge.console.demo.picture import Picture
from tidegauge.sandbox.faults.playing import read

pytestmark = [pytest.mark.realcluster, pytest.mark.asyncio(loop_scope="module")]


class Kubectl:
    """One version of it, as the demo's admin."""

    def __init__(self, version: str, demo: Watched, folder: Path) -> None:
        binary = build.find("kubectl", version)
        self._program = str(build.ensure([binary])[binary.label])
        self._environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "KUBECONFIG": str(demo.demo.kubeconfig),
        }

    async def __call__(self, *words: str) -> tuple[int, str]:
        """Exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *(self._program, *words),
            env=self._environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    async with running(tmp_path_factory.mktemp("demo")) as watched:
        await watched.complete()
        yield watched


@pytest.fixture(params=[versions.KUBERNETES, versions.KUBECTL_V1BETA1])
def kubectl(request: pytest.FixtureRequest, demo: Watched, tmp_path: Path) -> Kubectl:
    return Kubectl(request.param, demo, tmp_path)


async def test_top_shows_nodes_and_pods(kubectl: Kubectl) -> None:
    """By the metrics server, through the API server's proxy."""
    code, nodes = await kubectl("top", "nodes")
    assert code == 0, nodes
    assert len(nodes.splitlines()) == 1 + 9
    code, pods = await kubectl("top", "pods", "-A", "--sort-by=cpu")
    assert code == 0, pods
    assert "shop" in pods


def webs(picture: Picture) -> int:
    return sum(pod.name.startswith("web-") for pod in picture.pods)


async def test_what_is_scaled_is_run_and_measured(kubectl: Kubectl, demo: Watched) -> None:
    """From kubectl by way of the controllers and a kubelet to `kubectl top`."""
    for replicas in ("5", "4"):
        code, text = await kubectl(
            "-n", "shop", "scale", "deployment", "web", f"--replicas={replicas}"
        )
        assert code == 0, text
        code, text = await kubectl("-n", "shop", "rollout", "status", "deployment/web")
        assert code == 0, text
    await demo.until(lambda picture: webs(picture) == 4, "the end of the fifth pod")
    code, text = await kubectl("-n", "shop", "top", "pods", "-l", "app=web", "--no-headers")
    assert code == 0, text
    assert len(text.splitlines()) == 4


async def test_faults_look_as_they_are_told(kubectl: Kubectl, demo: Watched) -> None:
    """What docs/faults.md says of kubectl."""
    faults = demo.demo.faults
    down, lost, away = read("node-down"), read("quorum-lost"), read("api-away")
    await faults.begin(down)
    await demo.until(lambda picture: any(row.use is None for row in picture.nodes), "its absence")
    _, text = await kubectl("top", "nodes")
    await faults.end(down)
    assert "<unknown>" in next(line for line in text.splitlines() if line.startswith("worker-2"))

    await faults.begin(lost)
    scale = ("-n", "kube-system", "scale", "deployment", "coredns", "--replicas=3")
    code, text = await kubectl(*scale)
    read_code, _ = await kubectl("get", "pods", "-A")
    await faults.end(lost)
    assert (code, read_code) == (1, 0)
    assert "etcdserver: request timed out" in text

    await faults.begin(away)
    code, text = await kubectl("top", "nodes")
    await faults.end(away)
    assert code == 1
    assert "refused" in text
    await demo.complete()
