"""The sandbox's autoscaling/v1 is what the real API server makes of the same autoscalers."""

import json
from typing import Any

import pytest

from tests.realcluster.controlplane import ControlPlane
from tests.sandbox.apiserver.autoscalers import AUTOSCALERS, STATUS
from tidegauge.sandbox.apiserver import autoscalerv1

V1, V2 = (
    f"/apis/autoscaling/{version}/namespaces/default/horizontalpodautoscalers"
    for version in ("v1", "v2")
)
MERGE = {"Content-Type": "application/merge-patch+json"}


def told(obj: Any) -> Any:
    """Without what differs by the moment, and JSON in annotations as what it says."""
    metadata = {"annotations": {}} | obj["metadata"]
    for field in ("managedFields", "resourceVersion"):
        metadata.pop(field, None)
    metadata["annotations"] = {
        name: json.loads(text) if "alpha" in name else text
        for name, text in metadata["annotations"].items()
    }
    return obj | {"metadata": metadata}


@pytest.mark.parametrize("made", AUTOSCALERS, ids=lambda each: each["metadata"]["name"])
def test_both_ways(control_plane: ControlPlane, made: Any) -> None:
    """Outward with a status, and inward again."""
    admin = control_plane.admin
    path = f"{V2}/{made['metadata']['name']}"
    admin.request("POST", V2, made)
    try:
        admin.request("PATCH", f"{path}/status", {"status": STATUS}, MERGE)
        newer = admin.request("GET", path)
        older = admin.request("GET", path.replace("/v2/", "/v1/"))

        assert told(autoscalerv1.outward(newer)) == told(older)

        again = told(autoscalerv1.inward(older))
        rewritten = admin.request("PUT", path.replace("/v2/", "/v1/"), older)
        assert rewritten["kind"] == "HorizontalPodAutoscaler"
        assert again["spec"] == admin.request("GET", path)["spec"]
    finally:
        admin.request("DELETE", path)
