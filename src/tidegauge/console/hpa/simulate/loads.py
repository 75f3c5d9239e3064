"""`tidegauge hpa loads`: makes loads to try an HPA with."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

from tidegauge.autoscale.replay.generators import GENERATORS, Shape, generate, lines
from tidegauge.console import goflags
from tidegauge.console.commandline import flag_faults, values, vocabulary
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.exits import Exit
from tidegauge.console.kinds import DURATION, INTEGER, NUMBER, SWITCH
from tidegauge.console.refusing import refuse
from tidegauge.console.wording import explained

_refuse = partial(refuse, "hpa loads")

_GENERATORS = "\n".join(f"  {name:<10}{one.meaning}" for name, one in GENERATORS.items())

_USAGE = f"""\
Make a load to try an HPA with, as CSV: time in seconds and requests per second.

Usage:
  tidegauge hpa loads GENERATOR [flags] > load.csv

Generators:
{_GENERATORS}

Examples:
  tidegauge hpa loads daily --base=50 --peak=800 > load.csv
  tidegauge hpa loads flash --peak=2000 --period=20m --seed=7 > load.csv
  tidegauge hpa loads steps | tidegauge hpa simulate -f hpa.yaml --load=-

Exit codes: 0 when it was made; 2 for flags that can't be used; 70 for a bug.
"""

_MOST_ROWS = 1_000_000
"""Some 15 MB; more rows than that no simulation takes."""


@dataclass(frozen=True, kw_only=True)
class LoadsOptions:
    """What the flags say."""

    title: ClassVar = "Flags"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False
    base: Annotated[
        float, Flag(NUMBER, "Requests per second between the peaks.", at_least=0, at_most=1e9)
    ] = 50.0
    peak: Annotated[
        float, Flag(NUMBER, "Requests per second at the highest.", at_least=0, at_most=1e9)
    ] = 500.0
    period: Annotated[
        float | None,
        Flag(DURATION, "Of what repeats, or of a step.", at_least=1, default="what suits it"),
    ] = None
    for_: Annotated[
        float | None,
        Flag(DURATION, "How long it lasts.", at_least=1, default="what suits it"),
    ] = None
    every: Annotated[
        float | None,
        Flag(DURATION, "Between two rows.", at_least=1, default="what suits it"),
    ] = None
    noise: Annotated[
        float | None,
        Flag(
            NUMBER,
            "Standard deviation around the shape, as a part of it.",
            at_least=0,
            at_most=10,
            default="what suits it",
        ),
    ] = None
    seed: Annotated[int, Flag(INTEGER, "The same seed gives the same noise.")] = 1


FLAGS = declare((LoadsOptions,))


def loads(arguments: Sequence[str]) -> int:
    """Write the load to the standard output; the exit code."""
    given = goflags.read(arguments, vocabulary(FLAGS, words=1))
    name = "".join(given.words)
    read, unreadable = values(given.texts, FLAGS)
    options = LoadsOptions(**read)
    if options.help:
        sys.stdout.write(_USAGE + explained(FLAGS))
        return Exit.FINE
    if problems := [*given.problems, *unreadable, *_problems(name, options, read)]:
        return _refuse(problems)
    sys.stdout.writelines(line + "\n" for line in lines(generate(name, _shape(name, options))))
    return Exit.FINE


def _shape(name: str, options: LoadsOptions) -> Shape:
    suits = GENERATORS[name]
    period = suits.period if options.period is None else options.period
    lasting = suits.lasting * period / suits.period
    return Shape(
        base=options.base,
        peak=options.peak,
        period=period,
        lasting=lasting if options.for_ is None else options.for_,
        every=suits.every if options.every is None else options.every,
        noise=suits.noise if options.noise is None else options.noise,
        seed=options.seed,
    )


def _problems(name: str, options: LoadsOptions, read: Mapping[str, Any]) -> Iterator[str]:
    wrong = list(flag_faults(FLAGS, read))
    yield from wrong
    if name not in GENERATORS:
        known = ", ".join(GENERATORS)
        yield f"{name!r} is no generator: give one of {known}" if name else f"give one of {known}"
        return
    shape = _shape(name, options)
    if not wrong and shape.lasting > _MOST_ROWS * shape.every:
        yield f"--for, --every: more than {_MOST_ROWS} rows: make it shorter, or rows rarer"
