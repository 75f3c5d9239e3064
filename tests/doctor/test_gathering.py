"""What is asked of the API server, and what is kept of its answers."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tidegauge.cluster.errors import Forbidden, NotFound, Status
from tidegauge.doctor.evidence import Evidence, Unread
from tidegauge.doctor.gathering import gather
from tidegauge.doctor.reading import Reading

SYSTEM = "/api/v1/namespaces/kube-system"
SERVICE = f"{SYSTEM}/services/tidegauge"
APISERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
FAILED = '{"event": "scrape failed", "key": "worker-1", "cause": "dns", "problem": "no name"}'


class Scripted:
    """A client of a cluster in which there is what is given by path, and all else is not."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers

    def _answer(self, path: str, params: Mapping[str, str] | None) -> Any:
        token = (params or {}).get("continue", "")
        found = self.answers.get(path + token)
        if found is None:
            raise NotFound(path, 404, Status(reason="NotFound"))
        if isinstance(found, Exception):
            raise found
        return found

    async def get(
        self,
        path: str,
        *,
        type: type[Any],  # noqa: A002  (as the client names it)
        params: Mapping[str, str] | None = None,
        **_: object,
    ) -> Any:
        return msgspec.convert(self._answer(path, params), type)

    async def read(
        self, path: str, *, accept: str, params: Mapping[str, str] | None = None
    ) -> tuple[str, bytes]:
        return accept, self._answer(path, params).encode()


async def gathered(answers: Mapping[str, Any]) -> Evidence:
    reading = Reading(Scripted(answers), lambda _: None)  # type: ignore[arg-type]
    return await gather(reading, now=0.0, skew=0.0, server="https://api")


def named(name: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **metadata}}


def serving(**logs: Any) -> dict[str, Any]:
    """A cluster whose metrics API is served by pods with these logs."""
    service = {"namespace": "kube-system", "name": "tidegauge"}
    spec = {"group": "metrics.k8s.io", "version": "v1", "service": service}
    pods = [named(name, namespace="kube-system") for name in logs]
    return {
        APISERVICES: {"items": [{**named("v1.metrics.k8s.io"), "spec": spec}]},
        SERVICE: {**named("tidegauge"), "spec": {"selector": {"app": "x"}}},
        f"{SYSTEM}/pods": {"items": pods},
        **{f"{SYSTEM}/pods/{name}/log": log for name, log in logs.items()},
    }


async def test_pages() -> None:
    """All pages of a list are read."""
    pages = {
        "/api/v1/pods": {"metadata": {"continue": "more"}, "items": [named("a")]},
        "/api/v1/podsmore": {"items": [named("b")]},
    }
    pods = (await gathered(pages)).pods
    assert not isinstance(pods, Unread)
    assert [one.metadata.name for one in pods] == ["a", "b"]


async def test_annotations() -> None:
    """Of a node's annotations only those are kept that say how it is asked."""
    told = {"tidegauge.dev/scrape": "false", "csi.volume.kubernetes.io/nodeid": "secret?"}
    seen = await gathered({"/api/v1/nodes": {"items": [named("worker-1", annotations=told)]}})
    assert b"secret?" not in msgspec.json.encode(seen)
    assert b"tidegauge.dev/scrape" in msgspec.json.encode(seen)


NO = Forbidden("https://api", 403, Status(reason="Forbidden"))
LOGS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "both": ({"a": FAILED, "b": FAILED}, {"worker-1"}),
    "one only": ({"a": FAILED, "b": ""}, set()),
    "one that cannot be read": ({"a": FAILED, "b": NO}, {"worker-1"}),
    "no replica": ({}, set()),
}


@pytest.mark.parametrize(("logs", "failing"), LOGS.values(), ids=LOGS)
async def test_logs(logs: dict[str, Any], failing: set[str]) -> None:
    """A node fails where no replica whose log can be read gets through to it."""
    provider = (await gathered(serving(**logs))).provider
    assert provider
    assert set(provider.failing) == failing


async def test_unreadable_logs() -> None:
    """Logs that may not be read at all are told among what could not be looked at."""
    seen = await gathered(serving(a=NO, b=NO))
    assert [one.what for one in seen.unread() if one.cause == "forbidden"] == [
        "get pods/log in kube-system"
    ]
