"""The serving certificate of our own making: whom it names, how long it lasts, where it lies."""

import ipaddress
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.clock import ManualClock
from tidegauge.security.certificates import service_names
from tidegauge.security.files import FileError
from tidegauge.security.selfmade import SelfMadePair

NAMES = service_names("metrics-server", "kube-system")
DAY = 86_400.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall=datetime.now(UTC).timestamp())


def leaf_of(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def names_of(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*names.get_values_for_type(x509.DNSName)} | {
        str(address) for address in names.get_values_for_type(x509.IPAddress)
    }


def test_names() -> None:
    """The Service's names as clients in the cluster write them, and those of this machine."""
    assert set(NAMES) == {
        "metrics-server.kube-system",
        "metrics-server.kube-system.svc",
        "metrics-server.kube-system.svc.cluster.local",
        "localhost",
        "127.0.0.1",
        "::1",
    }


def test_made(tmp_path: Path, clock: ManualClock) -> None:
    """A pair for all names, signed by an authority that lies beside it for whoever verifies."""
    made = SelfMadePair(tmp_path / "new" / "folder", NAMES, clock)

    leaf, authority = x509.load_pem_x509_certificates(made.current().certificate)
    assert names_of(leaf) == set(NAMES)
    assert made.authority == authority.public_bytes(Encoding.PEM)
    leaf.verify_directly_issued_by(authority)
    assert (
        leaf.not_valid_before_utc.timestamp() < clock.now() < leaf.not_valid_after_utc.timestamp()
    )
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "new" / "folder").iterdir()
    }
    assert {name for name in modes if name.endswith(".crt")} == {
        "apiserver.crt",
        "tidegauge-ca.crt",
    }
    assert {mode for name, mode in modes.items() if name.endswith(".key")} == {0o600}


def test_used_again(tmp_path: Path, clock: ManualClock) -> None:
    """A restart finds the same pair and authority."""
    first = SelfMadePair(tmp_path, NAMES, clock)
    clock.advance(100 * DAY)

    second = SelfMadePair(tmp_path, NAMES, clock)

    assert (second.current(), second.authority) == (first.current(), first.authority)


def test_another_name(tmp_path: Path, clock: ManualClock) -> None:
    """A pair that lacks a name is made anew, under the authority that clients know."""
    first = SelfMadePair(tmp_path, NAMES[:1], clock)

    second = SelfMadePair(tmp_path, NAMES, clock)

    assert names_of(leaf_of(second.current().certificate)) == set(NAMES)
    assert second.authority == first.authority


def test_renewed_while_running(tmp_path: Path, clock: ManualClock) -> None:
    """Three months before its end the pair is made anew, on disk too; the authority stays."""
    made = SelfMadePair(tmp_path, NAMES, clock)
    first, authority = made.current(), made.authority
    clock.advance(274 * DAY)
    assert made.current() == first
    clock.advance(2 * DAY)

    renewed = made.current()

    assert renewed != first
    assert made.current() == renewed
    assert made.authority == authority
    assert (tmp_path / "apiserver.crt").read_bytes() == renewed.certificate
    end = leaf_of(renewed.certificate).not_valid_after_utc.timestamp()
    assert end == pytest.approx(clock.now() + 365 * DAY, abs=1)


def test_authority_ends(tmp_path: Path, clock: ManualClock) -> None:
    """An authority that would end before what it signs is made anew."""
    authority = SelfMadePair(tmp_path, NAMES, clock).authority
    clock.advance(9.5 * 365 * DAY)

    assert SelfMadePair(tmp_path, NAMES, clock).authority != authority


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("apiserver.crt", b""),
        ("apiserver.crt", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("apiserver.key", b"no key"),
        ("tidegauge-ca.crt", b"no certificate"),
        ("tidegauge-ca.key", b"no key"),
        ("apiserver.key", trustme.CA().issue_cert("a").private_key_pem.bytes()),
    ],
    ids=["empty", "damaged", "no-key", "no-authority", "no-authority-key", "other-key"],
)
def test_damaged_files(tmp_path: Path, clock: ManualClock, name: str, content: bytes) -> None:
    """Files that can't be used are replaced by ones that can."""
    SelfMadePair(tmp_path, NAMES[:1], clock)
    (tmp_path / name).write_bytes(content)

    leaf = leaf_of(SelfMadePair(tmp_path, NAMES, clock).current().certificate)

    assert names_of(leaf) == set(NAMES)


def test_given_pair(tmp_path: Path, clock: ManualClock) -> None:
    """A pair that somebody put there is used when it covers the names."""
    given = trustme.CA().issue_cert("localhost")
    certificate = given.cert_chain_pems[0].bytes()
    (tmp_path / "apiserver.crt").write_bytes(certificate)
    (tmp_path / "apiserver.key").write_bytes(given.private_key_pem.bytes())

    made = SelfMadePair(tmp_path, ["localhost"], clock)

    assert made.current().certificate == certificate
    assert made.authority is None


def test_foreign_pair(tmp_path: Path, clock: ManualClock) -> None:
    """A pair that somebody's own authority signed is not overwritten, and the error says so."""
    given = trustme.CA().issue_cert("kubernetes.example")
    (tmp_path / "apiserver.crt").write_bytes(given.cert_chain_pems[0].bytes())
    (tmp_path / "apiserver.key").write_bytes(given.private_key_pem.bytes())

    with pytest.raises(FileError, match=r"apiserver\.crt: signed by .*--cert-dir"):
        SelfMadePair(tmp_path, NAMES, clock)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "apiserver.crt": given.cert_chain_pems[0].bytes(),
        "apiserver.key": given.private_key_pem.bytes(),
    }


def test_no_place_to_keep_it(tmp_path: Path, clock: ManualClock) -> None:
    """A directory that can't be written to is an error that names it and the flags."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(FileError, match=r"file.*--cert-dir.*--tls-cert-file"):
        SelfMadePair(tmp_path / "file", NAMES, clock)


def test_addresses(tmp_path: Path, clock: ManualClock) -> None:
    """An address is named as one, else no client would take it for one."""
    leaf = leaf_of(SelfMadePair(tmp_path, ["::1"], clock).current().certificate)

    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("::1")]


def test_umask_opens_no_key(tmp_path: Path, clock: ManualClock) -> None:
    """A lax umask does not open a key to others."""
    before = os.umask(0)
    try:
        SelfMadePair(tmp_path, NAMES, clock)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "apiserver.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("stem", ["apiserver", "tidegauge-ca"])
def test_planted_by_others(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, stem: str
) -> None:
    """What another user of a shared directory put there is neither served nor signed with."""
    before = SelfMadePair(tmp_path, NAMES, clock)
    planted = (tmp_path / f"{stem}.crt").read_bytes()
    real = os.fstat
    theirs = {(tmp_path / f"{stem}.{kind}").stat().st_ino for kind in ("crt", "key")}

    def fstat(number: int) -> os.stat_result:
        mode, inode, device, links, uid, *more = real(number)[:10]
        return os.stat_result((mode, inode, device, links, uid + (inode in theirs), *more))

    monkeypatch.setattr(os, "fstat", fstat)
    if stem == "tidegauge-ca":
        (tmp_path / "apiserver.crt").unlink()
    made = SelfMadePair(tmp_path, NAMES, clock)

    assert made.current() != before.current()
    assert (tmp_path / f"{stem}.crt").read_bytes() != planted


def test_writable_by_others(tmp_path: Path, clock: ManualClock) -> None:
    """Nor what anybody could have changed since."""
    before = SelfMadePair(tmp_path, NAMES, clock).current()
    (tmp_path / "apiserver.key").chmod(0o666)

    assert SelfMadePair(tmp_path, NAMES, clock).current() != before


def test_pipe_in_the_way(tmp_path: Path, clock: ManualClock) -> None:
    """A named pipe, which would be read for ever, is replaced."""
    os.mkfifo(tmp_path / "apiserver.key")
    (tmp_path / "apiserver.crt").write_bytes(b"")

    assert SelfMadePair(tmp_path, NAMES, clock).current().key


def test_the_authority_does_not_go_with_its_file(tmp_path: Path, clock: ManualClock) -> None:
    """What cleans /tmp must not empty every `caBundle`, nor what writes there fill it."""
    made = SelfMadePair(tmp_path, NAMES, clock)
    before = made.authority
    (tmp_path / "tidegauge-ca.crt").write_bytes(b"somebody's")
    (tmp_path / "tidegauge-ca.key").unlink()

    assert before
    assert made.authority == before
    (tmp_path / "tidegauge-ca.crt").unlink()
    assert made.authority == before


def test_one_from_the_future(tmp_path: Path, clock: ManualClock) -> None:
    """Made while the clock was ahead, clients would refuse it for months: a new one is made."""
    SelfMadePair(tmp_path, NAMES, ManualClock(wall=clock.now() + 90 * DAY))

    leaf = leaf_of(SelfMadePair(tmp_path, NAMES, clock).current().certificate)
    assert leaf.not_valid_before_utc.timestamp() <= clock.now()
