"""The types of all kinds held here: fields, what they may hold, and how lists of them are merged.

They stand in `types.txt`, made from what a real kube-apiserver publishes
(tests/realcluster/typefile.py, where a test sees that they still agree):

    core.v1.PodSpec
      containers! []core.v1.Container merge=name

means that a PodSpec must have containers, a list that patches merge by the items' name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tidegauge.sandbox.apiserver.kinds import Kind

FILE = Path(__file__).with_name("types.txt")

PACKAGES = {
    "apiregistration.v1": "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1",
    "apps.v1": "io.k8s.api.apps.v1",
    "autoscaling.v1": "io.k8s.api.autoscaling.v1",
    "autoscaling.v2": "io.k8s.api.autoscaling.v2",
    "coordination.v1": "io.k8s.api.coordination.v1",
    "core.v1": "io.k8s.api.core.v1",
    "events.v1": "io.k8s.api.events.v1",
    "intstr": "io.k8s.apimachinery.pkg.util.intstr",
    "meta.v1": "io.k8s.apimachinery.pkg.apis.meta.v1",
    "resource": "io.k8s.apimachinery.pkg.api.resource",
}
"""The packages of types, by the names they have in the file."""

QUANTITY = "resource.Quantity"
INT_OR_STRING = "intstr.IntOrString"

LIST, MAP = "[]", "map[string]"


@dataclass(frozen=True, slots=True)
class Field:
    type: str
    """`string`, `integer`, `core.v1.PodSpec`, `[]string`, `map[string]resource.Quantity`."""

    required: bool = False
    merge_key: str | None = None
    """What tells items of a merged list apart; empty for plain values, None for no merging."""

    retains_keys: bool = False
    """Whether a patch replaces the keys that it does not name, as of a union."""

    values: tuple[str, ...] = ()
    """All that may stand there; empty for anything."""

    @property
    def item(self) -> str:
        """The type inside a list or map, or its own."""
        return self.type.removeprefix(LIST).removeprefix(MAP)


Type = Mapping[str, Field]
"""Fields by name."""

FREE: Type = {}


@cache
def types() -> Mapping[str, Type]:
    """All types by their names; types without fields, such as Time, are not among them."""
    found: dict[str, dict[str, Field]] = {}
    current: dict[str, Field] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            name, field = _parse_field(line.split())
            current[name] = field
        else:
            current = found[line] = {}
    return found


def _parse_field(words: list[str]) -> tuple[str, Field]:
    name, type_name, *rest = words
    options = dict(word.partition("=")[::2] for word in rest)
    values = options.get("values")
    field = Field(
        type=type_name,
        required=name.endswith("!"),
        merge_key=options.get("merge"),
        retains_keys="retain" in options,
        values=tuple(values.split(",")) if values else (),
    )
    return name.removesuffix("!"), field


def type_of(name: str) -> Type:
    """The fields of a type; none when it is a scalar or holds anything."""
    return types().get(name, FREE)


@cache
def type_name(kind: Kind) -> str:
    """The name of a kind's type, such as `apps.v1.Deployment`."""
    package = kind.group.partition(".")[0] or "core"
    return f"{package}.{kind.version}.{kind.kind}"


def full_name(name: str) -> str:
    """The name in OpenAPI documents, such as `io.k8s.api.apps.v1.Deployment`."""
    package, _, kind = name.rpartition(".")
    return f"{PACKAGES[package]}.{kind}"
