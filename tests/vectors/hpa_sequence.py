"""Reconciles in a row: status and memory are carried from each to the next."""

from collections.abc import Iterator
from typing import Any

from tests.vectors import hpa_input, hpa_output
from tests.vectors.hpa_cluster import ScriptedScale
from tests.vectors.hpa_reconcile import trimmed
from tests.vectors.verdict import Verdict
from tidegauge.autoscale.memory import Memory
from tidegauge.autoscale.status import Status


def check(vector: dict[str, Any]) -> Verdict:
    verdict = Verdict()
    verdict.compare(
        "steps", trimmed(vector["expect"]["steps"]), trimmed(list(_steps(vector["input"])))
    )
    return verdict


def _steps(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The clock shows the seconds since the first step."""
    status, memory = Status(), Memory()
    for step in given["steps"]:
        given = {**given, **step}  # an edited spec stays in force
        scale = ScriptedScale(step["scale"])
        situation = hpa_input.situation(
            given, scale.find(), status=status, memory=memory, now=step["time"]
        )
        decision, scaled_to = scale.follow(situation)
        outcome = decision.outcome
        status, memory = outcome.status, outcome.memory
        shown = hpa_output.status(status)
        yield {
            "desired_replicas": status.desired_replicas,
            "current_replicas": status.current_replicas,
            "scaled_to": scaled_to,
            "status_written": outcome.write,
            "current_metrics": shown["current_metrics"],
            "conditions": shown["conditions"],
            "last_scale_time": status.last_scale_time,
            "events": hpa_output.events((*outcome.events, *outcome.late_events)),
            "error": outcome.error,
            **hpa_output.memory(memory, situation.now),
        }
