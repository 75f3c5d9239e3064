"""The serving certificate we make ourselves when none is given, kept in a directory.

The incumbent's own pair names only localhost, so nobody can verify it. Ours names the Service, and
its authority stays in the directory beside it, to be put into the APIService's `caBundle`.
"""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from tidegauge.security.certificates import (
    LEAF_LIFE,
    RENEW_WHEN_LEFT,
    Pair,
    end_of,
    make_authority,
    make_leaf,
    read_certificates,
    self_made,
    usable,
)
from tidegauge.security.files import MAX_BYTES, FileError, replace_file
from tidegauge.units.clock import Clock


class SelfMadePair:
    """A pair for `names`, kept in `directory` and made anew in time. Raises FileError.

    Files: `apiserver.crt` and `apiserver.key` (the incumbent's names), `tidegauge-ca.crt` and
    `tidegauge-ca.key`. A pair that is there is used while it is valid and covers the names; one
    that somebody's own authority signed is never overwritten.
    """

    def __init__(self, directory: Path, names: Sequence[str], clock: Clock) -> None:
        self._directory = directory
        self._names = tuple(names)
        self._clock = clock
        self._pair, self._renew_at = self._reuse() or self._make()

    def current(self) -> Pair:
        """The pair to serve with. One that can't be renewed stays in use; FileError says why."""
        if self._clock.now() >= self._renew_at:
            self._pair, self._renew_at = self._make()
        return self._pair

    @property
    def authority(self) -> bytes | None:
        """PEM of the authority for `caBundle`; None when the pair is not of our making.

        That of the pair in use, not of the file beside it, which somebody may have taken away.
        """
        chain = read_certificates(self._pair.certificate)
        ours = len(chain) > 1 and self_made(chain[0])
        return chain[-1].public_bytes(Encoding.PEM) if ours else None

    def _reuse(self) -> tuple[Pair, float] | None:
        pair = _read_pair(self._directory, "apiserver")
        if pair is None:
            return None
        now = self._clock.now()
        renew_at = end_of(pair, self._names, now) - RENEW_WHEN_LEFT
        return (pair, renew_at) if now < renew_at else None

    def _make(self) -> tuple[Pair, float]:
        self._spare_foreign()
        now = self._clock.now()
        authority = self._authority(now)
        pair = make_leaf(authority, self._names, now)
        self._write("apiserver", pair)
        return pair, now + LEAF_LIFE - RENEW_WHEN_LEFT

    def _spare_foreign(self) -> None:
        # A directory such as /etc/kubernetes/pki has the API server's own pair under this name.
        pair = _read_pair(self._directory, "apiserver")
        leaf = usable(pair) if pair else None
        if leaf and not self_made(leaf):
            raise FileError(
                f"{self._directory / 'apiserver.crt'}: signed by {leaf.issuer.rfc4514_string()} "
                f"and not usable for {self._names[0]}, so neither served nor overwritten; give "
                "--cert-dir another directory, or --tls-cert-file and --tls-private-key-file"
            )

    def _authority(self, now: float) -> Pair:
        """The authority of before, as long as it outlives what it signs now."""
        kept = _read_pair(self._directory, "tidegauge-ca")
        certificate = usable(kept) if kept else None
        if kept and certificate and certificate.not_valid_after_utc.timestamp() > now + LEAF_LIFE:
            return kept
        made = make_authority(now)
        self._write("tidegauge-ca", made)
        return made

    def _write(self, stem: str, pair: Pair) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            replace_file(self._directory / f"{stem}.key", pair.key, 0o600)
            replace_file(self._directory / f"{stem}.crt", pair.certificate, 0o644)
        except OSError as error:
            raise FileError(
                f"{self._directory}: can't keep a serving certificate there: {error.strerror}; "
                "give --cert-dir a writable directory, or --tls-cert-file and "
                "--tls-private-key-file"
            ) from error


def _read_pair(directory: Path, stem: str) -> Pair | None:
    try:
        return Pair(_read_own(directory / f"{stem}.crt"), _read_own(directory / f"{stem}.key"))
    except OSError:
        return None


def _read_own(path: Path) -> bytes:
    """Raises OSError, also for what others may have put there to be served or believed: the
    directory is /tmp unless told otherwise.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        ours = status.st_uid in (0, os.geteuid()) and not status.st_mode & stat.S_IWOTH
        if not (ours and stat.S_ISREG(status.st_mode)):
            raise PermissionError(errno.EPERM, "not a file of ours", str(path))
        return file.read(MAX_BYTES)
