"""What a release is made of: versions, notes, bill of materials, checksums and signature.

The whole way, with images and installing, is `make release-rehearsal`.
"""

import datetime as dt
import json
import re
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from deploy.release import __main__, distributions, materials, signing, versions
from deploy.release.running import ReleaseError, run
from tests.deploy.helm import ROOT

VERSION = versions.version(ROOT)
RELEASED = (
    f"## {VERSION} - 2026-11-24\n\n- All of it.\n- More.\n\n## 0.0.9 - 2026-01-01\n\n- Old.\n"
)
TAGGED = f"tidegauge:{VERSION}"
LOCK = """\
aiohttp==3.14.5 \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
cffi==2.1.1 ; platform_python_implementation != 'PyPy' \\
    --hash=sha256:{c}
pytest==9.0.0 \\
    --hash=sha256:{d}
""".format(**{letter: letter * 64 for letter in "abcd"})


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What of this checkout names a version."""
    for path in (versions.PACKAGE, versions.CHART, versions.CHANGELOG, *versions.NAMING_THE_IMAGE):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_this_checkout_is_of_one_version() -> None:
    """Else the next release would begin with a search."""
    assert list(versions.problems(ROOT)) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        (versions.CHART, f"appVersion: {VERSION}", "appVersion: 9.9.9", "appVersion is 9.9.9"),
        (versions.CHART, f"\nversion: {VERSION}", "\nversion: 9.9.9", ": version is 9.9.9, not "),
        (versions.NAMING_THE_IMAGE[0], TAGGED, "tidegauge:0.0.9", "image by 0.0.9"),
        (versions.NAMING_THE_IMAGE[2], TAGGED, "tidegauge:new", "image by none"),
        (versions.CHANGELOG, "## Unreleased", "## Soon", 'neither "## Unreleased" nor'),
    ],
    ids=["app", "chart", "page", "manifest", "changelog"],
)
def test_what_disagrees_is_told(checkout: Path, path: Path, old: str, new: str, told: str) -> None:
    """By file, with what belongs there; nothing else is told."""
    _edit(checkout / path, old, new)

    (problem,) = versions.problems(checkout)
    assert problem.startswith(f"{path}:")
    assert told in problem


@pytest.mark.parametrize(
    ("tag", "changelog", "told"),
    [
        (f"v{VERSION}", RELEASED, []),
        ("v9.9.9", RELEASED, ["the tag is v9.9.9"]),
        (f"v{VERSION}", "## Unreleased\n\n- All.\n", ["CHANGELOG.md: no heading"]),
        (f"v{VERSION}", f"## {VERSION}\n\n- All.\n", ["CHANGELOG.md: no heading"]),
    ],
    ids=["right", "other-tag", "unreleased", "undated"],
)
def test_a_tagged_commit_has_a_dated_section(
    checkout: Path, tag: str, changelog: str, told: list[str]
) -> None:
    """A release needs what a rehearsal may still lack."""
    (checkout / versions.CHANGELOG).write_text(changelog)

    found = list(versions.problems(checkout, tag))
    assert [problem[: len(begin)] for problem, begin in zip(found, told, strict=True)] == told


@pytest.mark.parametrize(
    ("changelog", "notes"),
    [
        ("# C\n\n" + RELEASED, "- All of it.\n- More.\n"),
        ("# C\n\n## Unreleased\n\n- Next.\n\n" + RELEASED, "- All of it.\n- More.\n"),
        ("# C\n\n## Unreleased\n\n- Next.\n", "- Next.\n"),
    ],
    ids=["released", "both", "not-yet"],
)
def test_notes(changelog: str, notes: str) -> None:
    """The section of the version, or of what is not released yet, without its heading."""
    assert versions.notes(changelog, VERSION) == notes


def test_no_notes() -> None:
    """A section without a word is an error."""
    with pytest.raises(ReleaseError, match='nothing below "## Unreleased"'):
        versions.notes("# C\n\n## Unreleased\n\n## 0.0.9 - 2026-01-01\n\n- Old.\n", VERSION)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel that requires something."""
    path = tmp_path / "tidegauge-0.1.0-py3-none-any.whl"
    said = (
        "Metadata-Version: 2.4\nName: tidegauge\nVersion: 0.1.0\n"
        "Requires-Dist: AIOHTTP>=3\nRequires-Dist: cffi; sys_platform == 'other'\n"
        "Requires-Dist: pytest; extra == 'dev'\n"
    )
    with ZipFile(path, "w") as archive:
        archive.writestr("tidegauge/__init__.py", "")
        archive.writestr("tidegauge-0.1.0.dist-info/METADATA", said)
    return path


def test_the_bill_of_materials(wheel: Path) -> None:
    """What is required on any platform, each with all hashes that the lock allows; no extras."""
    made = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    document = json.loads(materials.bill(wheel, materials.locked(LOCK), made))
    sums = {
        (each["name"], each["versionInfo"]): [one["checksumValue"][0] for one in each["checksums"]]
        for each in document["packages"][1:]
    }

    assert sums == {("aiohttp", "3.14.5"): ["a", "b"], ("cffi", "2.1.1"): ["c"]}
    assert document["packages"][0]["checksums"][0]["checksumValue"] == distributions.digest(wheel)
    assert document["creationInfo"]["created"] == "2026-11-24T12:00:00Z"
    known = {each["SPDXID"] for each in document["packages"]} | {document["SPDXID"]}
    assert {each["relatedSpdxElement"] for each in document["relationships"]} < known


def test_a_lock_that_was_forgotten(wheel: Path) -> None:
    """Nothing is released whose requirements nobody pinned."""
    with pytest.raises(ReleaseError, match=r"lock lacks (aiohttp|cffi): make lock"):
        materials.required(wheel, {})


def test_the_lock_is_read_whole() -> None:
    """Every package that it pins, with every hash: none is lost to its layout."""
    text = (ROOT / "requirements.lock").read_text()
    found = materials.locked(text)

    assert len(found) == sum("==" in line for line in text.splitlines() if line[:1].isalnum())
    assert sum(len(each.hashes) for each in found.values()) == text.count("--hash=")
    assert "".join(f"{each.text}\n" for each in found.values()) == text


def test_made_again_it_must_be_the_same(tmp_path: Path) -> None:
    """What differs from one time to the next is told by name."""
    count = iter(range(9))

    def make(_: Path, folder: Path) -> None:
        (folder / "same").write_text("same")
        (folder / "other").write_text(str(next(count)))

    with pytest.raises(ReleaseError, match=r"other bytes: other$"):
        distributions.twice(make, tmp_path, tmp_path)


@pytest.fixture
def signed(tmp_path: Path) -> tuple[Path, Path]:
    """A folder with a signed file, and who may sign."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("SIGNATURES ARE NOT TESTED: needs ssh-keygen (Debian: openssh-client)")
    folder, keys = tmp_path / "release", tmp_path / "keys"
    folder.mkdir()
    keys.mkdir()
    (folder / "file").write_text("as it was")
    signing.sign(signing.write_sums(folder), signing.new_key(keys))
    return folder, keys / "signers"


def test_a_signature_holds(signed: tuple[Path, Path]) -> None:
    """For what was signed, and not for changed sums."""
    folder, signers = signed
    signing.verify_sums(folder)
    signing.verify_signature(folder, signers)
    signing.verify_refusal(folder, signers)

    _edit(folder / signing.SUMS, "file", "fild")
    with pytest.raises(ReleaseError, match=r"incorrect signature|Could not verify signature"):
        signing.verify_signature(folder, signers)


def test_the_key_of_somebody_else(signed: tuple[Path, Path], tmp_path: Path) -> None:
    """Who is not among the signers has not signed."""
    folder, signers = signed
    other = tmp_path / "other"
    other.mkdir()
    signing.sign(folder / signing.SUMS, signing.new_key(other))

    with pytest.raises(ReleaseError):
        signing.verify_signature(folder, signers)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [("file", "changed", "file: FAILED"), ("more", "", "does not name more")],
    ids=["changed", "added"],
)
def test_other_files(signed: tuple[Path, Path], name: str, text: str, told: str) -> None:
    """A changed file and one that nobody signed for are told."""
    folder, _ = signed
    (folder / name).write_text(text)

    with pytest.raises(ReleaseError, match=told):
        signing.verify_sums(folder)


def test_a_failing_command_is_shown() -> None:
    """With what it said."""
    with pytest.raises(ReleaseError, match=r"sh -c .* ended with 3:\nwhy"):
        run("sh", "-c", "echo why; exit 3")


@pytest.mark.parametrize("arguments", [[], ["fly"], ["build"], ["check", "extra"]])
def test_bad_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """They are answered with what there is."""
    assert __main__.main(arguments) == 2
    assert "rehearse FOLDER" in capsys.readouterr().err


def test_the_procedure_names_verbs_that_there_are() -> None:
    """What a releaser is told to type works, and every verb but the inner one is told of."""
    page = (ROOT / "docs" / "releasing.md").read_text()
    typed = set(re.findall(r"deploy\.release (\w+)", page)) | {"rehearse"}
    verbs = set(re.findall(r"^([a-z-]+) ", __main__.__doc__ or "", re.MULTILINE))

    assert typed == verbs - {"build-here", "notes"}
    assert "release-rehearsal:" in (ROOT / "Makefile").read_text()


def test_a_full_folder_is_not_built_into(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that nothing old is signed along with what is new."""
    (tmp_path / "old").touch()

    assert __main__.main(["build", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
