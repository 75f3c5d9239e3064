"""How many entries each table of the server holds, found by walking through its objects."""

import gc
import sys
from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from types import FunctionType, MethodType
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


def cached() -> Counter[str]:
    """Entries of the caches of functions."""
    modules = [
        (name, module) for name, module in sys.modules.items() if name.startswith("tidegauge")
    ]
    functions = {
        f"{value.__module__}.{value.__qualname__}": value
        for _, module in modules
        for value in vars(module).values()
        if hasattr(value, "cache_info")
    }
    return Counter({name: each.cache_info().currsize for name, each in functions.items()})


def types() -> Counter[str]:
    """Objects by type: those that the collector knows, and what these refer to."""
    tracked = gc.get_objects()
    known = {id(each): type(each).__qualname__ for each in tracked}
    for each in tracked:
        known.update((id(inner), type(inner).__qualname__) for inner in gc.get_referents(each))
    return Counter(known.values())


def _inside(item: Any) -> Iterator[tuple[str, Any]]:
    """What is held, with the table's name where a new one begins."""
    if isinstance(item, dict):
        yield from (("", inner) for pair in item.items() for inner in pair)
    elif isinstance(item, _SEQUENCES):
        yield from (("", inner) for inner in item)
    elif isinstance(item, MethodType):
        yield "", item.__self__
    elif isinstance(item, FunctionType):
        yield from (("", cell.cell_contents) for cell in item.__closure__ or ())
    elif type(item).__module__.startswith(_OURS):
        for attribute in _attributes(item):
            if (inner := getattr(item, attribute, None)) is not None:
                # Shared by all censuses: counting must not add to what is counted.
                yield sys.intern(f"{type(item).__name__}.{attribute}"), inner


def _attributes(item: Any) -> Iterable[str]:
    slots = [slot for kind in type(item).__mro__ for slot in getattr(kind, "__slots__", ()) or ()]
    return [*getattr(item, "__dict__", ()), *slots, *getattr(item, "__struct_fields__", ())]
