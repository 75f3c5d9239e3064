"""What users may write through the API ends nothing: the world goes on."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.simulation.worlds import START, plain, ready, world
from tidegauge.console.demo.reading import Answers, picture
from tidegauge.sandbox.simulation.world import World

Object = dict[str, Any]


def first(of: World, resource: str, namespace: str = "shop") -> Object:
    return of.storage.list(resource, namespace)[0]


def lease_without_spec(of: World) -> None:
    lease = first(of, "leases", "kube-node-lease")
    of.storage.update("leases", {key: lease[key] for key in lease if key != "spec"})


def revision_of_words(of: World) -> None:
    found = first(of, "replicasets")
    annotations = {"deployment.kubernetes.io/revision": "the last"}
    metadata = found["metadata"] | {"annotations": annotations}
    of.storage.update("replicasets", found | {"metadata": metadata})


def node_status(status: Object) -> Callable[[World], None]:
    def write(of: World) -> None:
        node = of.storage.get("nodes", "", "worker-3")
        assert node
        of.storage.update("nodes", node | {"status": status})

    return write


def allocatable(**amounts: str) -> Callable[[World], None]:
    return node_status(
        {"allocatable": amounts, "conditions": [{"type": "Ready", "status": "True"}]}
    )


def event_of_nothing(of: World) -> None:
    of.storage.create("events", {"metadata": {"name": "odd", "namespace": "shop"}})


def bare_node(of: World) -> None:
    of.storage.create("nodes", {"metadata": {"name": "bare"}, "status": {}})


ODD: dict[str, Callable[[World], None]] = {
    "a lease without a spec": lease_without_spec,
    "a revision that is no number": revision_of_words,
    "a node without a status": node_status({}),
    "a condition without a status": node_status({"conditions": [{"type": "Ready"}]}),
    "a node that has room for nothing": allocatable(),
    "a node of no size": allocatable(cpu="0", memory="0", pods="110"),
    "a node that counts pods in thousands": allocatable(cpu="4", memory="8Gi", pods="1k"),
    "an event about nothing": event_of_nothing,
    "a node that says nothing": bare_node,
}


@pytest.mark.parametrize("write", ODD.values(), ids=ODD)
def test_the_world_goes_on(write: Callable[[World], None]) -> None:
    """Pods are still made and run, and the demo's picture can be drawn."""
    of = world(plain())
    of.advance(START + 30)
    write(of)
    found = first(of, "deployments")
    of.storage.update("deployments", found | {"spec": found["spec"] | {"replicas": 9}})
    # Asks for nothing, so that it fits anywhere.
    template = found["spec"]["template"] | {"spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = found["spec"] | {"replicas": 1, "template": template}
    metadata = {"name": "careless", "namespace": "default"}
    of.storage.create("deployments", {"metadata": metadata, "spec": spec})

    of.advance(START + 400)

    assert ready(of, "web") == 9
    assert ready(of, "web", "default") == 1
    listed = of.storage.list
    answers = Answers(
        nodes=listed("nodes"),
        pods=listed("pods"),
        deployments=listed("deployments"),
        stateful_sets=listed("statefulsets"),
        autoscalers=listed("horizontalpodautoscalers"),
        events=listed("events"),
        node_metrics=[],
        pod_metrics=[],
    )
    picture(answers, of.now, lambda _: None)
