"""Makes the sandbox's table of protobuf numbers from the .proto files of Kubernetes' Go modules.

    python -m tests.realcluster.wirefile

Numbers, names and types of fields are taken, no text. The modules are those that kube-apiserver
was built from, so they lie in Go's cache once it was built.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.realcluster import build, versions
from tidegauge.sandbox.apiserver.kinds import SERVED
from tidegauge.sandbox.apiserver.reviews import REVIEWS
from tidegauge.sandbox.apiserver.schema import type_name, types
from tidegauge.sandbox.apiserver.wire import FILE

# What requests hold besides the kinds that are stored and the reviews.
_OTHERS = ("authentication.v1.TokenRequest", "autoscaling.v1.Scale", "meta.v1.DeleteOptions")

# Package in the .proto files, name in our table, file within the Go module cache.
_SOURCES = {
    "k8s.io.api.apps.v1": ("apps.v1", "api", "apps/v1"),
    "k8s.io.api.authentication.v1": ("authentication.v1", "api", "authentication/v1"),
    "k8s.io.api.authorization.v1": ("authorization.v1", "api", "authorization/v1"),
    "k8s.io.api.autoscaling.v1": ("autoscaling.v1", "api", "autoscaling/v1"),
    "k8s.io.api.autoscaling.v2": ("autoscaling.v2", "api", "autoscaling/v2"),
    "k8s.io.api.coordination.v1": ("coordination.v1", "api", "coordination/v1"),
    "k8s.io.api.core.v1": ("core.v1", "api", "core/v1"),
    "k8s.io.api.events.v1": ("events.v1", "api", "events/v1"),
    "k8s.io.apimachinery.pkg.api.resource": ("resource", "apimachinery", "pkg/api/resource"),
    "k8s.io.apimachinery.pkg.apis.meta.v1": ("meta.v1", "apimachinery", "pkg/apis/meta/v1"),
    "k8s.io.apimachinery.pkg.runtime": ("runtime", "apimachinery", "pkg/runtime"),
    "k8s.io.apimachinery.pkg.util.intstr": ("intstr", "apimachinery", "pkg/util/intstr"),
    "k8s.io.kube_aggregator.pkg.apis.apiregistration.v1": (
        "apiregistration.v1",
        "kube-aggregator",
        "pkg/apis/apiregistration/v1",
    ),
}
_MESSAGE = re.compile(r"^message (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(
    r"^  (optional|repeated|map<string, ([\w.]+)>) ?([\w.]*) (\w+) = (\d+);", re.MULTILINE
)

Messages = Mapping[str, list[tuple[int, str, str]]]


def messages(modules: Path, version: str = versions.KUBERNETES) -> Messages:
    """Number, name and type of the fields of all messages."""
    release = version.replace("v1.", "v0.", 1)
    found: dict[str, list[tuple[int, str, str]]] = {}
    for package, (short, module, folder) in _SOURCES.items():
        path = modules / "k8s.io" / f"{module}@{release}" / folder / "generated.proto"
        for message in _MESSAGE.finditer(path.read_text(encoding="utf-8")):
            found[f"{short}.{message[1]}"] = [
                (int(field[5]), field[4], _type(field, package))
                for field in _FIELD.finditer(message[2])
            ]
    return found


def _type(field: re.Match[str], package: str) -> str:
    if field[2]:
        return f"map[string]{_named(field[2], package)}"
    prefix = "[]" if field[1] == "repeated" else ""
    return prefix + _named(field[3], package)


def _named(name: str, package: str) -> str:
    """Short for a message's name, which stands alone within its own package."""
    name = name.removeprefix(".")
    home, _, kind = name.rpartition(".")
    if not home and name[0].islower():
        return name  # a scalar
    return f"{_SOURCES[home or package][0]}.{kind}"


def render(found: Messages) -> str:
    """The table of what requests may hold: the kinds, the reviews, and options of deletions."""
    reviews = {f"{group.partition('.')[0]}.v1.{kind}" for (group, _), kind in REVIEWS.items()}
    waiting = [*map(type_name, SERVED), *reviews, *_OTHERS]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += (_item(kind) for _, _, kind in found[name] if "." in kind)
    return "\n".join(line for name in sorted(reached) for line in _lines(name, found)) + "\n"


def _lines(name: str, found: Messages) -> Iterator[str]:
    yield name
    known = types().get(name)
    for number, field, kind in sorted(found[name]):
        # What JSON does not have is a Go struct inside another: its fields count as the outer's.
        inline = known is not None and field not in known and "." in kind
        yield f"  {number} {'+' if inline else field} {kind}"


def _item(kind: str) -> str:
    return kind.removeprefix("[]").removeprefix("map[string]")


def module_cache() -> Path:
    """Go's cache of modules, with those in it that have the .proto files."""
    binary = build.find("kube-apiserver", versions.KUBERNETES)
    build.ensure([binary])
    folder, env = build.module_folder(binary), build.go_environment(print)
    needed = sorted({f"k8s.io/{module}" for _, module, _ in _SOURCES.values()})
    subprocess.run(["go", "mod", "download", *needed], cwd=folder, env=env, check=True)
    command = ["go", "env", "GOMODCACHE"]
    shown = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return Path(shown.stdout.strip())


def main() -> None:
    FILE.write_text(render(messages(module_cache())))


if __name__ == "__main__":
    main()
