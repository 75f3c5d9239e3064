"""The wheel's bill of materials (SPDX 2.3): what it requires, by the files that the lock allows."""

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, PathDistribution, distribution
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import Path as ZipPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.release.distributions import digest
from deploy.release.running import ReleaseError

# Name, version, an environment marker, and the hashes on lines of their own.
_LOCKED = re.compile(
    r"^([A-Za-z0-9_.-]+)==(\S+)(?: ;[^\\\n]*)?((?: \\\n    --hash=\S+)+)", re.MULTILINE
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Locked(NamedTuple):
    """A package of the lock: `hashes` are the SHA-256 of the files that may be installed."""

    name: str
    version: str
    hashes: Sequence[str]
    text: str


def locked(lock: str) -> dict[str, Locked]:
    """What requirements.lock holds, by canonical name."""
    return {
        canonicalize_name(found[1]): Locked(
            found[1], found[2], _HASH.findall(found[3]), found[0].strip()
        )
        for found in _LOCKED.finditer(lock)
    }


def required(wheel: Path, lock: Mapping[str, Locked]) -> list[Locked]:
    """All that the wheel needs on any platform and Python, less what extras would add.

    Raises:
        ReleaseError: the lock lacks it.

    """
    found: dict[str, Locked] = {}
    wanted = _names(metadata(wheel))
    while wanted:
        name = wanted.pop()
        if name not in found:
            if name not in lock:
                raise ReleaseError(f"requirements.lock lacks {name}: make lock")
            found[name] = lock[name]
            wanted += [each for each in _names(_installed(name)) if each in lock]
    return [found[name] for name in sorted(found)]


def metadata(wheel: Path) -> Distribution:
    """What a wheel says of itself."""
    (folder,) = (each for each in ZipPath(wheel).iterdir() if each.name.endswith(".dist-info"))
    return PathDistribution(folder)


def _installed(name: str) -> Distribution | None:
    """None for what only other platforms need: it is in the lock, but not here."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _names(of: Distribution | None) -> list[str]:
    requirements = map(Requirement, (of.requires if of else None) or ())
    wanted = (each for each in requirements if "extra" not in str(each.marker or ""))
    return [canonicalize_name(each.name) for each in wanted]


def bill(wheel: Path, lock: Mapping[str, Locked], made: dt.datetime) -> str:
    """The document, as JSON; `made` is when the commit was."""
    own = metadata(wheel)
    parts = required(wheel, lock)
    main = _package("tidegauge", own.version, [digest(wheel)], "Apache-2.0")
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": wheel.name,
        # Unique for each document, as SPDX wants it: it follows from what is described.
        "documentNamespace": f"https://spdx.org/spdxdocs/{wheel.stem}-{digest(wheel)[:32]}",
        "creationInfo": {
            "created": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": [f"Tool: tidegauge-release-{own.version}"],
        },
        "packages": [main, *(_package(each.name, each.version, each.hashes) for each in parts)],
        "relationships": [
            _relation("SPDXRef-DOCUMENT", "DESCRIBES", main["SPDXID"]),
            *(_relation(main["SPDXID"], "DEPENDS_ON", _id(each.name)) for each in parts),
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _package(
    name: str, version: str, hashes: Sequence[str], licence: str = "NOASSERTION"
) -> dict[str, Any]:
    return {
        "SPDXID": _id(name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseDeclared": licence,
        # One for each file of that release, of which an installer takes the one that fits.
        "checksums": [{"algorithm": "SHA256", "checksumValue": each} for each in hashes],
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:pypi/{canonicalize_name(name)}@{version}",
            }
        ],
    }


def _id(name: str) -> str:
    return f"SPDXRef-Package-{canonicalize_name(name)}"


def _relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
