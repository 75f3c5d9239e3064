"""The recorded answers of the Go metrics-server, and the runner that compares ours with them."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.runner import check, main, run, vectors

GOLDEN = Path(__file__).parent / "golden"

COUNTS = {"decode": 500, "decode_odd": 800, "quantity": 500, "rate": 400, "steady": 300}


def _first(family: str, tag: str) -> dict[str, Any]:
    return next(v for v in vectors(GOLDEN / f"usage-{family}.jsonl.gz") if tag in v["tags"])


@pytest.mark.parametrize("family", COUNTS)
def test_every_recorded_vector_passes(family: str) -> None:
    """The product answers as recorded, or as the model does where a rule of ours differs."""
    passed, failed, _ = run([GOLDEN / f"usage-{family}.jsonl.gz"])

    assert [(vector["id"], verdict.differences[:3]) for vector, verdict in failed] == []
    assert passed == COUNTS[family]


def test_each_rule_that_differs_is_seen() -> None:
    """Each rule by which we differ from the recording does make a difference somewhere in it."""
    families = ("decode", "decode_odd", "steady")
    _, _, total = run(GOLDEN / f"usage-{family}.jsonl.gz" for family in families)

    assert {rule for rule in total.applied if not total.differed[rule]} == set()


@pytest.mark.parametrize(
    ("family", "tag", "spoil"),
    [
        ("quantity", "small", lambda expect: expect.update(text="?")),
        ("rate", "fresh", lambda expect: expect.update(window="?")),
        ("decode", "kubelet", lambda expect: expect["node"].update(cpu_ns=1)),
        ("steady", "plain", lambda expect: expect["steps"][-1]["nodes"].pop()),
        ("steady", "disorder", lambda expect: expect["steps"][1]["nodes"].pop()),
    ],
)
def test_a_spoiled_recording_fails(family: str, tag: str, spoil: Any) -> None:
    """A vector whose expectation is not what comes out is reported as failed."""
    vector = _first(family, tag)
    assert not check(vector).differences

    spoil(vector["expect"])

    assert check(vector).differences


def test_an_unknown_family_fails_and_names_the_known_ones() -> None:
    """A family that the runner does not know is a failure, not a skip."""
    [difference] = check({"id": "x-1", "family": "x", "tags": []}).differences

    assert "steady" in difference.expected


def test_the_command_counts_and_exits_with_1_on_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line is the count; each failed vector shows the path, what was expected and got."""
    good = {
        "id": "quantity-1",
        "family": "quantity",
        "tags": [],
        "input": {"op": "memory_bytes", "value": 1024},
        "expect": {"text": "1Ki"},
    }
    bad = {**good, "id": "quantity-2", "expect": {"text": "2Ki"}}
    plain, zipped = tmp_path / "one.jsonl", tmp_path / "two.jsonl.gz"
    plain.write_text(json.dumps(good) + "\n")
    zipped.write_bytes(gzip.compress(f"{json.dumps(good)}\n{json.dumps(bad)}\n".encode()))

    assert main([str(plain)]) == 0
    assert main([str(plain), str(zipped)]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 passed, 0 failed"
    assert lines[1:] == [
        "FAILED quantity-2 ",
        "  text: expected '2Ki', got '1Ki'",
        "2 passed, 1 failed",
    ]


@pytest.mark.parametrize("content", [None, b"no JSON\n"], ids=["absent", "no JSON"])
def test_a_file_that_cannot_be_read_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    """It is told apart from vectors that fail."""
    path = tmp_path / "x.jsonl"
    if content:
        path.write_bytes(content)

    assert main([str(path)]) == 2
    assert "cannot read the vectors" in capsys.readouterr().err
