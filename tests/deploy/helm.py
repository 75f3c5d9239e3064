"""The chart, rendered by the real Helm."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.realcluster import build, versions
from tests.realcluster.versions import Binary

ROOT = Path(__file__).parent.parent.parent
CHART = ROOT / "deploy" / "helm" / "tidegauge"
NAMESPACE = "kube-system"
RELEASE = "tidegauge"
HELM = build.find("helm", versions.HELM)
HELM_3 = build.find("helm", versions.HELM_3)
KUBECTL = build.find("kubectl", versions.KUBERNETES)

Manifest = dict[str, Any]


class Refused(Exception):  # noqa: N818  (reads as what happened)
    """Helm took neither values nor chart; the message is its own."""


class Rendered(list[Manifest]):
    """The objects of one rendering."""

    def of(self, kind: str) -> list[Manifest]:
        """All objects of a kind."""
        return [each for each in self if each["kind"] == kind]

    def one(self, kind: str) -> Manifest:
        """The only object of its kind."""
        (found,) = self.of(kind)
        return found

    @property
    def pod(self) -> Manifest:
        """The Deployment's pod template."""
        template: Manifest = self.one("Deployment")["spec"]["template"]
        return template

    @property
    def container(self) -> Manifest:
        """The only container of the pods."""
        (container,) = self.pod["spec"]["containers"]
        return dict(container)

    def strings(self) -> Iterator[str]:
        """Every key and text in it."""
        return strings_in(list(self))


def render(values: Mapping[str, Any] | None = None, *, by: Binary = HELM) -> Rendered:
    """The chart's objects for these values, as installed in kube-system.

    Raises:
        Refused: by the schema or by the chart.

    """
    text = render_text(json.dumps(values or {}), by)
    return Rendered(each for each in yaml.load_all(text, Loader=_Strict) if each)


class _Strict(yaml.SafeLoader):
    """Refuses a key that stands twice, as kustomize does, and of which Helm keeps one unasked."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        assert len(mapping) == len(node.value), f"a key stands twice:\n{node.start_mark}"
        return mapping


@cache
def render_text(values: str, by: Binary) -> str:
    """What `helm template` prints; `values` as JSON."""
    return helm("template", RELEASE, str(CHART), values=values, by=by)


def helm(*args: str, values: str = "{}", by: Binary = HELM) -> str:
    """Run Helm without a cluster.

    Raises:
        Refused: it ended with an error.

    """
    flags = [f"--namespace={NAMESPACE}", f"--kube-version={versions.KUBERNETES}", "--values=-"]
    command = [str(build.path_of(by)), *args, *flags]
    done = subprocess.run(command, input=values, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


def strings_in(value: Any) -> Iterator[str]:
    """Every key and every text in what JSON can say."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from strings_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings_in(each)
