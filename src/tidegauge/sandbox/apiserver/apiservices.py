"""APIServices: which groups other servers answer for, and whether they do."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from tidegauge.sandbox.apiserver.discovery import AGGREGATED_TYPE, GroupVersion, own_versions
from tidegauge.sandbox.apiserver.podstatus import condition
from tidegauge.sandbox.apiserver.proxying import Proxy, Target, Unreachable, target_of
from tidegauge.sandbox.apiserver.storage import Object, Storage
from tidegauge.serving.authorization import MASTERS
from tidegauge.serving.messages import Request, Response, User
from tidegauge.serving.status import StatusError
from tidegauge.telemetry.logs import get_logger
from tidegauge.units.timestamp import format_rfc3339

CHECK_EVERY = 2.0
"""Seconds between checks: kube-aggregator takes up to 30, a demo has less patience."""

AGGREGATOR = User("system:kube-aggregator", (MASTERS,))

_log = get_logger("sandbox")

_KEEPS_ITSELF = {"kube-aggregator.kubernetes.io/automanaged": "onstart"}


class Endpoints:
    """Where Services lead, as far as the API server itself goes there.

    An ExternalName leads to its host; for any other Service somebody has to say it.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._known: dict[tuple[str, str], tuple[str, int]] = {}

    def expose(self, namespace: str, name: str, host: str, port: int) -> None:
        self._known[namespace, name] = (host, port)

    @contextmanager
    def withdrawn(self, namespace: str, name: str) -> Iterator[None]:
        """Within the block that Service leads nowhere."""
        address = self._known.pop((namespace, name))
        try:
            yield
        finally:
            self._known[namespace, name] = address

    def find(self, reference: Mapping[str, Any]) -> tuple[str, int] | tuple[str, str]:
        """Host and port; or the reason and the message of why there are none."""
        namespace, name = reference["namespace"], reference["name"]
        port = reference.get("port", 443)
        service = self._storage.get("services", namespace, name)
        if service is None:
            return "ServiceNotFound", f'service/{name} in "{namespace}" is not present'
        if (namespace, name) in self._known:
            return self._known[namespace, name]
        if service["spec"].get("type") == "ExternalName":
            return service["spec"]["externalName"], port
        if not any(each["port"] == port for each in service["spec"].get("ports") or ()):
            message = f'service/{name} in "{namespace}" is not listening on port {port}'
            return "ServicePortError", message
        message = f'endpoints for service/{name} in "{namespace}" have no addresses'
        return "MissingEndpoints", message


class ApiServices:
    def __init__(self, storage: Storage, endpoints: Endpoints, proxy: Proxy) -> None:
        self._storage = storage
        self._endpoints = endpoints
        self._proxy = proxy
        self._resources: dict[str, list[Object]] = {}
        """What each aggregated version was last seen to offer."""

        self._changed = asyncio.Event()
        storage.subscribe("apiservices", lambda _change, _obj: self._changed.set())
        storage.subscribe("services", lambda _change, _obj: self._changed.set())

    def register_own(self) -> None:
        """An APIService for each version that is served here."""
        for version in own_versions():
            spec = {
                "groupPriorityMinimum": version.priority,
                "version": version.version,
                "versionPriority": 1 if not version.group else 15,
            }
            spec |= {"group": version.group} if version.group else {}
            name = f"{version.version}.{version.group}"
            obj = {"metadata": {"name": name, "labels": _KEEPS_ITSELF}, "spec": spec}
            message = "Local APIServices are always available"
            self._set(self._storage.create("apiservices", obj), "True", "Local", message)

    async def run(self) -> None:
        """Check all of them, at once when one changes and now and then; for ever."""
        while True:
            self._changed.clear()
            for service in self._storage.list("apiservices"):
                if "service" in service["spec"]:
                    await self._checked(service)
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_EVERY):
                    await self._changed.wait()

    def find(self, group: str, version: str) -> Object | None:
        """The APIService whose server answers for that version, unless we do."""
        found = self._storage.get("apiservices", "", f"{version}.{group}")
        return found if found and found["spec"].get("service") else None

    def versions(self) -> list[GroupVersion]:
        """Everything there is: our own versions, and those of others."""
        others = [
            GroupVersion(
                each["spec"]["group"],
                each["spec"]["version"],
                self._resources.get(each["metadata"]["name"], []),
                each["spec"].get("groupPriorityMinimum", 0),
                available(each),
            )
            for each in self._storage.list("apiservices")
            if each["spec"].get("service")
        ]
        return [*own_versions(), *others]

    def unavailable(self) -> list[str]:
        """Groups with versions that nobody answers for at present."""
        return [version.name for version in self.versions() if not version.fresh]

    async def forward(self, service: Object, request: Request, user: User) -> Response:
        """The answer of the server behind an APIService; 503 when it can't be asked."""
        target = self._target(service)
        if not available(service) or not isinstance(target, Target):
            return unavailable_response("service unavailable")
        try:
            return await self._proxy.forward(target, request, user)
        except Unreachable as error:
            return unavailable_response(f"error trying to reach service: {error}")

    async def _checked(self, service: Object) -> None:
        try:
            await self._check(service)
        except Exception:  # noqa: BLE001  (one must not keep the others from being checked)
            _log.exception("APIService check failed", name=service["metadata"]["name"])

    async def _check(self, service: Object) -> None:
        target = self._target(service)
        if not isinstance(target, Target):
            self._set(service, "False", *target)
            return
        spec = service["spec"]
        path = f"/apis/{spec['group']}/{spec['version']}"
        url = f"{target.url}{path}"
        try:
            status, _ = await self._proxy.get(target, path, AGGREGATOR, "application/json")
            await self._discover(service, target)
        except Unreachable as error:
            why = f'failing or missing response from {url}: Get "{url}": {error}'
            self._set(service, "False", "FailedDiscoveryCheck", why)
            return
        if 200 <= status < 400:
            self._set(service, "True", "Passed", "all checks passed")
        else:
            why = f"failing or missing response from {url}: bad status from {url}: {status}"
            self._set(service, "False", "FailedDiscoveryCheck", why)

    async def _discover(self, service: Object, target: Target) -> None:
        """Remember what the version offers. Raises Unreachable."""
        status, body = await self._proxy.get(target, "/apis", AGGREGATOR, AGGREGATED_TYPE)
        if status != 200:
            return
        spec = service["spec"]
        with suppress(msgspec.DecodeError, KeyError, TypeError):
            for group in msgspec.json.decode(body)["items"]:
                for version in group["versions"]:
                    if (group["metadata"]["name"], version["version"]) == (
                        spec["group"],
                        spec["version"],
                    ):
                        self._resources[service["metadata"]["name"]] = version["resources"]

    def _target(self, service: Object) -> Target | tuple[str, str]:
        """Where its server is; or the reason and the message of why nowhere."""
        found, port = self._endpoints.find(service["spec"]["service"])
        if isinstance(port, str):
            return found, port
        return target_of(service["spec"], found, port)

    def _set(self, service: Object, status: str, reason: str, message: str) -> None:
        """Write the Available condition when it is another than before."""
        before = condition(service.get("status", {}), "Available")
        now = format_rfc3339(int(self._storage.clock.now()))
        moved = now if before.get("status") != status else before["lastTransitionTime"]
        found = {
            "type": "Available",
            "status": status,
            "lastTransitionTime": moved,
            "reason": reason,
            "message": message,
        }
        if before == found:
            return
        changed = service | {"status": {"conditions": [found]}}
        with suppress(StatusError):  # changed or gone meanwhile: the next round sees to it
            self._storage.update("apiservices", changed)


def available(service: Object) -> bool:
    return condition(service.get("status", {}), "Available").get("status") == "True"


def unavailable_response(text: str) -> Response:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Response(503, headers, text.encode() + b"\n")
