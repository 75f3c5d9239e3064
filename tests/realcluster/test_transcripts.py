"""All recorded transcripts, replayed against our server beside a real control plane."""

import pytest

from tests.transcripts.differences import REASONS
from tests.transcripts.records import GOLDEN, load_all, load_fixture
from tests.transcripts.replay import replay

# Setting up, two scrapes of 15 s twice, and 2,600 requests took 60 s on two shared cores.
SECONDS = 240


@pytest.mark.timeout(SECONDS)
def test_answers_equal_the_recorded_ones() -> None:
    """Direct, through kube-apiserver, and as kubectl prints them; or differ for a listed reason."""
    records = [record for path in sorted(GOLDEN.glob("*.jsonl.gz")) for record in load_all(path)]

    tally = replay(records, load_fixture())

    print(tally.report())
    assert [(outcome.title, outcome.differences) for outcome in tally.failures] == []
    # Each reason on the list is still needed.
    assert set(REASONS.values()) <= {outcome.reason for outcome in tally.outcomes}
