"""HPAs as the API server keeps them: defaults, refusals, and who may change what."""

from typing import Any

import pytest

from tests.sandbox.apiserver.autoscalers import CPU, STATUS, autoscaler, resource
from tests.sandbox.apiserver.rig import MERGE, Rig
from tidegauge.sandbox.apiserver.identities import AUTOSCALER

PATH = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
SCALE = "/apis/apps/v1/namespaces/default/deployments/web/scale"


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_behavior_gets_the_rules_that_it_lacks(rig: Rig) -> None:
    """Both directions, once there is any; the window of scaling down stays the controller's."""
    await rig.ask("POST", PATH, autoscaler("plain", CPU))
    behavior = {"scaleDown": {"selectPolicy": "Min"}}
    made = (await rig.ask("POST", PATH, autoscaler("ruled", CPU, behavior=behavior))).json()

    assert "behavior" not in (await rig.ask("GET", f"{PATH}/plain")).json()["spec"]
    up, down = made["spec"]["behavior"]["scaleUp"], made["spec"]["behavior"]["scaleDown"]
    assert (up["stabilizationWindowSeconds"], len(up["policies"])) == (0, 2)
    assert (down["selectPolicy"], "stabilizationWindowSeconds" in down) == ("Min", False)


@pytest.mark.parametrize(
    ("made", "field", "message"),
    [
        (
            autoscaler("web", CPU, minReplicas=9),
            "spec.maxReplicas",
            "Invalid value: 5: must be greater than or equal to `minReplicas`",
        ),
        (
            autoscaler("web", resource("cpu", type="Utilization")),
            "spec.metrics[0].resource.target.averageUtilization",
            "Required value: must set either a target raw value or a target utilization",
        ),
        (
            autoscaler("web", CPU, behavior={"scaleUp": {"stabilizationWindowSeconds": 4000}}),
            "spec.behavior.scaleUp.stabilizationWindowSeconds",
            "Invalid value: 4000: must be less than or equal to 3600",
        ),
    ],
    ids=["bounds", "metric", "behavior"],
)
async def test_what_is_wrong_is_refused(rig: Rig, made: Any, field: str, message: str) -> None:
    """In the words of the real one; and so is a change to it."""
    refused = await rig.ask("POST", PATH, made)

    assert refused.status == 422
    (cause,) = refused.json()["details"]["causes"]
    assert (cause["field"], cause["message"]) == (field, message)
    await rig.ask("POST", PATH, autoscaler("web", CPU))
    patch = {"spec": made["spec"]}
    assert (await rig.ask("PATCH", f"{PATH}/web", patch, Content_Type=MERGE)).status == 422


async def test_the_controller_writes_the_status_and_nothing_else(rig: Rig) -> None:
    """A status does not count as a change of the spec, which is not its to change."""
    created = (await rig.ask("POST", PATH, autoscaler("web", CPU))).json()
    changed = created | {"status": STATUS, "spec": created["spec"] | {"maxReplicas": 50}}

    written = await rig.ask("PUT", f"{PATH}/web/status", changed, user=AUTOSCALER)

    assert written.status == 200, written.text
    assert written.json()["status"] == STATUS
    assert written.json()["spec"] == created["spec"]
    assert written.json()["metadata"]["generation"] == 1
    assert (await rig.ask("PUT", f"{PATH}/web", changed, user=AUTOSCALER)).status == 403


async def test_the_controller_scales_by_the_scale_alone(rig: Rig) -> None:
    """Whose selector leads to the pods; the Deployment itself is not its to change."""
    labels = {"app": "web"}
    containers = [{"name": "web", "image": "web:1"}]
    deployment = {
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }
    path = SCALE.removesuffix("/scale")
    await rig.ask("POST", path.removesuffix("/web"), deployment)
    await rig.ask("PATCH", f"{path}/status", {"status": {"replicas": 2}}, Content_Type=MERGE)

    scale = (await rig.ask("GET", SCALE, user=AUTOSCALER)).json()
    assert scale["status"] == {"replicas": 2, "selector": "app=web"}
    bigger = scale | {"spec": {"replicas": 3}}

    assert (await rig.ask("PUT", SCALE, bigger, user=AUTOSCALER)).status == 200
    assert (await rig.ask("PUT", SCALE, bigger, user=AUTOSCALER)).status == 409
    assert (await rig.ask("GET", path)).json()["spec"]["replicas"] == 3
    assert (await rig.ask("PUT", path, deployment, user=AUTOSCALER)).status == 403


@pytest.fixture(scope="module")
def only_asked() -> Rig:
    """For questions of rights, which change nothing that the next one looks at."""
    return Rig()


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/api/v1/pods", 200),
        ("GET", "/api/v1/namespaces/default/secrets", 403),
        ("POST", "/api/v1/namespaces/default/events", 201),
        ("POST", "/api/v1/namespaces/kube-system/configmaps", 201),
        ("POST", "/api/v1/namespaces/default/configmaps", 403),
        ("POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", 201),
        ("POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", 403),
        ("DELETE", f"{PATH}/web", 403),
    ],
)
async def test_rights_of_the_controller(
    only_asked: Rig, method: str, target: str, status: int
) -> None:
    """What it reads everywhere, what it keeps in its own namespace, and no more."""
    body = {"metadata": {"name": "a"}} if method == "POST" else None

    assert (await only_asked.ask(method, target, body, user=AUTOSCALER)).status == status
