"""Makes all artefacts of a checkout."""

import datetime as dt
import os
import sys
from pathlib import Path

from deploy.release import distributions, image, materials, signing, versions


def build(checkout: Path, folder: Path) -> None:
    """Fill the empty folder; progress goes to stderr. SOURCE_DATE_EPOCH must be set."""
    version = versions.version(checkout)
    stem = folder / f"tidegauge-{version}"
    say("wheel and sdist, twice")
    packages = distributions.twice(distributions.python_packages, checkout, folder)
    (wheel,) = (each for each in packages if each.suffix == ".whl")
    say("chart, twice")
    distributions.twice(distributions.chart, checkout, folder)

    say("bill of materials, requirements, notes")
    lock = materials.locked((checkout / "requirements.lock").read_text())
    made = dt.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), dt.UTC)
    Path(f"{stem}.whl.spdx.json").write_text(materials.bill(wheel, lock, made))
    needed = "\n".join(each.text for each in materials.required(wheel, lock))
    Path(f"{stem}.requirements.txt").write_text(f"{needed}\n")
    notes = versions.notes((checkout / versions.CHANGELOG).read_text(), version)
    Path(f"{stem}.notes.md").write_text(notes)

    say("image, twice")
    image.build(folder, say)
    signing.write_sums(folder)


def say(line: str) -> None:
    """What is being made, for whoever waits."""
    sys.stderr.write(f"release: {line}\n")
    sys.stderr.flush()
