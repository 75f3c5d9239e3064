"""What Kubernetes' own HPA code answered, and that ours answers the same, field by field."""

from pathlib import Path
from typing import Any

import pytest

from tests.vectors.runner import check, run, vectors

GOLDEN = Path(__file__).parent / "golden"

COUNTS = {
    "quantity": 300,
    "calculator_resource": 400,
    "calculator_pods": 150,
    "calculator_object": 150,
    "calculator_object_per_pod": 150,
    "calculator_external": 150,
    "calculator_external_per_pod": 150,
    "normalize": 300,
    "normalize_with_behavior": 300,
    "reconcile": 600,
    "sequence": 60,
}


@pytest.mark.parametrize("family", COUNTS)
def test_every_recorded_vector_passes(family: str) -> None:
    """No field differs from the recording in any vector."""
    passed, failed, _ = run([GOLDEN / f"hpa-{family}.jsonl.gz"])

    assert [(vector["id"], verdict.differences[:3]) for vector, verdict in failed] == []
    assert passed == COUNTS[family]


def test_the_calculators_of_older_versions_pass() -> None:
    """Those of 1.26, 1.32 and 1.33, each with its own profile; most differ from the newest's."""
    passed, failed, _ = run([GOLDEN / "older-calculators.jsonl.gz"])

    assert [(vector["id"], verdict.differences[:3]) for vector, verdict in failed] == []
    assert passed == 690


@pytest.mark.parametrize("version", ["1.26", "1.32", "1.33"])
def test_the_newest_profile_is_not_an_older_one(version: str) -> None:
    """Vectors marked so come out otherwise with the newest profile."""
    older = [
        vector
        for vector in vectors(GOLDEN / "older-calculators.jsonl.gz")
        if vector["input"].pop("version") == version and "differs" in vector["tags"]
    ]

    assert len(older) > 100
    assert [vector["id"] for vector in older if not check(vector).differences] == []


@pytest.mark.parametrize(
    ("family", "spoil"),
    [
        ("quantity", lambda expect: expect.update(canonical="?")),
        ("calculator_resource", lambda expect: expect.update(utilization=-1)),
        ("calculator_external", lambda expect: expect.update(raw_milli=-1)),
        ("normalize", lambda expect: expect["able_to_scale"].update(message="?")),
        ("reconcile", lambda expect: expect["monitor"].update(action="?")),
        ("sequence", lambda expect: expect["steps"][-1]["conditions"].pop()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_spoiled_recording_fails(family: str, spoil: Any) -> None:
    """A vector whose expectation is not what comes out is reported as failed."""
    vector = next(iter(vectors(GOLDEN / f"hpa-{family}.jsonl.gz")))
    assert not check(vector).differences

    spoil(vector["expect"])

    assert check(vector).differences
