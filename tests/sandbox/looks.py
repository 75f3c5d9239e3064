"""A node with two pods, for tests of what is written about it."""

from dataclasses import replace

from tidegauge.sandbox.records import (
    Container,
    FileSystem,
    Interface,
    Memory,
    Node,
    Pod,
    Pressure,
    Pressures,
    Stalls,
    Usage,
)

PRESSURES = Pressures(Pressure(0.12, 0.08, 0.05, 51_823_000))


def usage(time: float, cpu: int, working_set: int, **more) -> Usage:
    return Usage(time, cpu, Memory(working_set * 2, working_set, working_set // 2, 9, 1), **more)


def node(**changes) -> Node:
    """A look at a node with swap, of a second ago."""
    app = Container(
        "app",
        1_786_510_120.3148203,
        usage(
            1_786_600_015.123, 1_843_218_745_000, 156_721_152, swap=4_194_304, swap_limit=1 << 26
        ),
    )
    alone = usage(1_786_600_012.871, 412_906_113_000, 21_413_888)
    return replace(
        Node(
            name="node-a",
            start=1_786_000_000,
            usage=usage(
                1_786_600_011.64,
                98_213_553_207_000,
                2_381_434_880,
                swap=4_194_304,
                stalls=Stalls(PRESSURES, None, PRESSURES),
                processes=812,
            ),
            memory_capacity=8 << 30,
            swap_capacity=1 << 30,
            pods=(
                Pod(
                    "system",
                    "ssh",
                    "uid-1",
                    1_786_380_102,
                    alone,
                    (Container("service", 1_786_380_102.7410254, alone),),
                ),
                Pod(
                    "shop",
                    "web",
                    "uid-2",
                    1_786_510_119,
                    usage(1_786_600_013.777, 2_051_093_117_000, 190_566_400, swap=4_194_304),
                    (app,),
                ),
            ),
            interfaces=(Interface("wg0", 1, 0, 2, 0), Interface("eth0", 100, 0, 200, 0)),
            file_system=FileSystem(10, 30, 18, 5, 9),
            most_processes=4_194_304,
        ),
        **changes,
    )
