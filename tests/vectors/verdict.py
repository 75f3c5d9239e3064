"""What became of one vector."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    path: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected!r}, got {self.got!r}"


@dataclass
class Verdict:
    """No differences: the vector has passed.

    `applied` counts the objects that a rule of ours may make different from the recording, by rule;
    `differed` those of them that did come out different.
    """

    differences: list[Difference] = field(default_factory=list)
    applied: Counter[str] = field(default_factory=Counter)
    differed: Counter[str] = field(default_factory=Counter)

    def compare(self, path: str, expected: Any, got: Any) -> None:
        self.differences.extend(differences(path, expected, got))

    def compare_unless(self, rules: set[str], path: str, expected: Any, got: Any) -> None:
        """Equal is required unless one of `rules` applies; what those do is counted."""
        found = list(differences(path, expected, got))
        if rules:
            self.applied.update(rules)
            if found:
                self.differed.update(rules)
        else:
            self.differences.extend(found)


def differences(path: str, expected: Any, got: Any) -> Iterator[Difference]:
    """Field by field."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in [*expected, *(key for key in got if key not in expected)]:
            yield from differences(f"{path}.{key}", expected.get(key, ABSENT), got.get(key, ABSENT))
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for i, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from differences(f"{path}[{i}]", one, other)
    elif expected != got:
        yield Difference(path, expected, got)
