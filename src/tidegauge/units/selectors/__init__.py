"""Label and field selectors: parsed once per request, matched against thousands of objects.

Syntax, order of checks and error texts are those of Kubernetes 1.36: clients print them.
"""

from tidegauge.units.selectors.errors import SelectorError
from tidegauge.units.selectors.fields import FieldSelector, parse_field_selector
from tidegauge.units.selectors.labels import LabelSelector, parse_label_selector

__all__ = [
    "FieldSelector",
    "LabelSelector",
    "SelectorError",
    "parse_field_selector",
    "parse_label_selector",
]
