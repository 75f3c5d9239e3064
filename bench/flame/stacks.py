"""Recorded stacks: read, and rid of what is no work."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

TRUNK = {"Handle._run", "BaseEventLoop._run_once"}
"""Whatever an event loop does stands below these."""

_LINE = re.compile(r"(?P<stack>.*) (?P<count>\d+)")
_FRAME = re.compile(r"(?P<name>.*?)(?: \((?P<file>[^()]*?)(?::\d+)?\))?")
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")


class BadStacksError(ValueError):
    """Names the file, and the line if it is about one."""


class Frame(NamedTuple):
    """A function, wherever in it the line was."""

    name: str
    file: str

    @classmethod
    def of(cls, words: str) -> "Frame":
        """From `name (file:line)`; what stands in parentheses may be missing."""
        found = _FRAME.fullmatch(words)
        assert found
        return cls(found["name"].replace(".<locals>", ""), found["file"] or "")

    @property
    def waits(self) -> bool:
        return self.name.endswith(".select") and self.file.endswith("selectors.py")


Stack = tuple[Frame, ...]
"""The outermost function first."""

Stacks = Counter[Stack]
"""How many samples each was seen in."""


class Profile(NamedTuple):
    """Stacks of work from below the event loop on, and how many samples were left out for what."""

    work: Stacks
    waiting: int
    torn: int


def read(lines: Iterable[str], source: str) -> Stacks:
    """Of lines `frame;frame;frame COUNT`; BadStacksError at any other, and if there is none."""
    stacks = Stacks()
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line.rstrip("\r\n"))
        if not found:
            raise BadStacksError(
                f"{source}: line {number} is no 'frame;frame;frame COUNT', as "
                f"`py-spy record --format raw` writes it: {line.rstrip()[:60]!r}"
            )
        stacks[_stack(found["stack"])] += int(found["count"])
    if not stacks:
        raise BadStacksError(f"{source}: empty; did py-spy record anything?")
    return stacks


def _stack(words: str) -> Stack:
    """Without comprehensions, which are no functions from Python 3.12 on."""
    frames = map(Frame.of, words.split(";"))
    return tuple(frame for frame in frames if not frame.name.endswith(_COMPREHENSIONS))


def profile(stacks: Stacks) -> Profile:
    """Tears apart work, waiting, and stacks that changed while they were read.

    Those lack their outer functions: they begin with one that elsewhere is called by others.
    """
    begun, inside = Counter[Frame](), Counter[Frame]()
    for stack, count in stacks.items():
        begun.update(dict.fromkeys(stack[:1], count))
        inside.update(dict.fromkeys(stack[1:], count))
    work, waiting, torn = Stacks(), 0, 0
    for stack, count in stacks.items():
        if not stack or not stack[0].name or inside[stack[0]] > begun[stack[0]]:
            torn += count
        elif stack[-1].waits:
            waiting += count
        else:
            work[_below_trunk(stack)] += count
    return Profile(work, waiting, torn)


def _below_trunk(stack: Stack) -> Stack:
    """Of the loop's own work its last function is left."""
    last = max((i for i, frame in enumerate(stack) if frame.name in TRUNK), default=-1)
    return stack[last + 1 :] or stack[last:]
