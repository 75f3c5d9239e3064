"""Runs files of vectors and says how many passed."""

import gzip
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from tests.vectors import (
    decode,
    hpa_calculator,
    hpa_normalize,
    hpa_reconcile,
    hpa_sequence,
    quantity,
    rate,
    steady,
)
from tests.vectors.verdict import Verdict

Vector: TypeAlias = dict[str, Any]

FAMILIES: dict[str, Callable[[Vector], Verdict]] = {
    "calculator_external": hpa_calculator.check_external,
    "calculator_external_per_pod": hpa_calculator.check_external,
    "calculator_object": hpa_calculator.check_object,
    "calculator_object_per_pod": hpa_calculator.check_object,
    "calculator_pods": hpa_calculator.check_pods,
    "calculator_resource": hpa_calculator.check_resource,
    "decode": decode.check,
    "decode_odd": decode.check,
    "normalize": hpa_normalize.check,
    "normalize_with_behavior": hpa_normalize.check,
    "quantity": quantity.check,
    "rate": rate.check,
    "reconcile": hpa_reconcile.check,
    "sequence": hpa_sequence.check,
    "steady": steady.check,
}

SHOWN_VECTORS = 10
"""Failed vectors shown in full; the rest is only counted."""
SHOWN_DIFFERENCES = 5


def vectors(path: Path) -> Iterator[Vector]:
    """One JSON object a line, gzipped or not."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def check(vector: Vector) -> Verdict:
    """What became of one vector; an exception of ours fails it like a wrong answer."""
    verdict = Verdict()
    family = vector.get("family")
    if family not in FAMILIES:
        verdict.compare("family", f"one of {', '.join(sorted(FAMILIES))}", family)
        return verdict
    try:
        return FAMILIES[family](vector)
    except Exception as error:  # noqa: BLE001 a vector that crashes us is a finding, not the end
        verdict.compare("exception", None, repr(error))
        return verdict


def run(paths: Iterable[Path]) -> tuple[int, list[tuple[Vector, Verdict]], Verdict]:
    """How many vectors passed, those that failed, and the counts by rule of all."""
    passed, failed, total = 0, [], Verdict()
    for path in paths:
        for vector in vectors(path):
            verdict = check(vector)
            total.applied += verdict.applied
            total.differed += verdict.differed
            if verdict.differences:
                failed.append((vector, verdict))
            else:
                passed += 1
    return passed, failed, total


def main(arguments: list[str]) -> int:
    if not arguments:
        print("usage: python -m tests.vectors FILE...", file=sys.stderr)
        return 2
    try:
        passed, failed, total = run(map(Path, arguments))
    except (OSError, EOFError, ValueError) as error:
        print(f"cannot read the vectors: {error}", file=sys.stderr)
        return 2
    for vector, verdict in failed[:SHOWN_VECTORS]:
        _show(vector, verdict)
    if len(failed) > SHOWN_VECTORS:
        print(f"... and {len(failed) - SHOWN_VECTORS} more vectors that failed")
    _show_rules(total.applied, total.differed)
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


def _show(vector: Vector, verdict: Verdict) -> None:
    print(f"FAILED {vector.get('id')} {' '.join(vector.get('tags', []))}")
    for difference in verdict.differences[:SHOWN_DIFFERENCES]:
        print(f"  {difference}")
    more = len(verdict.differences) - SHOWN_DIFFERENCES
    if more > 0:
        print(f"  ... and {more} more differences")


def _show_rules(applied: Counter[str], differed: Counter[str]) -> None:
    if applied:
        print("Objects that a rule of ours may make different from the recording, by rule:")
    for rule in sorted(applied):
        print(f"  {rule}: {applied[rule]}, different: {differed[rule]}")
