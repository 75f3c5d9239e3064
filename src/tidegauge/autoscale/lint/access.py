"""Reading JSON of which nothing is sure: other people's manifests."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def at(value: Any, path: str) -> Any:
    """What stands at dotted keys; None where anything on the way is missing or no mapping."""
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def mapping_at(value: Any, path: str) -> Json:
    """As `at`; empty where there is no mapping."""
    found = at(value, path)
    return found if isinstance(found, Mapping) else {}


def objects_at(value: Any, path: str) -> list[Json]:
    """The mappings of a list, which is empty where there is none."""
    found = at(value, path)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def text_at(value: Any, path: str) -> str:
    """As `at`; empty where there is no text."""
    found = at(value, path)
    return found if isinstance(found, str) else ""


def integer_at(value: Any, path: str) -> int | None:
    """As `at`; None where there is no integer."""
    found = at(value, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def texts_at(value: Any, path: str) -> dict[str, str]:
    """A mapping of texts, such as labels; what is none is left out."""
    return {key: text for key, text in mapping_at(value, path).items() if isinstance(text, str)}


def is_kept(manifest: Json) -> bool:
    """Whether an API server has it: then it is no more just what somebody wrote."""
    return bool(text_at(manifest, "metadata.uid"))
