"""The fast parser of `/metrics/resource`: most bodies differ from the last one in their numbers only.

So names are not read again: the key column of each family is compared with the last one by its hash,
and the numbers go straight to their slots. A body whose keys changed has its names read once. One that
is not shaped as kubelets shape it goes to the careful parser, which defines what the answer is: the
two never differ.
"""

from array import array
from collections.abc import Sequence

from tidegauge.kubelet import careful
from tidegauge.kubelet.lines import NANO
from tidegauge.kubelet.plans import Plan, lay_out, mark_of
from tidegauge.kubelet.samples import MISSING, Answer, Layout
from tidegauge.kubelet.series import Figure
from tidegauge.kubelet.tables import Table, figure_blocks, milliseconds, table


def parse(body: bytes, received_ms: int, last: Layout | None) -> Answer:
    """Return what `body` says, whatever its bytes are; nothing is raised.

    `received_ms` is the time of the request, for lines without a stamp. `last` is the layout of the
    node's last answer: the new answer has that very object if its series are the same.
    """
    try:
        return _parse(body, received_ms, last)
    except (ValueError, OverflowError):  # unfamiliar, or no number, or none that fits the array
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
    def column(figure: Figure, kind: str, numbers: list[int], missing: int) -> "array[int]":
        numbers.append(missing)
        return array(kind, plan.columns[figure].pick(numbers))

    def stamps(figure: Figure) -> "array[int]":
        keys, _, words = tables[figure]
        numbers = milliseconds(words) or [received_ms] * len(keys)
        return column(figure, "q", numbers, MISSING)

    cpu, memory, swap, *start = tables
    cpu_stamp = stamps(Figure.CPU)
    for unkept in (swap, *start):  # their stamps, but good they must be
        if unkept.stamps not in (cpu.stamps, memory.stamps):
            milliseconds(unkept.stamps)
    return Answer(
        layout=layout,
        cpu=column(Figure.CPU, "Q", _nanoseconds(cpu), 0),
        cpu_stamp=cpu_stamp,
        memory=column(Figure.MEMORY, "Q", _bytes(memory), 0),
        memory_stamp=cpu_stamp[:] if plan.same_stamps(cpu, memory) else stamps(Figure.MEMORY),
        swap=column(Figure.SWAP, "q", _bytes(swap), MISSING),
        start=column(Figure.START, "q", _nanoseconds(*start), 0) if start else plan.starts,
        whole=True,
    )


def _nanoseconds(seconds: Table) -> list[int]:
    return [int(float(word) * NANO) for word in seconds.values]


def _bytes(amounts: Table) -> list[int]:
    return [int(float(word)) for word in amounts.values]
