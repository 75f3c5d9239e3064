"""`tidegauge doctor` from flags to screen and exit code."""

import json
from pathlib import Path

import pytest

from tests.doctor.given import evidence, look
from tidegauge.console.doctor import command, manual
from tidegauge.console.doctor.report import report
from tidegauge.console.exits import Exit
from tidegauge.console.spans import plain
from tidegauge.doctor.diagnosis import RULES, diagnose
from tidegauge.doctor.evidence import Evidence

PAGE = Path(__file__).parents[3] / "docs" / "troubleshooting.md"
STILL = evidence(looks={f"worker-{number}": look(moved=False) for number in range(9)})
WALLED = evidence(skipped={"worker-9": ""})


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Evidence]:
    """What the doctor sees, for the test to fill in."""
    what: list[Evidence] = []

    async def look(*_: object) -> Evidence:
        return what[0]

    monkeypatch.setattr(command, "look", look)
    return what


VERDICTS = {
    "nothing": (evidence(), [], Exit.FINE),
    "a warning": (STILL, [], Exit.FINDINGS),
    "a warning, errors count": (STILL, ["--fail-on=error"], Exit.FINE),
    "nothing counts": (STILL, ["--fail-on=never"], Exit.FINE),
    "a note": (WALLED, [], Exit.FINE),
    "a note, notes count": (WALLED, ["--fail-on=info"], Exit.FINDINGS),
}


@pytest.mark.parametrize(("what", "flags", "code"), VERDICTS.values(), ids=VERDICTS)
def test_exit_code(seen: list[Evidence], what: Evidence, flags: list[str], code: Exit) -> None:
    """The exit code is 1 when something of the severity asked for was found."""
    seen.append(what)
    assert command.doctor(flags) == code


def test_json(seen: list[Evidence], capsys: pytest.CaptureFixture[str]) -> None:
    """Programs get every subject of a finding."""
    seen.append(STILL)
    command.doctor(["-o", "json"])
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert found["rule"] == "TG330"
    assert len(found["subjects"]) == 9


def test_screen() -> None:
    """People get what, why and remedy within their terminal's width, and counts of what is many."""
    lines = plain(report(STILL, diagnose(STILL), 60)).splitlines()
    text = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= 60
    assert "and 3 more: no stamp moved between two asks" in text
    assert "remedy Set the kubelet's housekeeping" in text
    assert lines[-2] == "1 warning"


def test_nothing_found() -> None:
    """A cluster that is well is told so in one line."""
    fine = evidence()
    assert plain(report(fine, diagnose(fine), 80)).endswith("All that was looked at is fine.")


def test_bad_flags(capsys: pytest.CaptureFixture[str]) -> None:
    """Every problem of a command line is listed at once."""
    assert command.doctor(["--wait=0s", "--kubelets=maybe", "--nope"]) == Exit.BAD_INPUT
    told = capsys.readouterr().err
    assert all(word in told for word in ("--wait", "--kubelets", "--nope"))


def test_no_cluster(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a kubeconfig, outside of a pod, it says where it looked and ends with 3."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert command.doctor([]) == Exit.UNREACHABLE
    assert str(tmp_path / ".kube" / "config") in capsys.readouterr().err


def test_unwritable_bundle(
    seen: list[Evidence], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A bundle that cannot be written is an error of that flag, after the findings are shown."""
    seen.append(evidence())
    assert command.doctor([f"--bundle={tmp_path}/no/such/folder.tar.gz"]) == Exit.BAD_INPUT
    said = capsys.readouterr()
    assert "--bundle" in said.err
    assert "Nothing found" in said.out


def test_rules(capsys: pytest.CaptureFixture[str]) -> None:
    """All rules can be listed."""
    assert command.doctor(["--rules"]) == Exit.FINE
    assert len(capsys.readouterr().out.splitlines()) == len(RULES)


def test_page() -> None:
    """The page for troubleshooting is what the rules say."""
    assert manual.reference() == PAGE.read_text("utf-8"), (
        "write it anew: python -m tidegauge.console.doctor.manual > docs/troubleshooting.md"
    )
