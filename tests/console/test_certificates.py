"""The certificate that replicas share: who makes it, who takes it, and who is told to trust it."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
import trustme
from aiohttp import web
from structlog.testing import capture_logs

from tests.clock import ManualClock
from tests.cluster.fakeapi import serving
from tidegauge.cluster.access import Access
from tidegauge.cluster.apiservices import ServiceReference
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import Conflict
from tidegauge.cluster.patching import RACES
from tidegauge.cluster.secrets import Secret, SecretMissing
from tidegauge.console.certificates import ForeignPair, SharedCertificate
from tidegauge.console.registrations import Registrations
from tidegauge.security.certificates import LEAF_LIFE, RENEW_WHEN_LEFT, service_names
from tidegauge.security.sharing import PUBLISHED_FOR

NAMESPACE, SERVICE, SECRET = "kube-system", "tidegauge", "tidegauge-tls"
SECRET_PATH = f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}"
NAMES = ("v1.metrics.k8s.io", "v1beta1.metrics.k8s.io")
PATHS = [f"/apis/apiregistration.k8s.io/v1/apiservices/{name}" for name in NAMES]


class Objects:
    """Objects by path, that take a merge patch of the version they have, as the API server does."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {
            SECRET_PATH: {"metadata": {"namespace": NAMESPACE, "name": SECRET}},
            **{path: self.api_service(path) for path in PATHS},
        }
        self.forbidden: set[str] = set()
        self.contested: set[str] = set()
        self.refused = 0
        self.changes = 0

    @staticmethod
    def api_service(path: str, service: str = SERVICE) -> dict[str, Any]:
        name = path.rpartition("/")[2]
        spec = {"service": {"namespace": NAMESPACE, "name": service}}
        return {"metadata": {"name": name}, "spec": spec}

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        found = self.there.get(request.path)
        if found is None:
            return web.json_response({"message": "not found"}, status=404)
        found["metadata"].setdefault("resourceVersion", "0")
        if request.path in self.forbidden:
            return web.json_response({"message": "no"}, status=403)
        if request.method == "PATCH":
            change = json.loads(await request.read())
            read = change["metadata"]["resourceVersion"]
            if read != found["metadata"]["resourceVersion"] or request.path in self.contested:
                self.refused += 1
                return web.json_response({"message": "changed"}, status=409)
            self.changes += 1
            _merge(found, {**change, "metadata": {"resourceVersion": str(self.changes)}})
        return web.json_response(found)

    def secret(self, field: str) -> bytes:
        return b64decode(self.there[SECRET_PATH].get("data", {}).get(field, ""))

    def bundles(self) -> list[bytes]:
        return [b64decode(self.there[path]["spec"].get("caBundle", "")) for path in PATHS]


def _merge(found: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            _merge(found.setdefault(key, {}), value)
        else:
            found[key] = value


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def objects() -> Objects:
    return Objects()


class Replicas:
    """As many as are asked for, each with a client of its own."""

    def __init__(self, url: str, clock: ManualClock, stack: AsyncExitStack) -> None:
        self._url = url
        self._clock = clock
        self._stack = stack

    async def one(self) -> SharedCertificate:
        client = Client(Access("test", self._url), self._clock, environ={})
        await self._stack.enter_async_context(client)
        ours = ServiceReference(NAMESPACE, SERVICE)
        registrations = Registrations(client, NAMES, ours, self._clock)
        names = service_names(SERVICE, NAMESPACE)
        return SharedCertificate(client, (NAMESPACE, SECRET), names, self._clock, registrations)


@pytest.fixture
async def replicas(objects: Objects, clock: ManualClock) -> AsyncIterator[Replicas]:
    async with serving(objects) as api, AsyncExitStack() as stack:
        yield Replicas(api.url, clock, stack)


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


async def test_the_first_replica_makes_it(objects: Objects, replicas: Replicas) -> None:
    """Into the Secret first, then its authority into both APIServices."""
    replica = await replicas.one()
    assert replica.problem()

    await replica.look()

    assert replica.problem() is None
    assert objects.secret("tls.crt") == replica.current().certificate
    assert objects.bundles() == [objects.secret("ca.crt")] * 2
    assert objects.secret("ca.crt")


async def test_a_look_changes_nothing_where_all_is_well(
    objects: Objects, replicas: Replicas
) -> None:
    """Not a write a minute."""
    replica = await replicas.one()
    await replica.look()
    before = objects.changes

    await replica.look()
    await (await replicas.one()).look()

    assert objects.changes == before


async def test_replicas_that_start_together_agree(objects: Objects, replicas: Replicas) -> None:
    """One wins, the others take what it wrote; nobody fails for it."""
    several = [await replicas.one() for _ in range(5)]

    await asyncio.gather(*(each.look() for each in several))

    assert {each.current().certificate for each in several} == {objects.secret("tls.crt")}
    assert objects.bundles() == [objects.secret("ca.crt")] * 2


async def test_a_renewal_needs_no_restart(
    objects: Objects, replicas: Replicas, clock: ManualClock
) -> None:
    """Both authorities are believed before the new pair is served, and after."""
    replica, other = await replicas.one(), await replicas.one()
    for each in (replica, other):
        await each.look()
    old = replica.current()
    clock.advance(LEAF_LIFE - RENEW_WHEN_LEFT)

    await replica.look()
    assert (replica.current(), objects.bundles()) == (old, [objects.secret("ca.crt")] * 2)
    assert objects.secret("ca.crt").count(b"BEGIN") == 2
    clock.advance(PUBLISHED_FOR)
    for each in (replica, other):
        await each.look()

    assert replica.current() == other.current() != old
    assert objects.secret("next.crt") == b""
    assert objects.bundles() == [objects.secret("ca.crt")] * 2


async def test_nobody_serves_what_kube_apiserver_does_not_believe(
    objects: Objects, replicas: Replicas, clock: ManualClock
) -> None:
    """While an APIService can't be written, a renewal waits."""
    replica = await replicas.one()
    await replica.look()
    old = replica.current()
    clock.advance(LEAF_LIFE - RENEW_WHEN_LEFT)
    objects.forbidden = {PATHS[0]}
    for _ in range(3):
        await replica.look()
        clock.advance(PUBLISHED_FOR)
    assert replica.current() == old

    objects.forbidden = set()
    await replica.look()
    await replica.look()

    assert replica.current() != old


async def test_one_that_fails_keeps_no_other_back(
    objects: Objects, replicas: Replicas, logs: list[Any]
) -> None:
    """What is told names it and the remedy, once."""
    objects.forbidden = {PATHS[0]}
    replica = await replicas.one()

    assert [await replica.look(), await replica.look()] == [False, False]

    assert objects.bundles()[1] == objects.secret("ca.crt")
    (told,) = [line for line in logs if line["log_level"] == "warning"]
    assert (told["key"], told["cause"]) == (NAMES[0], "forbidden")
    assert "grant it to this user by RBAC" in told["error"]


async def test_an_api_service_that_comes_later(
    objects: Objects, replicas: Replicas, logs: list[Any]
) -> None:
    """As when manifests are applied in any order: said once, looked for soon, and written."""
    later = objects.there.pop(PATHS[0])
    replica = await replicas.one()

    assert not await replica.look()
    objects.there[PATHS[0]] = later
    assert await replica.look()

    assert objects.bundles() == [objects.secret("ca.crt")] * 2
    (told,) = [line for line in logs if line["log_level"] == "warning"]
    assert told["error"].endswith("create it, or take it out of --inject-ca-bundle")


async def test_what_leads_elsewhere_is_left_alone(
    objects: Objects, replicas: Replicas, logs: list[Any]
) -> None:
    """The metrics server of before keeps its version, its certificate and its clients."""
    objects.there[PATHS[1]] = objects.api_service(PATHS[1], "metrics-server")
    replica = await replicas.one()

    await replica.look()

    assert objects.bundles() == [objects.secret("ca.crt"), b""]
    (told,) = [line for line in logs if line["log_level"] == "warning"]
    assert "does not lead to Service kube-system/tidegauge" in told["error"]


async def test_a_bundle_that_was_taken_away_comes_back(
    objects: Objects, replicas: Replicas
) -> None:
    """As when a tool brings the APIService to what is in a repository."""
    replica = await replicas.one()
    await replica.look()
    del objects.there[PATHS[0]]["spec"]["caBundle"]

    await replica.look()

    assert objects.bundles() == [objects.secret("ca.crt")] * 2


async def test_a_secret_that_is_not_there(objects: Objects, replicas: Replicas) -> None:
    """Said with the remedy; probes get a handshake all the same, and it is taken when it comes."""
    kept = objects.there.pop(SECRET_PATH)
    replica = await replicas.one()

    with pytest.raises(SecretMissing, match="kubectl create secret generic"):
        await replica.look()
    assert "kubectl create secret generic" in (replica.problem() or "")
    assert replica.current().certificate
    objects.there[SECRET_PATH] = kept
    await replica.look()

    assert replica.problem() is None


async def test_the_secret_lost_later_ends_nothing(objects: Objects, replicas: Replicas) -> None:
    """The pair stays in use, and readiness green: kube-apiserver believes it still."""
    replica = await replicas.one()
    await replica.look()
    served = replica.current()
    del objects.there[SECRET_PATH]

    with pytest.raises(SecretMissing):
        await replica.look()

    assert (replica.current(), replica.problem()) == (served, None)


async def test_somebodys_data_stays(objects: Objects, replicas: Replicas) -> None:
    """Only our own fields are written."""
    objects.there[SECRET_PATH]["data"] = {"note": "bm90ZQ=="}

    await (await replicas.one()).look()

    assert objects.secret("note") == b"note"


@pytest.mark.parametrize("name", ["tidegauge.kube-system.svc", "shop.example"])
async def test_a_secret_of_somebody_else(objects: Objects, replicas: Replicas, name: str) -> None:
    """His key is neither used nor lost, whether or not the names fit; the remedy is said."""
    theirs = trustme.CA(organization_name="Acme").issue_cert(name)
    pieces = {"tls.crt": theirs.cert_chain_pems[0], "tls.key": theirs.private_key_pem}
    data = {field: b64encode(piece.bytes()).decode() for field, piece in pieces.items()}
    objects.there[SECRET_PATH]["data"] = dict(data)
    replica = await replicas.one()

    with pytest.raises(
        ForeignPair, match=r"Secret kube-system/tidegauge-tls holds .*Acme.* signed"
    ):
        await replica.look()

    assert objects.there[SECRET_PATH]["data"] == data
    assert objects.changes == 0
    assert "name another by --cert-secret" in (replica.problem() or "")


@pytest.mark.parametrize("path", [SECRET_PATH, PATHS[0]], ids=["secret", "api-service"])
async def test_conflicts_without_end(objects: Objects, replicas: Replicas, path: str) -> None:
    """What always refuses is not asked without a pause: it may be all that the API server does."""
    objects.contested = {path}
    replica = await replicas.one()

    if path == SECRET_PATH:
        with pytest.raises(Conflict):
            await replica.look()
    else:
        assert not await replica.look()

    assert objects.refused == RACES


async def test_who_takes_the_bundle_away_again_and_again(
    objects: Objects, replicas: Replicas, logs: list[Any]
) -> None:
    """It is put back each time, and said once, with what to look for; and once that it is over."""
    replica = await replicas.one()
    await replica.look()
    for _ in range(4):
        del objects.there[PATHS[0]]["spec"]["caBundle"]
        assert await replica.look()
    await replica.look()

    assert objects.bundles() == [objects.secret("ca.crt")] * 2
    told = [line["event"] for line in logs if line.get("key") == NAMES[0]]
    assert told == ["keeping the authority failed", "keeping the authority recovered"]
    assert sum(line["event"] == "authority published" for line in logs) == 2


async def test_a_bundle_without_a_certificate(replicas: Replicas, objects: Objects) -> None:
    """As some issuers leave `ca.crt`: what is there stays, since by nothing nobody is verified."""
    registrations = (await replicas.one())._registrations
    assert registrations
    await registrations.publish(b"")
    await registrations.publish(b"-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")

    assert objects.changes == 0


async def test_a_restart_amid_a_renewal(
    objects: Objects, replicas: Replicas, clock: ManualClock
) -> None:
    """A new replica serves no coming pair before it has seen to its authority itself."""
    replica = await replicas.one()
    await replica.look()
    old = replica.current()
    clock.advance(LEAF_LIFE - RENEW_WHEN_LEFT)
    await replica.look()
    clock.advance(PUBLISHED_FOR)
    del objects.there[PATHS[0]]["spec"]["caBundle"]

    restarted = await replicas.one()
    await restarted.look()
    assert (restarted.current(), objects.bundles()) == (old, [objects.secret("ca.crt")] * 2)
    await restarted.look()
    assert restarted.current() != old


async def test_what_another_wrote_is_published_before_it_is_served(
    objects: Objects, replicas: Replicas, clock: ManualClock
) -> None:
    """To have published the bundle of before is not to have published this one."""
    replica, other = await replicas.one(), await replicas.one()
    await replica.look()
    old = replica.current()
    clock.advance(LEAF_LIFE - RENEW_WHEN_LEFT)
    objects.forbidden = set(PATHS)
    await other.look()
    clock.advance(PUBLISHED_FOR)
    objects.forbidden = set()

    await replica.look()

    assert (replica.current(), objects.bundles()) == (old, [objects.secret("ca.crt")] * 2)


async def test_an_emptied_secret(objects: Objects, replicas: Replicas) -> None:
    """A new pair is made by whoever looks first, and the next look of the others takes it."""
    one, other = await replicas.one(), await replicas.one()
    for each in (one, other):
        await each.look()
    before = one.current()
    objects.there[SECRET_PATH]["data"] = {}
    objects.there[SECRET_PATH]["metadata"]["resourceVersion"] = "emptied"

    for each in (one, other):
        await each.look()

    assert one.current() == other.current() != before
    assert objects.bundles() == [objects.secret("ca.crt")] * 2


def test_a_secret_does_not_show_its_data() -> None:
    """Only whose it is, and which fields it has."""
    secret = msgspec.convert({"data": {"tls.key": "aGlkZGVu"}}, Secret)

    assert secret.data == {"tls.key": b"hidden"}
    assert repr(secret) == "Secret(/: tls.key)"
