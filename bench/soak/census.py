"""How many entries each table of the server holds, found by walking through its objects."""

import sys
from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import CellType, FunctionType, MethodType
from typing import Any

from tidegauge.serving.caching import Remembered
from tidegauge.serving.selection import Selections

BOUNDED = (Remembered, Selections)
"""Hold as many answers as they may: what is in them is no leak. So are caches of functions."""

_OURS = ("tidegauge", "prometheus_client", "bench.soak.peers")
_SEQUENCES = (list, tuple, set, frozenset, deque)


def census(*roots: object) -> Counter[str]:
    """Entries by table, a table being an attribute of a class, such as `Store._nodes`.

    Tables within tables count for the outermost, and all instances of a class together.
    """
    found = Counter[str]()
    seen = set[int]()
    stack: list[tuple[str, Any]] = [("", root) for root in roots]
    while stack:
        name, item = stack.pop()
        if id(item) in seen or isinstance(item, (type, *BOUNDED)):
            continue
        seen.add(id(item))
        if isinstance(item, (dict, array, *_SEQUENCES)):
            found[name] += len(item)
        stack += ((inner_name or name, inner) for inner_name, inner in _inside(item))
    return +found


def _inside(item: Any) -> Iterator[tuple[str, Any]]:
    """What is held, with the table's name where a new one begins."""
    if isinstance(item, dict):
        yield from (("", inner) for pair in item.items() for inner in pair)
    elif isinstance(item, _SEQUENCES):
        yield from (("", inner) for inner in item)
    elif isinstance(item, MethodType):
        yield "", item.__self__
    elif isinstance(item, FunctionType):
        yield from (("", inner) for cell in item.__closure__ or () for inner in _held(cell))
    elif type(item).__module__.startswith(_OURS):
        for attribute in _attributes(item):
            if (inner := getattr(item, attribute, None)) is not None:
                # Shared by all censuses: counting must not add to what is counted.
                yield sys.intern(f"{type(item).__name__}.{attribute}"), inner


def _held(cell: CellType) -> Iterator[Any]:
    with suppress(ValueError):  # the variable is not set, or no longer
        yield cell.cell_contents


def _attributes(item: Any) -> Iterable[str]:
    slots = [slot for kind in type(item).__mro__ for slot in getattr(kind, "__slots__", ()) or ()]
    return [*getattr(item, "__dict__", ()), *slots, *getattr(item, "__struct_fields__", ())]
