"""Lint says beforehand what the real API server says, and finds what is wrong in a real cluster."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.autoscale.lint.mutations import mutants, mutants_v1
from tests.autoscale.lint.objects import container, external, hpa, pod, pods_metric, workload
from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tidegauge.autoscale.lint.causes import Cause
from tidegauge.autoscale.lint.refusals import refused, validation_causes
from tidegauge.autoscale.lint.surroundings import Knowledge
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.lint.command import lint

NAMESPACE = "lint"
GROUP = "lint.example.org"
MUTANTS = 800
SEED = 20261124
# Upstream goes through maps here, so in a different order each time.
RANDOM_ORDER = ("metadata.labels", "metadata.annotations")
SURPLUS = "Forbidden: must populate the given metric source only"

Json = dict[str, Any]


def create(client: Client, manifest: Json, validation: str = "Ignore") -> tuple[int, Json]:
    """As a dry run; the answer's status and body."""
    version = manifest["apiVersion"]
    path = f"/apis/{version}/namespaces/default/horizontalpodautoscalers"
    got = client.send("POST", f"{path}?dryRun=All&fieldValidation={validation}", manifest)
    return got.status, got.json()


def causes_of(body: Json) -> list[Cause]:
    causes = body.get("details", {}).get("causes", [])
    return [Cause(each["field"], each["reason"], each["message"]) for each in causes]


def ordered(causes: Iterable[Cause]) -> list[Cause]:
    """With what comes in random order sorted, and the rest as it is."""

    def random(cause: Cause) -> tuple[bool, str]:
        parent = cause.field if cause.field in RANDOM_ORDER else cause.field.rpartition(".")[0]
        return cause.field in RANDOM_ORDER or cause.message == SURPLUS, parent

    found: list[Cause] = []
    for (shuffled, _), run in groupby(causes, key=random):
        members = list(run)
        found += sorted(members) if shuffled else members
    return found


def differences(client: Client, manifests: Iterable[Json], minor: int) -> tuple[list[str], int]:
    """Manifests of which we say something else than the server, and how many it refuses."""
    found, refusals = [], 0
    for manifest in manifests:
        status, body = create(client, manifest)
        refusals += status >= 400
        ours = refused(manifest, Knowledge(minor=minor))
        if status == 400 or any(each.rule == "HPA102" for each in ours.findings):
            if (status == 400) == ours.usable:
                found.append(f"{json.dumps(manifest)}: {body}, but {ours}")
        elif ordered(validation_causes(manifest, minor)) != ordered(causes_of(body)):
            found.append(f"{json.dumps(manifest)}: {causes_of(body)}")
    return found, refusals


def test_validation(control_plane: ControlPlane) -> None:
    """Fields, reasons, messages and order are those of kube-apiserver, for 800 bad HPAs."""
    found, refusals = differences(control_plane.admin, mutants(MUTANTS, SEED), 37)

    assert found == []
    assert refusals > MUTANTS / 2


def test_validation_of_an_older_version(older_control_plane: ControlPlane) -> None:
    """Each version has its own words, and no minimum of zero."""
    found, refusals = differences(older_control_plane.admin, mutants(MUTANTS // 2, SEED), 35)

    assert found == []
    assert refusals > MUTANTS / 4


def test_validation_of_v1(control_plane: ControlPlane) -> None:
    """What autoscaling/v1 keeps in annotations is validated as the fields of v2."""
    found, refusals = differences(control_plane.admin, mutants_v1(MUTANTS // 2, SEED), 37)

    assert found == []
    assert refusals > MUTANTS / 4


GENERATED = ("A-", "a-", "a_", "-a", "a.", "-", "--", "a" * 260, "A" * 260, "a/")


@pytest.mark.parametrize("name", ["", "web", "B"])
@pytest.mark.parametrize("prefix", GENERATED)
def test_generated_names(control_plane: ControlPlane, prefix: str, name: str) -> None:
    """The same complaints, though the characters that the server makes up are unknown."""
    manifest = {**hpa(), "metadata": {"generateName": prefix, "name": name}}
    _, body = create(control_plane.admin, manifest)

    ours, theirs = (
        [(each.field, each.message.partition('": ')[2]) for each in causes]
        for causes in (validation_causes(manifest, 37), causes_of(body))
    )
    assert ours == theirs


UNDECODABLE = {
    "unknown in spec": {"spec": {"minReplica": 1}},
    "unknown at the top": {"speck": 1},
    "unknown in metadata": {"metadata": {"label": {}}},
    "unknown in a metric": {"spec": {"metrics": [{"type": "Resource", "resources": {}}]}},
    "unknown in a rule": {"spec": {"behavior": {"scaleup": {}, "scaleUp": {"window": 1}}}},
    "a text for a number": {"spec": {"maxReplicas": "5"}},
    "a fraction": {"spec": {"maxReplicas": 5.5}},
    "a whole float": {"spec": {"maxReplicas": 5.0}},
    "too large": {"spec": {"maxReplicas": 2**31}},
    "a switch": {"spec": {"minReplicas": True}},
    "a text for a mapping": {"spec": {"scaleTargetRef": "web"}},
    "a list for a mapping": {"spec": {"behavior": []}},
    "a mapping for a list": {"spec": {"metrics": {}}},
    "a text in a list": {"spec": {"metrics": ["cpu"]}},
    "a number for a text": {"spec": {"metrics": [{"type": 5}]}},
    "a number as label": {"metadata": {"labels": {"a": 1}}},
    "no quantity": {"spec": {"behavior": {"scaleUp": {"tolerance": "1x"}}}},
    "an empty quantity": {"spec": {"behavior": {"scaleUp": {"tolerance": ""}}}},
}


@pytest.mark.parametrize("changes", UNDECODABLE.values(), ids=UNDECODABLE.keys())
def test_decoding(control_plane: ControlPlane, changes: Json) -> None:
    """What strict decoding refuses we refuse, and name each unknown field as it does."""
    manifest: Json = {**hpa(), "metadata": {"name": "web"}}
    for part, change in changes.items():
        inside = isinstance(change, dict)
        manifest[part] = {**manifest[part], **change} if inside else change
    status, body = create(control_plane.admin, manifest, "Strict")

    found = refused(manifest, Knowledge()).findings
    unknown = [each.place.path for each in found if each.rule == "HPA103"]
    assert status == 400
    assert {each.rule for each in found} & {"HPA102", "HPA103"}
    assert [name for name in unknown if f'unknown field "{name}"' not in body["message"]] == []
    assert body["message"].count("unknown field") == len(unknown)


@pytest.fixture(scope="module")
def faulty(control_plane: ControlPlane) -> Iterator[None]:
    """HPAs, each with a fault of its own, and their targets, where nobody serves metrics."""
    plane = control_plane
    plane.unregister_metrics_api()
    plane.create_namespace(NAMESPACE)
    deployments = [
        workload("web"),
        workload("idle", containers=[container(requests={})]),
        workload("asleep", replicas=0),
    ]
    autoscalers = [
        scaler("web", metrics=[pods_metric(), external()]),
        scaler("idle"),
        scaler("asleep", minReplicas=0, metrics=[external()]),
        scaler("gone"),
        scaler("widget", kind="Widget", version="example.com/v1"),
        scaler("gadget", kind="Gadget", version=f"{GROUP}/v1"),
        scaler("trinket", kind="Trinket", version=f"{GROUP}/v1"),
        scaler("lost", kind="Gadget", version=f"{GROUP}/v1"),
    ]
    custom_targets(plane)
    stranger = pod("debug", labels={"app": "web"})
    for manifest in [*deployments, *autoscalers, stranger]:
        plane.admin.apply(placed(manifest))
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    # The real controller brings two of them to the minimum of two.
    plane.wait_for(pods, lambda got: len(got["items"]) == 5)
    yield
    plane.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}")
    for plural in ("gadgets", "trinkets"):
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        plane.request("DELETE", f"{path}/{plural}.{GROUP}")


def custom_targets(plane: ControlPlane) -> None:
    """One of a kind whose scale has no selector, and one of a kind without a scale."""
    paths = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
    for kind, subresources in (("Gadget", {"scale": paths}), ("Trinket", {})):
        plural = f"{kind.lower()}s"
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        plane.request("POST", path, definition(kind, plural, subresources))
        where = f"/apis/{GROUP}/v1/namespaces/{NAMESPACE}/{plural}"
        plane.wait_for(where, lambda got: "items" in got)
        metadata = {"name": kind.lower()}
        made = {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata}
        plane.request("POST", where, {**made, "spec": {"replicas": 1}})


def definition(kind: str, plural: str, subresources: Json) -> Json:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": subresources,
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def scaler(name: str, kind: str = "Deployment", version: str = "apps/v1", **spec: Any) -> Json:
    target = {"apiVersion": version, "kind": kind, "name": name}
    return hpa(name, scaleTargetRef=target, **spec)


def placed(manifest: Json) -> Json:
    """In our namespace, and runnable as far as the API server is concerned."""
    metadata = {**manifest["metadata"], "namespace": NAMESPACE}
    made = {**manifest, "metadata": {key: each for key, each in metadata.items() if each}}
    text = json.dumps(made).replace('"name": "app"', '"name": "app", "image": "example.com/app"')
    return dict(json.loads(text))


def linted(kubeconfig: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, Json]:
    code = lint([f"--kubeconfig={kubeconfig}", "-o=json", *flags])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("faulty")
def test_live(control_plane: ControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a real cluster's HPAs each fault is found, and nothing else."""
    code, report = linted(control_plane.kubeconfig(), capsys, "-n", NAMESPACE)

    found = {(each["autoscaler"]["name"], each["rule"]) for each in report["findings"]}
    assert found == {
        ("web", "HPA205"),
        ("web", "HPA319"),
        ("idle", "HPA301"),
        ("idle", "HPA319"),
        ("asleep", "HPA204"),
        ("asleep", "HPA207"),
        ("asleep", "HPA319"),
        ("gone", "HPA201"),
        ("gone", "HPA319"),
        ("widget", "HPA202"),
        ("widget", "HPA319"),
        ("gadget", "HPA206"),
        ("gadget", "HPA319"),
        ("trinket", "HPA202"),
        ("trinket", "HPA319"),
        ("lost", "HPA201"),
        ("lost", "HPA319"),
    }
    assert (code, report["notes"]) == (Exit.FINDINGS, [])


@pytest.mark.usefixtures("faulty")
def test_whole_cluster(control_plane: ControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    """-A looks at every namespace."""
    _, report = linted(control_plane.kubeconfig(), capsys, "-A")

    assert {each["autoscaler"]["namespace"] for each in report["findings"]} >= {NAMESPACE}


def test_namespace_without_autoscalers(
    control_plane: ControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be a slip of the pen, so it is said."""
    code = lint([f"--kubeconfig={control_plane.kubeconfig()}", "-n", "lnit"])

    assert code == Exit.FINE
    assert "there is no HorizontalPodAutoscaler in namespace lnit" in capsys.readouterr().err


@pytest.mark.usefixtures("faulty")
def test_without_rights(control_plane: ControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    """Who may read only HPAs is told what was not looked at, and nothing is made up."""
    for manifest in may_read_autoscalers("auditor"):
        control_plane.apply(manifest)
    code, report = linted(control_plane.kubeconfig("auditor", ()), capsys, "-n", NAMESPACE)

    rules = {each["rule"] for each in report["findings"]}
    assert rules == {"HPA202", "HPA319"}, "kinds and metrics that nobody serves need no rights"
    assert any("pods" in note for note in report["notes"])
    assert any("deployments.apps" in note for note in report["notes"])
    assert code == Exit.FINDINGS


@pytest.mark.usefixtures("faulty")
def test_without_any_right(control_plane: ControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    """Who may not even read HPAs is told so, and how to be granted it."""
    code = lint([f"--kubeconfig={control_plane.kubeconfig('nobody', ())}", "-A"])

    error = capsys.readouterr().err
    assert code == Exit.UNREACHABLE
    assert "horizontalpodautoscalers" in error
    assert "RBAC" in error


def may_read_autoscalers(user: str) -> list[Json]:
    about = {"name": user, "namespace": NAMESPACE}
    api = "rbac.authorization.k8s.io"
    rule = {
        "apiGroups": ["autoscaling"],
        "resources": ["horizontalpodautoscalers"],
        "verbs": ["list"],
    }
    role = {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": about, "rules": [rule]}
    binding = {
        "apiVersion": f"{api}/v1",
        "kind": "RoleBinding",
        "metadata": about,
        "roleRef": {"apiGroup": api, "kind": "Role", "name": user},
        "subjects": [{"apiGroup": api, "kind": "User", "name": user}],
    }
    return [role, binding]
