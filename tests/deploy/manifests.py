"""The manifests for kubectl and kustomize: what the chart renders, without Helm's own labels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.helm import ROOT, Manifest, render

FOLDER = ROOT / "deploy" / "manifests"
PROFILES: dict[str, Manifest] = {"base": {}, "ha": {"ha": True}}
HEAD = "# Made from deploy/helm/tidegauge by `make deploy-files`; do not edit it by hand.\n"
OF_HELM = ("helm.sh/chart", "app.kubernetes.io/managed-by")


def files() -> Iterator[tuple[Path, str]]:
    """Each file's path and text."""
    for profile, values in PROFILES.items():
        yield FOLDER / profile / "tidegauge.yaml", HEAD + _text(list(plain(values)))
        yield FOLDER / profile / "kustomization.yaml", HEAD + _text([_kustomization()])


def plain(values: Manifest) -> Iterator[Manifest]:
    """The chart's objects as one who knows no Helm would write them."""
    for manifest in render(values):
        labels = manifest["metadata"]["labels"]
        for label in OF_HELM:
            del labels[label]
        yield manifest


def _kustomization() -> Manifest:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["tidegauge.yaml"],
    }


def _text(manifests: list[Manifest]) -> str:
    return str(yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, width=100))


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and repeats what is there twice instead of naming it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002
        return super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True
