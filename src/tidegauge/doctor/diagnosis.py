"""All rules over the evidence."""

from tidegauge.doctor.checks import (
    aggregation,
    autoscalers,
    controlplane,
    kubelets,
    nodes,
    server,
    usage,
)
from tidegauge.doctor.evidence import Evidence
from tidegauge.doctor.findings import Finding, Rule

RULES: tuple[Rule, ...] = (
    *controlplane.RULES,
    *nodes.RULES,
    *kubelets.RULES,
    *server.RULES,
    *aggregation.RULES,
    *usage.RULES,
    *autoscalers.RULES,
)
"""In the order in which the data flows: what is first found may be the cause of the rest."""


def diagnose(evidence: Evidence) -> list[Finding]:
    """In the order of the rules."""
    return [finding for rule in RULES for finding in rule.findings(evidence)]
