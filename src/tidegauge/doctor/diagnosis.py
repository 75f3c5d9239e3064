"""All rules over the evidence."""

from collections.abc import Mapping

from tidegauge.doctor.checks import (
    aggregation,
    autoscalers,
    controlplane,
    frontproxy,
    kubelets,
    nodes,
    server,
    setup,
    silence,
    usage,
    walls,
)
from tidegauge.doctor.evidence import Evidence
from tidegauge.doctor.findings import Finding, Rule

STAGES: Mapping[str, tuple[Rule, ...]] = {
    "The control plane": controlplane.RULES,
    "Nodes": nodes.RULES,
    "Kubelets": (*silence.RULES, *kubelets.RULES),
    "The metrics server": (*server.RULES, *setup.RULES),
    "The aggregation layer": (*aggregation.RULES, *frontproxy.RULES, *walls.RULES),
    "Usage": usage.RULES,
    "HorizontalPodAutoscalers": autoscalers.RULES,
}
"""In the order in which the data flows: what is first found may be the cause of the rest."""

RULES = tuple(rule for rules in STAGES.values() for rule in rules)


def diagnose(evidence: Evidence) -> list[Finding]:
    """In the order of the rules."""
    return [finding for rule in RULES for finding in rule.findings(evidence)]
