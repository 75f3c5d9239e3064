"""Workloads under kubectl's hands: what users do to them first."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.sandbox.alive import Alive
from tests.sandbox.simulation.worlds import plain

pytestmark = pytest.mark.realcluster

WAIT_SECONDS = 30.0
VERSIONS = ("1.37", "1.32")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alive]:
    """The plain story, its pods running."""
    with Alive(tmp_path_factory.mktemp("shop"), plain(), housekeeping=2.0) as alive:
        yield alive


@pytest.fixture(params=VERSIONS)
def kubectl(shop: Alive, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Run it in the shop's namespace; what it printed, or a failure."""

    def run(*args: str, code: int = 0) -> str:
        done = shop.kubectl("-n", "shop", *args, version=request.param)
        assert done.code == code, done
        return done.stdout + done.stderr

    return run


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()[1:]]


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for something that the world brings about."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_everything_is_there_at_once(kubectl: Callable[..., str]) -> None:
    """Nodes and pods that have been there for a while, ready."""
    nodes = rows(kubectl("get", "nodes"))
    pods = rows(kubectl("get", "pods", "-o", "wide"))

    assert [row[1] for row in nodes] == ["Ready"] * 9
    assert [row[1:4] for row in pods] == [["1/1", "Running", "0"]] * 4
    assert all(row[6].startswith("worker-") for row in pods)


def test_scaling_and_its_status(kubectl: Callable[..., str]) -> None:
    """`scale`, then `rollout status` until all are there."""
    kubectl("scale", "deployment/web", "--replicas=6")
    status = kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    count = len(
        rows(kubectl("get", "pods", "-l", "app=web", "--field-selector=status.phase=Running"))
    )
    kubectl("scale", "deployment/web", "--replicas=4")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    eventually(lambda: len(rows(kubectl("get", "pods", "-l", "app=web"))) == 4)

    assert 'deployment "web" successfully rolled out' in status
    assert count == 6


def test_a_bad_rollout_and_its_undoing(kubectl: Callable[..., str]) -> None:
    """`set image` to what is nowhere, seen by `rollout status` and `get`; `undo` heals it."""
    kubectl("set", "image", "deployment/web", "web=web:9")
    stuck = kubectl("rollout", "status", "deployment/web", "--timeout=4s", code=1)
    seen = kubectl("get", "pods")
    kubectl("rollout", "undo", "deployment/web")
    healed = kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    history = kubectl("rollout", "history", "deployment/web")

    assert "timed out waiting" in stuck
    assert "ImagePullBackOff" in seen or "ErrImagePull" in seen
    assert "successfully rolled out" in healed
    assert len(rows(history)) >= 2


def test_describe_tells_the_story(kubectl: Callable[..., str]) -> None:
    """Conditions, requests, and the events that led there."""
    kubectl("delete", "pod", "-l", "app=web", "--wait=false")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    eventually(lambda: "Terminating" not in kubectl("get", "pods"))

    (name, *_), *_ = rows(kubectl("get", "pods", "-l", "app=web"))
    text = kubectl("describe", "pod", name)

    for word in ("Scheduled", "Pulled", "Created", "Started", "Controlled By:  ReplicaSet/web-"):
        assert word in text
    assert "Burstable" in text


def test_a_deployment_of_ones_own(kubectl: Callable[..., str]) -> None:
    """Any image runs; deleted, its replica set and pods go with it."""
    kubectl("create", "deployment", "hello", "--image=nginx", "--replicas=2")
    kubectl("rollout", "status", "deployment/hello", "--timeout=30s")
    kubectl("delete", "deployment", "hello")

    eventually(lambda: "hello" not in kubectl("get", "replicasets,pods"))
