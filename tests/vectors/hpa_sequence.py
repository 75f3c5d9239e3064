"""Reconciles in a row: status and memory are carried from each to the next."""

from collections.abc import Iterator
from typing import Any

from tests.vectors import hpa_input, hpa_output
from tests.vectors.hpa_cluster import ScriptedScale
from tests.vectors.verdict import Verdict
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.status import Status


def check(vector: dict[str, Any]) -> Verdict:
    verdict = Verdict()
    expected, got = vector["expect"]["steps"], list(_steps(vector["input"]))
    verdict.compare("steps", hpa_output.comparable(expected), hpa_output.comparable(got))
    return verdict


def _steps(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The clock shows the seconds since the first step."""
    status, memory, spec = Status(), Memory(), given["hpa_spec"]
    for step in given["steps"]:
        spec = step.get("hpa_spec", spec)  # an edited one stays in force
        scale = ScriptedScale(step["scale"])
        situation = hpa_input.situation(
            {**given, **step, "hpa_spec": spec},
            scale.find(),
            status=status,
            memory=memory,
            now=step["time"],
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
