"""Answers in a form that tests can compare and print."""

from typing import Any, NamedTuple

from tidegauge.kubelet.samples import MISSING, Answer, Layout
from tidegauge.kubelet.series import NODE, SeriesKey


class Said(NamedTuple):
    """What an answer says of one series; None where it says nothing."""

    cpu: tuple[int, int] | None = None
    memory: tuple[int, int] | None = None
    swap: int | None = None
    start: int | None = None


def keys(layout: Layout) -> list[SeriesKey]:
    """The series of all slots, in order."""
    found = [NODE]
    for place, (namespace, pod) in enumerate(layout.pods):
        slots = range(layout.firsts[place], layout.firsts[place + 1])
        found += [(namespace, pod, layout.containers[slot]) for slot in slots]
    return found


def said(answer: Answer) -> dict[SeriesKey, Said]:
    """What the answer says, by series; slots of which it says nothing are left out."""
    rows = zip(
        keys(answer.layout),
        zip(answer.cpu, answer.cpu_stamp, strict=True),
        zip(answer.memory, answer.memory_stamp, strict=True),
        answer.swap,
        answer.start,
        strict=True,
    )
    told = {
        key: Said(
            cpu if cpu[1] != MISSING else None,
            memory if memory[1] != MISSING else None,
            swap if swap != MISSING else None,
            start or None,
        )
        for key, cpu, memory, swap, start in rows
    }
    return {key: one for key, one in told.items() if one != Said()}


def everything(answer: Answer) -> dict[str, Any]:
    """All fields of an answer, the layout as its names and each array with its kind."""
    arrays = ("cpu", "cpu_stamp", "memory", "memory_stamp", "swap", "start")
    columns = {name: getattr(answer, name) for name in arrays}
    layout = answer.layout
    return {
        "series": keys(layout),
        "index": dict(layout.index),
        **{name: (column.typecode, column.tolist()) for name, column in columns.items()},
        "whole": answer.whole,
        "bad_lines": answer.bad_lines,
        "scrape_error": answer.scrape_error,
    }
