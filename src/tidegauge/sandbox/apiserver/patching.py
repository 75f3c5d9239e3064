"""Patches of three kinds: merge (RFC 7386), JSON patch (RFC 6902), and Kubernetes' strategic merge.

Nothing that is handed in is changed; parts that stay the same are shared with the result.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tidegauge.sandbox.apiserver.schema import FREE, Field, Type, type_of

Json = Any


class PatchError(ValueError):
    """The patch can't be read."""


class UnfitPatchError(PatchError):
    """The patch does not fit the object: no such path, or a failed test."""


def merge(target: Json, patch: Json) -> Json:
    """Objects are merged, null removes, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def json_patch(document: Json, operations: Json) -> Json:
    """One operation after the other. Raises PatchError, UnfitPatchError."""
    if not isinstance(operations, list):
        raise PatchError("a JSON patch is a list of operations")
    for operation in operations:
        try:
            document = _operate(document, operation)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, PatchError):
                raise
            raise UnfitPatchError(f"{operation}: no such path: {error}") from error
    return document


def _operate(document: Json, operation: Mapping[str, Json]) -> Json:
    path = _pointer(operation["path"])
    match operation["op"]:
        case "add":
            return _put(document, path, operation["value"], insert=True)
        case "remove":
            return _remove(document, path)
        case "replace":
            _look_up(document, path)
            return _put(document, path, operation["value"], insert=False)
        case "test":
            if _look_up(document, path) != operation["value"]:
                raise UnfitPatchError(f"testing value {operation['path']} failed: test failed")
            return document
        case "move" | "copy" as act:
            source = _pointer(operation["from"])
            value = _look_up(document, source)
            left = _remove(document, source) if act == "move" else document
            return _put(left, path, value, insert=True)
        case other:
            raise PatchError(f"unexpected kind of operation: {other}")


def _pointer(text: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _look_up(document: Json, path: Sequence[str]) -> Json:
    for part in path:
        document = document[_index(document, part)]
    return document


def _index(container: Json, part: str) -> Any:
    if isinstance(container, list):
        return len(container) if part == "-" else int(part)
    return part


def _put(document: Json, path: Sequence[str], value: Json, *, insert: bool) -> Json:
    if not path:
        return value
    copy = document.copy()
    index = _index(copy, path[0])
    if len(path) > 1:
        copy[index] = _put(copy[index], path[1:], value, insert=insert)
    elif insert and isinstance(copy, list):
        if index > len(copy):
            raise IndexError(index)
        copy.insert(index, value)
    else:
        copy[index] = value
    return copy


def _remove(document: Json, path: Sequence[str]) -> Json:
    copy = document.copy()
    index = _index(copy, path[0])
    if len(path) > 1:
        copy[index] = _remove(copy[index], path[1:])
    else:
        del copy[index]
    return copy


_PATCH = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_REMOVE = "$deleteFromPrimitiveList/"
"""Directives that kubectl puts between the fields of a strategic merge patch."""


def strategic(original: Json, patch: Json, fields: Type) -> Json:
    """Merge objects, and lists by the keys that their fields say. Raises PatchError."""
    if not isinstance(patch, dict):
        return patch
    directive = patch.get(_PATCH)
    if directive == "delete":
        return {}
    kept = {} if directive == "replace" or not isinstance(original, dict) else dict(original)
    if _RETAIN in patch:
        kept = {key: value for key, value in kept.items() if key in patch[_RETAIN]}
    for key, value in patch.items():
        if key.startswith(_REMOVE):
            _remove_values(kept, key.removeprefix(_REMOVE), value)
        elif key.startswith("$"):
            continue
        elif value is None:
            kept.pop(key, None)
        else:
            kept[key] = _merged(kept.get(key), value, fields.get(key))
    for key, order in patch.items():
        name = key.removeprefix(_ORDER)
        if name != key and isinstance(kept.get(name), list):
            field = fields.get(name)
            server = [] if original is None else original.get(name) or []
            kept[name] = _ordered(kept[name], order, server, field.merge_key if field else None)
    return kept


def _merged(original: Json, value: Json, field: Field | None) -> Json:
    if isinstance(value, dict):
        return strategic(original, value, type_of(field.item) if field else FREE)
    if isinstance(value, list) and field and field.merge_key is not None:
        return _merge_list(original or [], value, field)
    return value


def _merge_list(original: list[Json], items: list[Json], field: Field) -> list[Json]:
    key = field.merge_key
    if not key:
        return [*original, *(item for item in items if item not in original)]
    if {_PATCH: "replace"} in items:
        return [item for item in items if item != {_PATCH: "replace"}]
    merged = list(original)
    for item in items:
        if not isinstance(item, dict) or key not in item:
            raise PatchError(f"map: {item} does not contain declared merge key: {key}")
        places = [n for n, old in enumerate(merged) if old.get(key) == item[key]]
        if item.get(_PATCH) == "delete":
            merged = [old for n, old in enumerate(merged) if n not in places]
        elif places:
            merged[places[0]] = strategic(merged[places[0]], item, type_of(field.item))
        else:
            merged.append(strategic({}, item, type_of(field.item)))
    return _ordered(merged, items, original, key)


def _remove_values(kept: dict[str, Json], name: str, values: list[Json]) -> None:
    kept[name] = [value for value in kept.get(name) or [] if value not in values]


def _ordered(
    items: list[Json], first: list[Json], server: list[Json], key: str | None
) -> list[Json]:
    """The patch's items in its order; between them the others, where the server had them.

    An other one comes first only if it stood before the next of the patch's, which has to have
    been there.
    """

    def name(item: Json) -> str:
        return str(item.get(key) if key and isinstance(item, dict) else item)

    wanted = [name(item) for item in first]
    places = {name(item): place for place, item in enumerate(server)}
    named = sorted((i for i in items if name(i) in wanted), key=lambda i: wanted.index(name(i)))
    others = [item for item in items if name(item) not in wanted]
    ordered: list[Json] = []
    for item in named:
        place = places.get(name(item), -1)
        while others and places.get(name(others[0]), 0) < place:
            ordered.append(others.pop(0))
        ordered.append(item)
    return [*ordered, *others]
