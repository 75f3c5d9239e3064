"""The figures of a node's series as columns, one entry per slot of a layout: pure data."""

import math
from array import array
from dataclasses import dataclass

from tidegauge.kubelet.samples import MISSING, Answer, Layout
from tidegauge.usage.alignment import aligned, where

NEVER = math.inf
"""When a reading was taken that never was: so first sight is not mistaken for old age."""


@dataclass(slots=True)
class Columns:
    cpu: "array[int]"
    cpu_stamp: "array[int]"
    base_cpu: "array[int]"
    base_stamp: "array[int]"
    """Where the window begins; MISSING without an ordinary pair."""
    memory: "array[int]"
    memory_stamp: "array[int]"
    swap: "array[int]"
    start: "array[int]"
    taken: "array[float]"


def empty(slots: int) -> Columns:
    zeros, missing = array("Q", [0]) * slots, array("q", [MISSING]) * slots
    return Columns(
        cpu=zeros,
        cpu_stamp=missing,
        base_cpu=zeros,
        base_stamp=missing,
        memory=zeros,
        memory_stamp=missing,
        swap=missing,
        start=array("q", [0]) * slots,
        taken=array("d", [NEVER]) * slots,
    )


def columns_in(columns: Columns, slots: list[int]) -> Columns:
    return Columns(
        cpu=aligned(columns.cpu, slots, 0),
        cpu_stamp=aligned(columns.cpu_stamp, slots, MISSING),
        base_cpu=aligned(columns.base_cpu, slots, 0),
        base_stamp=aligned(columns.base_stamp, slots, MISSING),
        memory=aligned(columns.memory, slots, 0),
        memory_stamp=aligned(columns.memory_stamp, slots, MISSING),
        swap=aligned(columns.swap, slots, MISSING),
        start=aligned(columns.start, slots, 0),
        taken=array("d", [columns.taken[s] if s >= 0 else NEVER for s in slots]),
    )


def answer_in(layout: Layout, answer: Answer) -> Answer:
    slots = where(layout, answer.layout)
    return Answer(
        layout=layout,
        cpu=aligned(answer.cpu, slots, 0),
        cpu_stamp=aligned(answer.cpu_stamp, slots, MISSING),
        memory=aligned(answer.memory, slots, 0),
        memory_stamp=aligned(answer.memory_stamp, slots, MISSING),
        swap=aligned(answer.swap, slots, MISSING),
        start=aligned(answer.start, slots, 0),
        whole=answer.whole,
        bad_lines=answer.bad_lines,
        scrape_error=answer.scrape_error,
    )
