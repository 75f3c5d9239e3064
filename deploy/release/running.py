"""Runs programs; what they say is shown only when they fail."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


class ReleaseError(Exception):
    """The release can't be made, or is not what it should be; the message says what to mend."""


def run(
    *command: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    given: bytes | None = None,
    shown: bool = False,
) -> str:
    """Its stdout; `env` is added to the own one, `given` is its stdin, `shown` lets stderr through.

    Raises:
        ReleaseError: it failed; with the end of what it said.

    """
    words = [str(word) for word in command]
    done = subprocess.run(  # noqa: S603  (commands of this package alone)
        words,
        cwd=cwd,
        env=os.environ | dict(env or {}),
        input=given,
        stdout=subprocess.PIPE,
        stderr=None if shown else subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        said = (done.stdout[-2000:] + (done.stderr or b"")[-4000:]).decode(errors="replace")
        raise ReleaseError(f"{' '.join(words)} ended with {done.returncode}:\n{said}")
    return done.stdout.decode()
