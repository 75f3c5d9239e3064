"""The archive for support: what was seen, what was found, and nothing secret."""

import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tidegauge import __version__
from tidegauge.doctor.evidence import Evidence
from tidegauge.doctor.findings import Finding

README = """\
Written by `tidegauge doctor --bundle`, version {version}.
evidence.json  what was read of the cluster, as far as the rules look at it
findings.json  what is wrong with it
There are no Secrets, environment variables or credentials in it; names of nodes, pods and
namespaces, addresses, and the lines of errors are.
"""


def write(path: Path, evidence: Evidence, findings: Sequence[Finding]) -> None:
    """Raises OSError where it cannot be written."""
    files: Mapping[str, bytes] = {
        "README.txt": README.format(version=__version__).encode(),
        "evidence.json": _pretty(evidence),
        "findings.json": _pretty(findings),
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"tidegauge-doctor/{name}")
            entry.size, entry.mtime, entry.mode = len(data), int(evidence.now), 0o600
            archive.addfile(entry, io.BytesIO(data))


def _pretty(what: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(what), indent=1)
