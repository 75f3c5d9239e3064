"""One reconcile."""

from typing import Any

from tests.vectors import hpa_input, hpa_output
from tests.vectors.hpa_cluster import ScriptedScale
from tests.vectors.verdict import Verdict
from tidegauge.autoscale.engine.decision import Decision, Outcome
from tidegauge.autoscale.engine.situation import Situation


def check(vector: dict[str, Any]) -> Verdict:
    given = vector["input"]
    scale = ScriptedScale(given["scale"])
    status, memory = hpa_input.status(given["status"]), hpa_input.memory(given)
    situation = hpa_input.situation(given, scale.find(), status=status, memory=memory)
    decision, scaled_to = scale.follow(situation)
    outcome = decision.outcome
    if outcome.write and given["status_update_error"] is not None:
        outcome = outcome.with_unwritten_status(given["name"], given["status_update_error"])
    verdict = Verdict()
    got = {
        "scale_updates": scale.updates,
        "scaled_to": scaled_to,
        **_answer(outcome),
        **_monitored(situation, decision, outcome),
    }
    verdict.compare("expect", hpa_output.comparable(vector["expect"]), hpa_output.comparable(got))
    return verdict


def _answer(outcome: Outcome) -> dict[str, Any]:
    return {
        "status_writes": int(outcome.write),
        "status": hpa_output.status(outcome.status) if outcome.write else None,
        "events": hpa_output.events((*outcome.events, *outcome.late_events)),
        "error": outcome.error,
        **hpa_output.memory(outcome.memory, 0.0),
    }


def _monitored(situation: Situation, decision: Decision, outcome: Outcome) -> dict[str, Any]:
    before = situation.autoscaler.status.current_replicas
    proposals = decision.proposals.proposals if decision.proposals else ()
    return {
        "monitor": {"action": outcome.action, "error": outcome.fault},
        "monitor_metrics": [
            {"action": one.action_from(before), "error": one.fault} | _typed(one.metric.type)
            for one in proposals
        ],
    }


def _typed(metric_type: str) -> dict[str, str]:
    """The recordings leave an empty type out."""
    return {"metric_type": metric_type} if metric_type else {}
