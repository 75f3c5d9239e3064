"""The real autoscaler scales a real load, by what our pod says of it; and the Go server agrees."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.node import workloads
from tests.node.conftest import Installed
from tests.node.workloads import burner
from tests.realcluster import servers
from tests.realcluster.process import wait_until
from tests.realcluster.reading import API, quantity

NAME, MOST = "scaled", 3
PATH = f"/apis/apps/v1/namespaces/default/deployments/{NAME}"
# Three scrapes, in which the autoscaler sees the load and the pods that it adds.
BUSY_SECONDS = 45
SCALING_SECONDS = 150.0


def _deployment(image: str) -> dict[str, Any]:
    """Twice its target for a while, then nothing: as many pods as are allowed, then one."""
    container = burner("main", image, 100, 20, seconds=BUSY_SECONDS)
    container["resources"] = {"requests": {"cpu": "100m"}}
    labels = {"app": NAME}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": "default"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
            },
        },
    }


def _autoscaler() -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": 50}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": NAME, "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME},
            "maxReplicas": MOST,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


@pytest.fixture(scope="module")
def scaled(installed: Installed) -> Iterator[Installed]:
    installed.plane.apply(_deployment(installed.image), _autoscaler())
    yield installed
    installed.plane.admin.delete(_autoscaler())
    installed.plane.admin.delete(_deployment(installed.image))


def test_up_and_down(scaled: Installed) -> None:
    """Real pods come while there is a load, and go when it has gone."""
    scaled.plane.wait_for(PATH, lambda one: one["status"].get("readyReplicas") == MOST, 90)
    scaled.plane.wait_for(PATH, lambda one: one["status"].get("replicas") == 1, SCALING_SECONDS)


def test_the_go_server_says_the_same(installed: Installed) -> None:
    """Of the same containers: memory within 5 %, and CPU within 30 millicores."""
    pod = workloads.pod("compared", [burner("main", installed.image, 300, 40)])
    plane = installed.plane
    plane.request("POST", "/api/v1/namespaces/default/pods", pod)
    path = f"{API}/v1beta1/namespaces/default/pods/compared"
    with servers.incumbent(plane) as incumbent:

        def both() -> list[dict[str, str]] | None:
            answers = [plane.admin.send("GET", path), incumbent.admin.send("GET", path)]
            if any(answer.status != 200 for answer in answers):
                return None
            return [answer.json()["containers"][0]["usage"] for answer in answers]

        def agree() -> bool:
            used = both()
            if used is None:
                return False
            ours, theirs = used
            memory = quantity(ours["memory"]) / quantity(theirs["memory"])
            apart = abs(quantity(ours["cpu"]) - quantity(theirs["cpu"]))
            return 0.95 < float(memory) < 1.05 and float(apart) < 0.03

        wait_until(agree, "the same figures", 90, every=1)
    installed.kubectl("delete", "pod", "compared", "--now")
