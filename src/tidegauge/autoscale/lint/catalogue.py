"""All rules, in the order of their ids."""

from tidegauge.autoscale.lint import (
    behaviors,
    figures,
    limits,
    metrics,
    policies,
    requests,
    sharing,
    sizes,
    targets,
    zero,
)
from tidegauge.autoscale.lint.findings import Rule
from tidegauge.autoscale.lint.refusals import REFUSALS

_MODULES = (targets, zero, requests, limits, metrics, figures, sizes, behaviors, policies, sharing)

RULES = tuple(
    each for module in _MODULES for each in vars(module).values() if isinstance(each, Rule)
)
"""Those that look at an HPA which the API server accepts."""

CATALOGUE = {each.id: each for each in sorted((*REFUSALS, *RULES), key=lambda rule: rule.id)}
"""By id; with those whose findings come from decoding and validation."""
