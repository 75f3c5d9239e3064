"""The sandbox shows autoscalers as the real API server does: in autoscaling/v1, and as a table."""

import json
from typing import Any

import pytest

from tests.realcluster.controlplane import ControlPlane
from tests.sandbox.apiserver.autoscalers import AUTOSCALERS, STATUS
from tidegauge.sandbox.apiserver import autoscalerv1
from tidegauge.sandbox.apiserver.columns import COLUMNS

V1, V2 = (
    f"/apis/autoscaling/{version}/namespaces/default/horizontalpodautoscalers"
    for version in ("v1", "v2")
)
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
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
def test_autoscalers_are_shown_alike(control_plane: ControlPlane, made: Any) -> None:
    """With a status; and what is written in v1 becomes the same v2."""
    admin = control_plane.admin
    path = f"{V2}/{made['metadata']['name']}"
    admin.request("POST", V2, made)
    try:
        admin.request("PATCH", f"{path}/status", {"status": STATUS}, MERGE)
        newer = admin.request("GET", path)
        older = admin.request("GET", path.replace("/v2/", "/v1/"))

        assert told(autoscalerv1.outward(newer)) == told(older)

        table = admin.send("GET", path, None, TABLE).json()
        columns = COLUMNS["horizontalpodautoscalers"]
        assert [column["name"] for column in table["columnDefinitions"]] == [
            column.name for column in columns
        ]
        cells = [column.cell(newer, 0.0) for column in columns]
        assert table["rows"][0]["cells"][:-1] == cells[:-1]  # the last is the age

        admin.request("PUT", path.replace("/v2/", "/v1/"), older)
        assert autoscalerv1.inward(older)["spec"] == admin.request("GET", path)["spec"]
    finally:
        admin.request("DELETE", path)
