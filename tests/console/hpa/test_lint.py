"""`tidegauge hpa lint` on files: input of every kind, output for people and programs."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tidegauge.autoscale.lint.catalogue import CATALOGUE
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.command import hpa as run
from tidegauge.console.hpa.lint.command import lint
from tidegauge.console.hpa.lint.manual import reference

DOCS = Path(__file__).parents[3] / "docs"

GOOD = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: web
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, resources: {requests: {cpu: 100m}}, readinessProbe: {exec: {command: [ok]}}}
"""
JSON = """\
{
\t"apiVersion": "autoscaling/v2",
\t"kind": "HorizontalPodAutoscaler",
\t"metadata": {"name": "web"},
\t"spec": {
\t\t"maxReplicas": "3"
\t}
}
"""
BAD = GOOD.replace("maxReplicas: 10", "maxReplicas: 1")

Lint = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def linted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Lint:
    """Lint a text as a file; the code, the JSON and what was complained about."""

    def linted(text: str | bytes, *flags: str) -> tuple[int, Any, str]:
        path = tmp_path / "hpa.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        code = lint(["-f", str(path), "-o", "json", *flags])
        told = capsys.readouterr()
        return code, json.loads(told.out), told.err

    return linted


def rules_and_lines(report: Any) -> list[tuple[str, int]]:
    return [(each["rule"], each["line"]) for each in report["findings"]]


def test_nothing(linted: Lint) -> None:
    """A good HPA is counted, and that is all."""
    code, report, complaints = linted(GOOD)

    assert (code, report["autoscalers"], report["findings"], complaints) == (0, 1, [], "")


LINES = {
    "the field itself": (BAD, [("HPA105", 8)]),
    "a second document": (f"# first\n---\n{BAD}", [("HPA105", 10)]),
    "another object's field": (f"{GOOD}---\n{DEPLOYMENT}", [("HPA204", 17)]),
    "what is around a missing field": (
        GOOD.replace("  maxReplicas: 10\n", ""),
        [("HPA105", 5), ("HPA105", 5)],
    ),
    "an entry of a list": (GOOD.replace("name: cpu", "name: gpu"), [("HPA316", 11)]),
    "an item of a List": (
        "kind: List\nitems:\n- " + BAD.replace("\n", "\n  "),
        [("HPA105", 10)],
    ),
    "a key written twice": (f"{GOOD}  maxReplicas: 5\n", [("HPA110", 12)]),
    "carriage returns": (BAD.replace("\n", "\r\n"), [("HPA105", 8)]),
    "a byte order mark": ("\ufeff" + BAD, [("HPA105", 8)]),
    "an anchor": (
        GOOD.replace("minReplicas: 2", "minReplicas: &n 20").replace("s: 10", "s: *n"),
        [("HPA401", 8)],
    ),
    "a merge key": (
        GOOD.replace("spec:", "spec:\n  <<: {minReplicas: 3, maxReplicas: 1}"),
        [],
    ),
    "JSON, indented by tabs": (JSON, [("HPA102", 6)]),
}


@pytest.mark.parametrize(("text", "expected"), LINES.values(), ids=LINES.keys())
def test_lines(linted: Lint, text: str, expected: list[tuple[str, int]]) -> None:
    """Each finding has the line of its field, or of what is around it."""
    _, report, _ = linted(text)

    assert rules_and_lines(report) == expected


UNUSABLE = {
    "a text": ("hello", "no Kubernetes object"),
    "binary": (b"\x7fELF\x00\xff", "UTF-8"),
    "control characters": (b"a: \x00", "control characters"),
    "tabs": ("spec:\n\tmaxReplicas: 1\n", "tab"),
    "a template": ("spec: {{ .Values.spec }}\n", "helm template"),
    "an open bracket": ("spec: [1", "line 2, column 1"),
    "deep": ("[" * 100_000, "deeper"),
    "deep JSON": ('{"a":' * 100_000, "deeper"),
    "an alias of itself": ("a: &a [*a]", "contains itself"),
    "a bomb": (
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 12)),
        "aliases",
    ),
    "a large one": (b"#" * (64 << 20) + b"#", "64 MiB"),
}


@pytest.mark.parametrize(("text", "expected"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable_files(linted: Lint, text: str | bytes, expected: str) -> None:
    """A file that can't be read is named with what is wrong, and nothing else goes wrong."""
    code, report, complaints = linted(text)

    assert (code, report["findings"]) == (Exit.BAD_INPUT, [])
    assert "hpa.yaml: " in complaints
    assert expected in complaints


@pytest.mark.parametrize("text", ["", "---\n---\n", "# nothing\n", DEPLOYMENT, "- a\n- b\n", "{}"])
def test_without_autoscalers(linted: Lint, text: str) -> None:
    """There is nothing to find, which is said."""
    code, report, complaints = linted(text)

    assert (code, report["autoscalers"]) == (Exit.FINE, 0)
    assert "there is no HorizontalPodAutoscaler" in complaints


def test_readable_files_beside_unusable_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All problems are told, and findings of the other files as well."""
    (tmp_path / "a.yaml").write_text(BAD)
    (tmp_path / "b.yml").write_text("\t")
    (tmp_path / "c.json").write_text("[")
    (tmp_path / "values.txt").write_text("{{")
    code = lint(["-f", str(tmp_path), "-f", str(tmp_path / "absent.yaml")])
    told = capsys.readouterr()

    assert code == Exit.BAD_INPUT
    assert "HPA105" in told.out
    assert [name for name in ("b.yml", "c.json", "absent.yaml") if name not in told.err] == []
    assert "values.txt" not in told.err


@pytest.mark.parametrize(
    ("flag", "text", "expected"),
    [
        ("error", BAD, Exit.FINDINGS),
        ("error", GOOD + "---\n" + DEPLOYMENT, Exit.FINE),
        ("warning", GOOD + "---\n" + DEPLOYMENT, Exit.FINDINGS),
        ("warning", GOOD.replace("name: cpu", "name: memory"), Exit.FINE),
        ("info", GOOD.replace("name: cpu", "name: memory"), Exit.FINDINGS),
        ("never", BAD, Exit.FINE),
    ],
)
def test_fail_on(linted: Lint, flag: str, text: str, expected: int) -> None:
    """The exit code is 1 from a severity on."""
    assert linted(text, f"--fail-on={flag}")[0] == expected


def test_ignored_rules(linted: Lint) -> None:
    """An annotation of the HPA switches rules off."""
    ignoring = "metadata:\n  annotations: {tidegauge.dev/lint-ignore: 'HPA110, HPA204'}\n"
    text = GOOD.replace("metadata:\n", ignoring) + "  maxReplicas: 5\n---\n" + DEPLOYMENT

    assert rules_and_lines(linted(text)[1]) == []


def test_folders_of_several_clusters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same object in two folders: each folder's objects belong together."""
    for folder, replicas in (("dev", ""), ("prod", "  replicas: 3\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "hpa.yaml").write_text(
            GOOD.replace("name: web\ns", f"name: {folder}\ns")
        )
        (tmp_path / folder / "web.yaml").write_text(DEPLOYMENT.replace("  replicas: 3\n", replicas))
    lint(["-f", str(tmp_path), "-o", "json"])
    report = json.loads(capsys.readouterr().out)

    assert [(each["rule"], Path(each["file"]).parent.name) for each in report["findings"]] == [
        ("HPA204", "prod")
    ]


def test_file_named_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its objects are there once."""
    (tmp_path / "hpa.yaml").write_text(BAD)
    lint(["-f", str(tmp_path), "-f", str(tmp_path / "hpa.yaml"), "-o", "json"])

    assert json.loads(capsys.readouterr().out)["autoscalers"] == 1


def test_namespace_of_manifests(linted: Lint) -> None:
    """-n is the namespace of what names none, so that it belongs together."""
    text = f"{GOOD}---\n{DEPLOYMENT.replace('{name: web}', '{name: web, namespace: shop}')}"

    assert linted(text)[1]["findings"] == []
    assert [rule for rule, _ in rules_and_lines(linted(text, "-n", "shop")[1])] == ["HPA204"]


def test_chart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its templates are one problem together; one that is named is one of its own."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("{{ if .Values.x }}\na: b\n{{ end }}\n")
    code = lint(["-f", str(tmp_path), "-f", str(tmp_path / "b.yaml")])
    problems = capsys.readouterr().err.splitlines()

    assert (code, len(problems)) == (Exit.BAD_INPUT, 2)
    assert "a.yaml and 1 more: a template" in problems[0]
    assert "b.yaml: line 2" in problems[1]


def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-` reads it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    code = run(["lint", "-f", "-"])

    assert code == Exit.FINDINGS
    assert "-:8: spec.maxReplicas" in capsys.readouterr().out


def test_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People see rule, line and field, what is the case, why it matters and what to do."""
    path = tmp_path / "hpa.yaml"
    path.write_text(f"{GOOD}---\n{DEPLOYMENT}")
    lint(["-f", str(path)])
    text = capsys.readouterr().out

    assert f"warning HPA204  {path}:17: Deployment web: spec.replicas\n" in text
    assert [word for word in ("what: ", "why: ", "do: ") if word not in text] == []
    assert text.endswith("\n1 warning in 1 HPA\n")
    assert "\x1b" not in text


def test_sarif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What SARIF 2.1.0 requires is there, and every result names a rule and a place."""
    (tmp_path / "hpa one.yaml").write_text(BAD)
    lint(["-f", str(tmp_path / "hpa one.yaml"), "-o", "sarif"])
    log = json.loads(capsys.readouterr().out)
    (single,) = log["runs"]
    driver = single["tool"]["driver"]
    (result,) = single["results"]
    (location,) = result["locations"]

    assert log["version"] == "2.1.0"
    assert driver["name"]
    assert [rule["id"] for rule in driver["rules"]] == list(CATALOGUE)
    assert {rule["defaultConfiguration"]["level"] for rule in driver["rules"]} == {
        "error",
        "warning",
        "note",
    }
    assert all(
        rule[part]["text"] for rule in driver["rules"] for part in ("help", "fullDescription")
    )
    assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "HPA105"
    assert (result["level"], bool(result["message"]["text"])) == ("error", True)
    assert location["physicalLocation"]["artifactLocation"]["uri"].endswith("hpa%20one.yaml")
    assert location["physicalLocation"]["region"] == {"startLine": 8}
    assert location["logicalLocations"][0]["fullyQualifiedName"].endswith("spec.maxReplicas")
    assert single["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], "give manifests"),
        (["-A", "-f", "x"], "give one of them"),
        (["-A", "-n", "x"], "give one of them"),
        (["-f", "x", "-o", "xml"], "--output"),
        (["-f", "x", "--fail-on=fatal"], "--fail-on"),
        (["-f", "x", "--kubernetes-version=2"], "--kubernetes-version"),
        (["-f", "x", "--kubernetes-version=1.20"], "too little"),
        (["--explain", "HPA999"], "no rule HPA999"),
        (["hpa.yaml"], "unexpected argument"),
    ],
)
def test_bad_flags(flags: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They are refused with the reason."""
    assert lint(flags) == Exit.BAD_INPUT
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("rule", CATALOGUE.values(), ids=CATALOGUE)
def test_explain(rule: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule's title, reason and remedy, whatever the case of its id."""
    code = lint(["--explain", rule.id.lower()])
    text = " ".join(capsys.readouterr().out.split())

    assert code == Exit.FINE
    assert [part for part in (rule.id, rule.title, rule.why, rule.remedy) if part not in text] == []


def test_list_rules(capsys: pytest.CaptureFixture[str]) -> None:
    """A line each."""
    lint(["--list-rules"])

    assert len(capsys.readouterr().out.splitlines()) == len(CATALOGUE)


def test_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """And fits a terminal."""
    lint(["--help"])
    text = capsys.readouterr().out

    assert "Exit codes: 0" in text
    assert max(map(len, text.splitlines())) <= 82


def test_without_a_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A kubeconfig that leads nowhere is an error of its own."""
    path = tmp_path / "config"
    path.write_text("apiVersion: v1\nkind: Config\n")

    assert lint(["-A", f"--kubeconfig={path}"]) == Exit.UNREACHABLE
    assert str(path) in capsys.readouterr().err


def test_documentation() -> None:
    """docs/lint.md is what `python -m tidegauge.console.hpa.lint.manual` prints."""
    assert (DOCS / "lint.md").read_text() == reference()
