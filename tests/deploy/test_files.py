"""What can be said of the chart's files without Helm."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import tidegauge
from tests.deploy import valuestable
from tests.deploy.helm import CHART
from tests.deploy.samples import SAMPLES

DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def test_the_chart_installs_this_version() -> None:
    """The image of another version would not know the chart's flags."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["appVersion"] == tidegauge.__version__


def test_the_table_of_values_is_up_to_date() -> None:
    """Else `make deploy-files` was forgotten."""
    assert valuestable.page() == valuestable.PAGE.read_text()


def test_a_value_without_an_explanation_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name, so that none is left out of the table."""
    (tmp_path / "values.yaml").write_text(
        "# -- Said.\none: 1\ngroup:\n  # -- Said.\n  a: 1\n  b: 2\n"
    )
    monkeypatch.setattr(valuestable, "CHART", tmp_path)

    with pytest.raises(valuestable.UncommentedError, match=r"group\.b: put a comment"):
        valuestable.table()


LET_PASS = {
    "global",
    "addonResizer",
    "addonResizer.enabled",
    "rbac.pspEnabled",
    "tls.helm",
    "tls.existingSecret.lookup",
}
"""Helm's own, and what metrics-server's values have and means nothing here."""


def test_the_schema_names_nothing_that_is_not_a_value() -> None:
    """That it takes each value is tested with Helm."""
    assert _named(SCHEMA) - LET_PASS <= _paths(DEFAULTS)


def _named(schema: dict[str, Any], prefix: str = "") -> set[str]:
    found = set()
    for key, below in schema.get("properties", {}).items():
        found.add(prefix + key)
        if key != "affinity":  # its parts may be given, and are not by default
            found |= _named(below, f"{prefix}{key}.")
    return found


def _paths(values: dict[str, Any], prefix: str = "") -> set[str]:
    found = set()
    for key, value in values.items():
        found.add(prefix + key)
        if isinstance(value, dict):
            found |= _paths(value, f"{prefix}{key}.")
    return found


def test_every_value_has_a_sample() -> None:
    """So that the tests of its effect leave none out."""
    documented = {
        line.split("`")[1] for line in valuestable.table().splitlines() if line.startswith("| `")
    }

    assert set(SAMPLES) == documented
