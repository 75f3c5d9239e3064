"""YAML as Kubernetes' tools read it: from text to nodes with their lines, and to values.

Unlike PyYAML's own: dates and 12:30 are texts, 5.0 is 5, keys are texts, merge keys and aliases
cannot blow up, and no depth of nesting ends the process.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

DEEPEST = 100
"""Levels of nesting; manifests have twenty, and the C parser's own limit is a crash."""

MOST_NODES = 5_000_000
"""Values of a document with its aliases written out: more than the largest file can hold."""

_MERGE = "tag:yaml.org,2002:merge"
_INT, _FLOAT, _TIME = (f"tag:yaml.org,2002:{name}" for name in ("int", "float", "timestamp"))

Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""In C where PyYAML was built with it: twenty times faster."""


class YamlError(Exception):
    """Text that is no YAML, or none that Kubernetes reads; with line and column from 1."""

    def __init__(self, problem: str, mark: Any) -> None:
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        super().__init__(f"{where}{problem}")
        self.line = mark.line + 1 if mark else 1


class _Loader(Base):  # type: ignore[misc]  # chosen at run time
    """Only its resolver differs."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] not in (_TIME, _INT)]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    _INT,
    re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)\Z"),
    list("-+0123456789"),
)


def nodes(text: str) -> Iterator[yaml.Node]:
    """The documents, but empty ones. Raises YamlError."""
    try:
        _check_depth(text)
        yield from filter(None, yaml.compose_all(text, _Loader))
    except yaml.MarkedYAMLError as error:
        problem = " ".join(filter(None, (error.context, error.problem)))
        raise YamlError(problem, error.problem_mark or error.context_mark) from error
    except yaml.YAMLError as error:  # characters that may not be in YAML
        raise YamlError(str(error).splitlines()[0], None) from error


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Base):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise YamlError(f"nested deeper than {DEEPEST} levels", event.start_mark)


class Values:
    """The values of one document's nodes, each made once and shared where it is aliased."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Any, int]] = {}
        self._open: set[int] = set()
        self._scalars = yaml.SafeLoader("")

    def of(self, node: yaml.Node) -> Any:
        """Plain dicts, lists, texts, numbers. Raises YamlError."""
        return self._value(node)[0]

    def _value(self, node: yaml.Node) -> tuple[Any, int]:
        """The value, and of how many it is made when aliases are written out."""
        if id(node) not in self._made:
            if id(node) in self._open:
                raise YamlError("an alias that contains itself", node.start_mark)
            self._open.add(id(node))
            self._made[id(node)] = made = self._make(node)
            if made[1] > MOST_NODES:
                raise YamlError(f"aliases make more than {MOST_NODES} values", node.start_mark)
            self._open.remove(id(node))
        return self._made[id(node)]

    def _make(self, node: yaml.Node) -> tuple[Any, int]:
        if isinstance(node, yaml.SequenceNode):
            made = [self._value(each) for each in node.value]
            return [value for value, _ in made], 1 + sum(size for _, size in made)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        return self._scalar(node), 1

    def _mapping(self, node: yaml.MappingNode) -> tuple[dict[str, Any], int]:
        """Own keys win over merged ones, and among merged ones the first."""
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        total = 1
        for key, value in node.value:
            made, size = self._value(value)
            total += size
            if key.tag == _MERGE:
                for each in reversed(made if isinstance(made, list) else [made]):
                    if not isinstance(each, dict):
                        raise YamlError("a merge key needs a mapping", key.start_mark)
                    merged |= each
            elif isinstance(key, yaml.ScalarNode):
                own[key.value] = made
            else:
                raise YamlError("a key that is no text", key.start_mark)
        return {**merged, **own}, total

    def _scalar(self, node: yaml.Node) -> Any:
        try:
            value = self._scalars.construct_object(node)
        except (ValueError, yaml.YAMLError) as error:
            raise YamlError(f"{node.value!r} cannot be read: {error}", node.start_mark) from error
        whole = isinstance(value, float) and value.is_integer()
        return int(value) if whole else value


def twice(node: yaml.Node, path: str = "") -> Iterator[tuple[str, int]]:
    """Paths of keys that a mapping has twice, with the line of the second, from 1."""
    seen: set[int] = set()
    waiting = [(node, path)]
    while waiting:
        node, path = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += [(each, f"{path}[{i}]") for i, each in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                below = f"{path}.{key.value}" if path else str(key.value)
                if key.tag != _MERGE and str(key.value) in keys:
                    yield below, key.start_mark.line + 1
                keys.add(str(key.value))
                waiting.append((value, below))
