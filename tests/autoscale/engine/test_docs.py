"""The page about the engine names what the code has."""

from pathlib import Path

import pytest
from msgspec.structs import asdict

from tidegauge.autoscale.engine.profiles import PROFILES

PAGE = (Path(__file__).parents[3] / "docs" / "autoscaler-engine.md").read_text()


@pytest.mark.parametrize("switch", asdict(PROFILES["1.37"]))
def test_the_table_shows_which_version_has_a_switch(switch: str) -> None:
    """A check mark where the profile has it."""
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{switch}` ")]
    marks = ["\u2713" in cell for cell in row.split("|")[2 : 2 + len(PROFILES)]]

    assert marks == [getattr(profile, switch) for profile in PROFILES.values()]
