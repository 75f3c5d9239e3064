"""Makes the sandbox's table of types from what a real kube-apiserver publishes.

    python -m tests.realcluster.typefile

Names and types of fields are taken, no text: descriptions are left out.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tidegauge.sandbox.apiserver.kinds import SERVED
from tidegauge.sandbox.apiserver.schema import FILE, PACKAGES

# An enumeration longer than this (signals) helps nobody who reads a refusal.
LONGEST_ENUMERATION = 12

Schemas = Mapping[str, Any]


def schemas(client: Client) -> Schemas:
    """All types of the groups that the sandbox has kinds of."""
    found: dict[str, Any] = {}
    for version in sorted({kind.api_version for kind in SERVED}):
        prefix = "apis" if "/" in version else "api"
        document = client.request("GET", f"/openapi/v3/{prefix}/{version}")
        found |= document["components"]["schemas"]
    return found


def render(found: Schemas) -> str:
    """The table: a line for each type that the kinds reach, and one for each of its fields."""
    wanted = {kind.kind for kind in SERVED}
    reached: set[str] = set()
    waiting = [
        name
        for name, schema in found.items()
        if name.rpartition(".")[2] in wanted and "x-kubernetes-group-version-kind" in schema
    ]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += references(found[name])
    lines: list[str] = []
    for name in sorted(reached, key=short):
        if "properties" in found[name]:
            lines.append(short(name))
            lines += (f"  {line}" for line in fields(found[name]))
    return "\n".join(lines) + "\n"


def references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from references(part)


def fields(schema: Schemas) -> Iterator[str]:
    required = schema.get("required", ())
    for name, field in sorted(schema["properties"].items()):
        words = [name + "!" * (name in required), type_of(field)]
        strategy = field.get("x-kubernetes-patch-strategy", "").split(",")
        if "merge" in strategy:
            words.append(f"merge={field.get('x-kubernetes-patch-merge-key', '')}")
        if "retainKeys" in strategy:
            words.append("retain")
        values = field.get("enum", ())
        if 0 < len(values) <= LONGEST_ENUMERATION:
            words.append(f"values={','.join(values)}")
        yield " ".join(words)


def type_of(schema: Schemas) -> str:
    if "allOf" in schema:
        schema = schema["allOf"][0]
    if "$ref" in schema:
        return short(schema["$ref"].rpartition("/")[2])
    if "items" in schema:
        return f"[]{type_of(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map[string]{type_of(schema['additionalProperties'])}"
    if schema.get("format") == "byte":
        return "bytes"
    return str(schema["type"])


def short(name: str) -> str:
    """`core.v1.Pod` for `io.k8s.api.core.v1.Pod`."""
    package, _, kind = name.rpartition(".")
    return f"{next(s for s, full in PACKAGES.items() if full == package)}.{kind}"


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        ControlPlane(Path(folder), controllers=()) as plane,
    ):
        FILE.write_text(render(schemas(plane.admin)))


if __name__ == "__main__":
    main()
