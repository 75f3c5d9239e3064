"""The fast parser of `/metrics/resource`: most bodies differ from the last in their numbers only.

So names are not read again: the key column of each figure is compared with the last one by a hash,
and the numbers go straight to their slots. When keys have changed, the names are read once. A body
that is not shaped as kubelets shape it goes to the careful parser, which defines what the answer
is: the two never differ.
"""

from array import array

from tidegauge.kubelet import careful
from tidegauge.kubelet.lines import IN_SECONDS, NANO
from tidegauge.kubelet.plans import Pick, Plan, lay_out, mark_of
from tidegauge.kubelet.samples import MISSING, Answer, Layout
from tidegauge.kubelet.series import LIMITS, Figure
from tidegauge.kubelet.tables import Table, UnfamiliarError, figure_blocks, milliseconds, table


def parse(body: bytes, received_ms: int, last: Layout | None) -> Answer:
    """Return what `body` says, whatever its bytes are; nothing is raised.

    `received_ms` is the time of the request, for lines without a stamp. `last` is the layout of the
    node's last answer: the new answer has that very object if its series are the same.
    """
    try:
        return _parse(body, received_ms, last)
    except (ValueError, OverflowError):  # unfamiliar, or no finite number
        return careful.parse(body, received_ms, last)


def _parse(body: bytes, received_ms: int, last: Layout | None) -> Answer:
    blocks = figure_blocks(body)
    start_mark = mark_of(blocks[Figure.START])
    plan = last.plan if last else None
    same_starts = plan is not None and plan.start_mark == start_mark
    tables = [table(block) for block in (blocks[: Figure.START] if same_starts else blocks)]
    if last and plan and plan.fits(tables):
        layout = last
    else:
        tables = [table(block) for block in blocks]
        layout, plan = lay_out(tables, last)
    answer = _answer(layout, plan, tables, received_ms)
    plan.start_mark, plan.starts = start_mark, answer.start
    return answer


def _answer(layout: Layout, plan: Plan, tables: list[Table], received_ms: int) -> Answer:
    def column(figure: Figure, kind: str, missing: int) -> "array[int]":
        return _in_slots(_numbers(tables[figure], figure), plan.columns[figure].pick, kind, missing)

    def stamps(figure: Figure) -> "array[int]":
        words = tables[figure]
        numbers = milliseconds(words.stamps) or [received_ms] * len(words.keys)
        return _in_slots(numbers, plan.columns[figure].pick, "q", MISSING)

    cpu, memory, swap, *start = tables
    cpu_stamp = stamps(Figure.CPU)
    for unkept in (swap, *start):  # their stamps, but good they must be
        if unkept.stamps not in (cpu.stamps, memory.stamps):
            milliseconds(unkept.stamps)
    return Answer(
        layout=layout,
        cpu=column(Figure.CPU, "Q", 0),
        cpu_stamp=cpu_stamp,
        memory=column(Figure.MEMORY, "Q", 0),
        memory_stamp=cpu_stamp[:] if plan.same_stamps(cpu, memory) else stamps(Figure.MEMORY),
        swap=column(Figure.SWAP, "q", MISSING),
        start=column(Figure.START, "q", 0) if start else plan.starts,
        whole=True,
    )


def _numbers(words: Table, figure: Figure) -> list[int]:
    if figure in IN_SECONDS:
        numbers = [int(float(value) * NANO) for value in words.values]
    else:
        numbers = [int(float(value)) for value in words.values]
    # The array would not see those of series that have no slot.
    if max(numbers, default=0) >= LIMITS[figure]:
        raise UnfamiliarError
    return numbers


def _in_slots(numbers: list[int], pick: Pick, kind: str, missing: int) -> "array[int]":
    numbers.append(missing)
    return array(kind, pick(numbers))
