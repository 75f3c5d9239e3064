"""Story files: found, read, and checked, with every problem named by file and field."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tidegauge.sandbox.simulation import story as form
from tidegauge.sandbox.simulation.story import Load, Story, Workload

DEFAULT = "shop-day"
_BASE = "cluster"
"""What every cluster runs for itself; told in the same form, not a story to choose."""

_SHIPPED = files("tidegauge.sandbox.simulation") / "stories"


class StoryError(Exception):
    """A story can't be told as it is written; each line names file, field and remedy."""


def names() -> list[str]:
    """The stories that ship with the program."""
    stems = (entry.name.removesuffix(".yaml") for entry in _SHIPPED.iterdir())
    return sorted(stem for stem in stems if stem != _BASE and not stem.startswith("_"))


def shipped(name: str) -> Story:
    """A story that ships with the program. Raises StoryError when there is none of that name."""
    if name not in names():
        raise StoryError(f"no story is called {name!r}; there are {', '.join(names())}")
    return _read(name)


def base() -> Story:
    return _read(_BASE)


def load(path: Path) -> Story:
    """A story of the user's own. Raises StoryError."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise StoryError(f"{path}: can't be read: {error}") from error
    return parse(str(path), text)


def parse(file: str, text: str) -> Story:
    """A story from its text; `file` is what problems name. Raises StoryError."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise StoryError(f"{file}: is not YAML: {error}") from error
    try:
        story = form.convert(document)
    except msgspec.ValidationError as error:
        raise StoryError(f"{file}: {_explain(document, error)}") from error
    if problems := [f"{file}: {problem}" for problem in _problems(story)]:
        raise StoryError("\n".join(problems))
    return story


def _read(name: str) -> Story:
    return parse(f"{name}.yaml", (_SHIPPED / f"{name}.yaml").read_text())


def _explain(document: Any, error: msgspec.ValidationError) -> str:
    """What msgspec says, with the field first, and the name of an image where it has none."""
    message, _, path = str(error).partition(" - at ")
    field = path.rpartition("$")[2].rstrip("`").lstrip(".") or "the top level"
    if field.startswith("images[...]"):
        field = field.replace("[...]", f".{_bad_image(document['images'])}", 1)
    return f"{field}: {message}; the shipped stories show the form"


def _bad_image(images: dict[str, Any]) -> str:
    for name, image in images.items():
        try:
            form.convert({"title": "", "images": {name: image}})
        except msgspec.ValidationError:
            return str(name)
    return "*"


def _problems(story: Story) -> Iterator[str]:
    keys = [workload.key for workload in story.workloads]
    for index, workload in enumerate(story.workloads):
        field = f"workloads[{index}]"
        if keys.index(workload.key) != index:
            yield f"{field}.name: {workload.key} is there twice; give each its own name"
        yield from _of_workload(story, workload, field)
    for index, load_ in enumerate(story.load):
        yield from _of_load(load_, keys, f"load[{index}]")
        if load_.to in [each.to for each in story.load[:index]]:
            yield f"load[{index}].to: {load_.to} has a load already; put both into one"
    for index, change in enumerate(story.changes):
        field = f"changes[{index}]"
        if change.to not in keys:
            yield _unknown(f"{field}.to", change.to, keys)
        if change.image is None and change.replicas is None:
            yield f"{field}: changes nothing; give it an image or a number of replicas"
        if change.image is not None and change.image not in story.images:
            yield _unknown(f"{field}.image", change.image, story.images)


def _of_workload(story: Story, workload: Workload, field: str) -> Iterator[str]:
    if not workload.containers:
        yield f"{field}.containers: a pod needs at least one; name it and its image"
    if workload.replicas < 0:
        yield f"{field}.replicas: {workload.replicas} is negative; use 0 for none"
    for part in ("containers", "init", "sidecars"):
        for number, container in enumerate(getattr(workload, part)):
            if container.image not in story.images:
                yield _unknown(f"{field}.{part}[{number}].image", container.image, story.images)
    limits = {"maxSurge": workload.max_surge, "maxUnavailable": workload.max_unavailable}
    for name, value in limits.items():
        if not _is_count_or_percent(value):
            yield f"{field}.{name}: must be a number of pods or a percentage such as 25%"


def _of_load(load_: Load, keys: list[str], field: str) -> Iterator[str]:
    if load_.to not in keys:
        yield _unknown(f"{field}.to", load_.to, keys)
    if load_.work <= 0:
        yield f"{field}.work: a request must cost some CPU time, as 12ms"
    if not 0 <= load_.noise <= 1:
        yield f"{field}.noise: {load_.noise:g} is not a share between 0 and 1"
    if load_.rate < 0 or any(step.rate < 0 for step in load_.steps):
        yield f"{field}.rate: is negative; use 0 for no requests"
    if load_.wave and load_.wave.period <= 0:
        yield f"{field}.wave.period: must be longer than nothing, as 24h"


def _unknown(field: str, name: str, known: Any) -> str:
    return f"{field}: {name!r} is not in this story; it has {', '.join(sorted(known)) or 'none'}"


def _is_count_or_percent(value: int | str) -> bool:
    if isinstance(value, int):
        return value >= 0
    return value.endswith("%") and value[:-1].isdigit()
