"""What was run: the specs, the workload, what was assumed, and in what the runs differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from tidegauge.autoscale.replay.result import Run
from tidegauge.console.hpa.page.markup import Markup, element, joined, text
from tidegauge.console.hpa.page.shapes import LETTERS

_FEW = 6
"""Differences that are shown unasked."""


def setup(runs: Sequence[Run]) -> Markup:
    """The settings of each run, whole."""
    title = element("h2", text("What was run"))
    return element("section", title, *(_whole(run, named=len(runs) > 1) for run in runs))


def _whole(run: Run, *, named: bool) -> Markup:
    assumed = (element("li", text(each)) for each in run.assumptions)
    blocks = [_yaml("spec", run.spec), *([_yaml("workload", run.workload)] if run.workload else [])]
    return joined(
        *([element("h3", text(run.name))] if named else []),
        *([element("ul", *assumed)] if run.assumptions else []),
        element("div", *blocks, class_="blocks"),
    )


def _yaml(name: str, value: Mapping[str, Any]) -> Markup:
    return element("pre", text(yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True)))


def differences(runs: Sequence[Run]) -> Markup:
    """Every field of spec and workload that is not the same in all."""
    sides = [dict(_leaves({"spec": run.spec, "workload": run.workload or {}})) for run in runs]
    every = dict.fromkeys(field for side in sides for field in side)
    fields = [field for field in every if any(_differs(field, sides[0], side) for side in sides)]
    if not fields:
        return element("p", text("Their settings are the same."))
    heads = (element("th", text(each), scope="col") for each in ("field", *LETTERS[: len(runs)]))
    rows = (_row(field, [side.get(field) for side in sides]) for field in fields)
    head = element("thead", element("tr", *heads))
    table = element("table", head, element("tbody", *rows))
    summary = element("summary", text(f"In what they differ ({len(fields)})"))
    shown = "" if len(fields) <= _FEW else None
    return element("details", summary, element("div", table, class_="scroll"), open=shown)


def _differs(field: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.get(field) != other.get(field)


def _row(field: str, values: Sequence[Any]) -> Markup:
    head = element("th", text(field), scope="row")
    return element("tr", head, *(element("td", text(_written(value))) for value in values))


def _written(value: Any) -> str:
    return "\N{EN DASH}" if value is None else str(value)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value with its path, as `spec.metrics[0].type`."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _leaves(each, f"{path}[{place}]")
    else:
        yield path, value
