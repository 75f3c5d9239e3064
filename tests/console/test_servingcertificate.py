"""Which certificate is served and which authority published, by flags."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from tests.clock import ManualClock
from tests.cluster.fakeapi import serving
from tests.console.test_certificates import NAMES, Objects
from tidegauge.cluster.access import Access
from tidegauge.cluster.client import Client
from tidegauge.console.flags import parse
from tidegauge.console.servingcertificate import ServingCertificate
from tidegauge.security.files import FileError, unreported
from tidegauge.units.clock import SystemClock

OURS = ("--service-name=tidegauge", f"--inject-ca-bundle={','.join(NAMES)}")


@asynccontextmanager
async def made(objects: Objects, *flags: str) -> AsyncIterator[ServingCertificate]:
    """What these flags make, with an API server that has these objects."""
    clock = SystemClock()
    options = parse([*OURS, *flags]).options
    async with (
        serving(objects) as api,
        Client(Access("test", api.url), ManualClock(), environ={}) as client,
    ):
        yield ServingCertificate.of(options, client, clock, unreported)


async def published(certificate: ServingCertificate, objects: Objects) -> list[bytes]:
    """The bundles after the first look of the work, which goes on for ever."""
    (work,) = certificate.work
    task = asyncio.ensure_future(work)
    while not all(objects.bundles()):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return objects.bundles()


async def test_a_pair_of_our_own(tmp_path: Path) -> None:
    """The authority beside it is published; nobody else need be told of it."""
    objects = Objects()
    async with made(objects, f"--cert-dir={tmp_path}") as certificate:
        bundles = await published(certificate, objects)

    assert bundles == [(tmp_path / "tidegauge-ca.crt").read_bytes()] * 2
    assert certificate.problem() is None


async def test_given_files(tmp_path: Path) -> None:
    """With the authority that is given with them."""
    authority = trustme.CA()
    pair = authority.issue_cert("tidegauge.kube-system.svc")
    certificate_file, key_file, bundle = (tmp_path / name for name in ("c", "k", "ca"))
    pair.cert_chain_pems[0].write_to_path(certificate_file)
    pair.private_key_pem.write_to_path(key_file)
    authority.cert_pem.write_to_path(bundle)
    objects = Objects()
    flags = [
        f"--tls-cert-file={certificate_file}",
        f"--tls-private-key-file={key_file}",
        f"--inject-ca-bundle-file={bundle}",
    ]
    async with made(objects, *flags) as certificate:
        bundles = await published(certificate, objects)

    assert bundles == [authority.cert_pem.bytes()] * 2
    assert certificate.pair.current().certificate == certificate_file.read_bytes()


async def test_somebodys_pair_in_our_directory(tmp_path: Path) -> None:
    """It is served, but nobody can say by which authority it is verified."""
    pair = trustme.CA().issue_cert(
        "tidegauge.kube-system.svc",
        "tidegauge.kube-system.svc.cluster.local",
        "tidegauge.kube-system",
        "localhost",
        "127.0.0.1",
        "::1",
    )
    pair.cert_chain_pems[0].write_to_path(tmp_path / "apiserver.crt")
    pair.private_key_pem.write_to_path(tmp_path / "apiserver.key")

    with pytest.raises(FileError, match=r"not of our making.*--inject-ca-bundle-file"):
        async with made(Objects(), f"--cert-dir={tmp_path}"):
            pass


async def test_a_shared_pair_is_not_ready_before_it_is_shared() -> None:
    """A replica that cannot be verified takes no requests."""
    objects = Objects()
    async with made(objects, "--cert-secret=tidegauge-tls") as certificate:
        assert certificate.problem()
        bundles = await published(certificate, objects)

    assert certificate.problem() is None
    assert bundles == [objects.secret("ca.crt")] * 2
