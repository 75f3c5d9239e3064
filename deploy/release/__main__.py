"""`python -m deploy.release VERB`; docs/releasing.md says when to use which.

check             whether all files name one version, and the changelog has it
notes             what the changelog says of this version, for the release's page
build FOLDER      all artefacts of the last commit, with their checksums
build-here FOLDER the same of the checkout as it stands; SOURCE_DATE_EPOCH is its time
verify FOLDER     install, render and run what was built
rehearse FOLDER   build, sign with a key of a moment, verify

FOLDER must be empty. Exit codes: 0 fine; 1 something is wrong with the release; 2 bad arguments.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.release import building, signing, verifying, versions
from deploy.release.running import ReleaseError, run
from tests.realcluster.build import BuildError

ROOT = Path(__file__).parent.parent.parent


def main(arguments: Sequence[str]) -> int:
    """Dispatch."""
    alone: dict[str, Callable[[], None]] = {"check": check, "notes": notes}
    into: dict[str, Callable[[Path], None]] = {
        "build": build,
        "build-here": build_here,
        "verify": verify,
        "rehearse": rehearse,
    }
    try:
        match arguments:
            case [verb] if verb in alone:
                alone[verb]()
            case [verb, folder] if verb in into:
                into[verb](Path(folder).absolute())
            case _:
                sys.stderr.write(__doc__ or "")
                return 2
    except (ReleaseError, BuildError) as error:
        sys.stderr.write(f"release: {error}\n")
        return 1
    return 0


def check(root: Path = ROOT) -> None:
    """Every place that disagrees; of a commit without a tag, as for a rehearsal."""
    tag = run("git", "tag", "--points-at", "HEAD", "--list", "v*", cwd=root).strip() or None
    found = list(versions.problems(root, tag))
    if found:
        raise ReleaseError("\nrelease: ".join(found))
    tell(f"version {versions.version(root)}, {tag or 'not tagged'}: all files agree")


def notes() -> None:
    """Print them."""
    changelog = (ROOT / versions.CHANGELOG).read_text()
    sys.stdout.write(versions.notes(changelog, versions.version(ROOT)))


def build(folder: Path) -> None:
    """Of a fresh clone, so that only what is committed is in it, at the commit's own time."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ReleaseError(f"{folder} is not empty")
    moment = run("git", "log", "-1", "--format=%ct", cwd=ROOT).strip()
    with TemporaryDirectory() as place:
        clone = Path(place) / "tidegauge"
        run("git", "clone", "--quiet", "--shared", ROOT, clone)
        check(clone)
        env = {"SOURCE_DATE_EPOCH": moment, "PYTHONPATH": f"{clone}:{clone / 'src'}"}
        command = (sys.executable, "-m", "deploy.release", "build-here", folder)
        run(*command, cwd=clone, env=env, shown=True)
    for path in sorted(folder.iterdir()):
        tell(f"{path.stat().st_size:>12,}  {path.name}")


def build_here(folder: Path) -> None:
    """What `build` runs in its clone."""
    building.build(ROOT, folder)


def verify(folder: Path) -> None:
    """As a user; a line for each artefact."""
    signing.verify_sums(folder)
    tell(f"{signing.SUMS} names all files, and each is what it says")
    for line in verifying.verify(folder, versions.version(ROOT)):
        tell(line)


def rehearse(folder: Path) -> None:
    """All but what needs a registry or an identity."""
    build(folder)
    with TemporaryDirectory() as place:
        key = signing.new_key(Path(place))
        signing.sign(folder / signing.SUMS, key)
        signers = Path(place) / "signers"
        signing.verify_signature(folder, signers)
        signing.verify_refusal(folder, signers)
    tell("the signature holds, and not for changed sums")
    verify(folder)
    tell("NOT REHEARSED: uploads, images for other architectures, signatures by identity")


def tell(line: str) -> None:
    """At once, since the next one may take a minute."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
