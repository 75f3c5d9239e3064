"""Each rule of lint, by what provokes it and by what nearly does."""

import pytest

from tests.autoscale.lint.cases import CASES, Case
from tests.autoscale.lint.objects import hpa, workload
from tidegauge.autoscale.lint.catalogue import CATALOGUE
from tidegauge.autoscale.lint.judging import findings
from tidegauge.autoscale.lint.refusals import TWICE


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.what}")
def test_rule(case: Case) -> None:
    """It points at the fields that are wrong, and at none that only look like it."""
    found = findings(case.objects, case.knowledge)

    refused = {each.rule for each in found if each.rule < "HPA2"}
    assert tuple(each.place.path for each in found if each.rule == case.rule) == case.paths
    assert case.rule < "HPA2" or not refused, "what is refused is judged no further"


def test_every_rule_has_cases() -> None:
    """Of what provokes it and of what does not; keys written twice are a matter of files."""
    provoked = {case.rule for case in CASES if case.paths}
    missed = {case.rule for case in CASES if not case.paths}

    assert provoked == missed == CATALOGUE.keys() - {TWICE.id}


def test_good_objects() -> None:
    """An HPA with its Deployment of which nothing is wrong finds nothing."""
    assert findings([hpa(), workload()]) == []
