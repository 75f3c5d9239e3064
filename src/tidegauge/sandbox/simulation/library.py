"""Story files: found, read, and checked, with every problem named by file and field."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tidegauge.sandbox.simulation import story as form
from tidegauge.sandbox.simulation.checking import problems
from tidegauge.sandbox.simulation.story import Story

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
    if found := [f"{file}: {problem}" for problem in problems(story)]:
        raise StoryError("\n".join(found))
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
