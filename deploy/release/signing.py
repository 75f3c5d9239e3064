"""Checksums, and their signature by an SSH key: one of a moment in a rehearsal.

A real release is signed without keys of ours, by the identity of whoever releases: see
docs/releasing.md. What is signed and how it is checked is the same.
"""

from pathlib import Path

from deploy.release.distributions import digest
from deploy.release.running import ReleaseError, run

SUMS = "SHA256SUMS"
# What a signature is for, so that one made for something else is none for this.
PURPOSE = "tidegauge-release"
SIGNER = "rehearsal@tidegauge.invalid"


def write_sums(folder: Path) -> Path:
    """One line for each file, as sha256sum writes and reads it."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith(SUMS))
    sums = folder / SUMS
    sums.write_text("".join(f"{digest(path)}  {path.name}\n" for path in files))
    return sums


def new_key(folder: Path) -> Path:
    """A key that nobody will have used elsewhere, and beside it who may sign with it."""
    key = folder / "key"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", SIGNER, "-f", key)
    public = key.with_suffix(".pub").read_text()
    (folder / "signers").write_text(f'{SIGNER} namespaces="{PURPOSE}" {public}')
    return key


def sign(sums: Path, key: Path) -> None:
    """Leaves the signature beside it."""
    sums.with_name(f"{SUMS}.sig").unlink(missing_ok=True)
    run("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", PURPOSE, sums)


def verify_signature(folder: Path, signers: Path) -> None:
    """That the sums are signed by one of those who may.

    Raises:
        ReleaseError: they are not.

    """
    who = ("-f", str(signers), "-I", SIGNER)
    what = ("-n", PURPOSE, "-s", str(folder / f"{SUMS}.sig"))
    run("ssh-keygen", "-Y", "verify", *who, *what, given=(folder / SUMS).read_bytes())


def verify_sums(folder: Path) -> None:
    """Each file, and that there is none that the sums do not name.

    Raises:
        ReleaseError: one is another, or is missing, or is not named.

    """
    sums = folder / SUMS
    run("sha256sum", "--check", "--strict", "--quiet", SUMS, cwd=folder)
    named = {line.split("  ", 1)[1] for line in sums.read_text().splitlines()}
    there = {path.name for path in folder.iterdir() if not path.name.startswith(SUMS)}
    if unnamed := there - named:
        raise ReleaseError(f"{SUMS} does not name {', '.join(sorted(unnamed))}")


def verify_refusal(folder: Path, signers: Path) -> None:
    """That a changed sum is noticed: else verifying would prove nothing.

    Raises:
        ReleaseError: it was taken.

    """
    sums = folder / SUMS
    good = sums.read_bytes()
    sums.write_bytes(good.replace(good[:8], b"00000000", 1))
    try:
        verify_signature(folder, signers)
    except ReleaseError:
        return
    finally:
        sums.write_bytes(good)
    raise ReleaseError("a changed SHA256SUMS passed for a signed one")
