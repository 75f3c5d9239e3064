"""The chart on the real API server: what it renders is taken, installed, upgraded and removed."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.helm import CHART, HELM, HELM_3, ROOT, Manifest, render
from tests.realcluster import build, pki
from tests.realcluster.aggregation import VERSIONS
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.versions import Binary

NAMESPACE = "installed"
SECURED = "restricted"
EVERYTHING: Manifest = {
    "ha": True,
    "commonLabels": {"team": "platform"},
    "networkPolicy": {"enabled": True, "ingressFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
    "metrics": {"enabled": True},
    "service": {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"]},
    "image": {"digest": f"sha256:{'0' * 64}"},
    "imagePullSecrets": [{"name": "registry"}],
    "hostUsers": False,
    "revisionHistoryLimit": 3,
    "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
    "controller": {"enabled": True},
    "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
}
PROFILES: dict[str, Manifest] = {
    "default": {},
    "everything": EVERYTHING,
    "host network": {"hostNetwork": {"enabled": True}},
    "given Secret": {"tls": {"type": "existingSecret", "existingSecret": {"name": "mine"}}},
    "given authority": {
        "tls": {"type": "none"},
        "apiService": {"caBundle": "-----BEGIN CERTIFICATE-----\nMIIB\n"},
    },
}


def text(manifests: list[Manifest]) -> str:
    """As kubectl reads them."""
    return yaml.safe_dump_all(manifests)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_object_is_taken(control_plane: ControlPlane, profile: str) -> None:
    """By strict validation: no field that the API server would drop, no value it refuses."""
    values = PROFILES[profile]
    if "caBundle" in values.get("apiService", {}):
        authority = control_plane.authority.certificate.decode()
        values = {**values, "apiService": {"caBundle": authority}}
    control_plane.unregister_metrics_api()

    rendered = render(values)
    done = control_plane.kubectl(
        "create", "--dry-run=server", "--validate=strict", "-f-", stdin=text(rendered)
    )

    assert done.code == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(rendered)


def test_an_older_kubernetes_takes_them_too(older_control_plane: ControlPlane) -> None:
    """Nothing in the chart is newer than what is supported."""
    rendered = render({"ha": True})
    done = older_control_plane.kubectl(
        "create", "--dry-run=server", "--validate=strict", "-f-", stdin=text(rendered)
    )

    assert done.code == 0, done.stderr


def test_the_pods_pass_the_restricted_standard(control_plane: ControlPlane) -> None:
    """A namespace that enforces it takes them; root would be refused there."""
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    control_plane.create_namespace(SECURED)
    meta = {"name": SECURED, "labels": level}
    control_plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    rendered = render({"namespaceOverride": SECURED})
    account = {**rendered.one("ServiceAccount")}
    account["metadata"] = {"name": "tidegauge", "namespace": SECURED}
    control_plane.apply(account)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**rendered.pod["metadata"], "name": "tidegauge", "namespace": SECURED},
        "spec": rendered.pod["spec"],
    }
    path = f"/api/v1/namespaces/{SECURED}/pods?dryRun=All"

    assert control_plane.admin.send("POST", path, pod).status == 201
    pod["spec"]["containers"][0]["securityContext"] = {"runAsUser": 0}
    refused = control_plane.admin.send("POST", path, pod)
    assert (refused.status, b"violates PodSecurity" in refused.body) == (403, True)


class Helm:
    """Helm on a real cluster, in a namespace of its own."""

    def __init__(self, plane: ControlPlane, by: Binary, home: Path) -> None:
        self._plane = plane
        self._program = build.ensure([by])[by.label]
        self._env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "KUBECONFIG": str(plane.kubeconfig()),
        }

    def __call__(self, *args: str, values: Manifest | None = None) -> str:
        given = ["--values=-"] if values is not None else []
        done = subprocess.run(
            [self._program, *args, f"--namespace={NAMESPACE}", *given],
            env=self._env,
            input=json.dumps(values or {}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not done.returncode, done.stderr
        return done.stdout

    def objects(self) -> list[Any]:
        """What is installed, as the API server has it."""
        shown = self._plane.kubectl(
            "get",
            "apiservices,deployments,services,secrets,serviceaccounts,pdb,networkpolicies,"
            "roles,rolebindings,clusterroles,clusterrolebindings",
            *("-A", "-l", "app.kubernetes.io/instance=tidegauge", "-o", "json"),
        )
        return list(json.loads(shown.stdout)["items"])


@pytest.fixture(params=[HELM, HELM_3], ids=lambda binary: binary.version)
def helm(
    request: pytest.FixtureRequest, control_plane: ControlPlane, tmp_path: Path
) -> Iterator[Helm]:
    """Nothing is registered before, nothing installed after."""
    control_plane.unregister_metrics_api()
    control_plane.create_namespace(NAMESPACE)
    helm = Helm(control_plane, request.param, tmp_path)
    yield helm
    helm("uninstall", "tidegauge", "before", "--ignore-not-found")


def test_install_upgrade_uninstall(control_plane: ControlPlane, helm: Helm) -> None:
    """What the server wrote stays through an upgrade, and nothing stays after the removal."""
    helm("install", "tidegauge", str(CHART), values={})
    secret = f"/api/v1/namespaces/{NAMESPACE}/secrets/tidegauge-tls"
    service = "/apis/apiregistration.k8s.io/v1/apiservices/v1.metrics.k8s.io"
    merge = {"Content-Type": "application/merge-patch+json"}
    authority = control_plane.authority
    made = {"ca.crt": "Y2E=", "tls.crt": "Y3J0", "tls.key": "a2V5"}
    bundle = render({"apiService": {"caBundle": authority.certificate.decode()}})
    injected = bundle.of("APIService")[0]["spec"]["caBundle"]
    control_plane.admin.request("PATCH", secret, {"data": made}, merge)
    control_plane.admin.request("PATCH", service, {"spec": {"caBundle": injected}}, merge)

    helm("upgrade", "tidegauge", str(CHART), values=EVERYTHING)

    assert control_plane.request("GET", secret)["data"] == made
    assert control_plane.request("GET", service)["spec"]["caBundle"] == injected
    kinds = {each["kind"] for each in helm.objects()}
    assert {"PodDisruptionBudget", "NetworkPolicy", "APIService", "Secret"} <= kinds
    helm("uninstall", "tidegauge")
    assert helm.objects() == []


@pytest.mark.parametrize(
    "own",
    [
        {"insecureSkipTLSVerify": True},
        {"caBundle": pki.Authority("own-ca").certificate.decode()},
    ],
    ids=lambda own: next(iter(own)),
)
def test_another_trust_than_what_the_server_put_in(
    control_plane: ControlPlane, helm: Helm, own: Manifest
) -> None:
    """Where docs/install.md says so, the APIServices go first: then the upgrade is not refused."""
    services = [f"{version}.metrics.k8s.io" for version in VERSIONS]
    merge = {"Content-Type": "application/merge-patch+json"}
    injected = {"spec": {"caBundle": pki.b64(control_plane.authority.certificate)}}
    command = "kubectl delete apiservice v1.metrics.k8s.io v1beta1.metrics.k8s.io && helm upgrade"
    helm("install", "tidegauge", str(CHART), values={})
    for service in services:
        path = f"/apis/apiregistration.k8s.io/v1/apiservices/{service}?fieldManager=tidegauge"
        control_plane.admin.request("PATCH", path, injected, merge)

    control_plane.kubectl("delete", "apiservice", *services)
    helm("upgrade", "tidegauge", str(CHART), values={"apiService": own})

    assert command in (ROOT / "docs" / "install.md").read_text()
    wanted = {
        each["metadata"]["name"]: each["spec"]
        for each in render({"apiService": own}).of("APIService")
    }
    for service in services:
        path = f"/apis/apiregistration.k8s.io/v1/apiservices/{service}"
        spec = control_plane.request("GET", path)["spec"]
        for key in ("caBundle", "insecureSkipTLSVerify"):
            assert spec.get(key) == wanted[service].get(key)


def test_the_apiservices_change_hands(control_plane: ControlPlane, helm: Helm) -> None:
    """By the steps of docs/install.md another release gives them up, and we take them over.

    The other is this chart too, which leaves less to Helm than a chart with one APIService would.
    """
    services = [f"apiservice/{version}.metrics.k8s.io" for version in VERSIONS]
    keep = "helm.sh/resource-policy"
    helm("install", "before", str(CHART), values={})
    helm("install", "tidegauge", str(CHART), values={"apiService": {"create": False}})
    bundle = pki.b64(control_plane.authority.certificate)
    change = {"spec": {"service": {"name": "tidegauge"}, "caBundle": bundle}}
    for service in services:
        control_plane.kubectl("patch", service, "--type=merge", "--patch", json.dumps(change))

    control_plane.kubectl("annotate", *services, f"{keep}=keep")
    helm("upgrade", "before", str(CHART), values={"apiService": {"create": False}})
    helm("uninstall", "before")
    owner = ["meta.helm.sh/release-name=tidegauge", f"meta.helm.sh/release-namespace={NAMESPACE}"]
    control_plane.kubectl("annotate", "--overwrite", *services, f"{keep}-", *owner)
    helm("upgrade", "tidegauge", str(CHART), values={})

    for version in VERSIONS:
        path = f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.metrics.k8s.io"
        there = control_plane.request("GET", path)
        assert there["metadata"]["annotations"]["meta.helm.sh/release-name"] == "tidegauge"
        assert there["spec"]["service"]["name"] == "tidegauge"
        assert there["spec"]["caBundle"] == bundle


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "kubectl top nodes"),
        ({"apiService": {"create": False}}, "Another server is registered"),
        ({"apiService": {"insecureSkipTLSVerify": True}}, "WARNING: kube-apiserver trusts whoever"),
        ({"tls": {"type": "none"}}, "WARNING: kube-apiserver can't verify"),
        ({"replicas": 2}, "`ha: true` keeps one serving"),
    ],
    ids=str,
)
def test_the_notes_say_how_to_check(helm: Helm, values: Manifest, said: str) -> None:
    """And warn of what was chosen, where it is not safe."""
    shown = helm("install", "tidegauge", str(CHART), "--dry-run=server", values=values)

    assert said in shown.partition("NOTES:")[2]
