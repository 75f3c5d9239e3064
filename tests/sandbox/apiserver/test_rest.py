"""Objects over the API: the essence of the comparison with the real one, and what that lacks."""

import asyncio
from typing import Any

import pytest

from tests.sandbox.apiserver.rig import MERGE, TABLE, Rig, config_map, pod
from tidegauge.sandbox.apiserver.identities import NOBODY, VIEWER
from tidegauge.sandbox.apiserver.lists import SNAPSHOTS
from tidegauge.serving.status import Status

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


@pytest.fixture
def rig() -> Rig:
    return Rig()


def deployment(**spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]},
    }
    return {
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


async def test_defaults_are_seen(rig: Rig) -> None:
    """What is not said is filled in, down to the containers of the template."""
    made = (await rig.ask("POST", DEPLOYMENTS, deployment())).json()

    assert made["spec"]["replicas"] == 1
    assert made["spec"]["strategy"]["rollingUpdate"] == {
        "maxUnavailable": "25%",
        "maxSurge": "25%",
    }
    template = made["spec"]["template"]["spec"]
    assert template["restartPolicy"] == "Always"
    assert template["containers"][0]["imagePullPolicy"] == "IfNotPresent"


async def test_optimistic_concurrency(rig: Rig) -> None:
    """Of two that read the same version, only the first may write."""
    read = (await rig.ask("POST", MAPS, config_map("a"))).json()
    first = await rig.ask("PUT", f"{MAPS}/a", read | {"data": {"a": "1"}})
    second = await rig.ask("PUT", f"{MAPS}/a", read | {"data": {"a": "2"}})

    assert (first.status, second.status) == (200, 409)
    assert second.json()["reason"] == "Conflict"
    assert (await rig.ask("GET", f"{MAPS}/a")).json()["data"] == {"a": "1"}


async def test_status_and_spec_have_their_own_writers(rig: Rig) -> None:
    """A write of the object leaves the status alone, and the other way round."""
    await rig.ask("POST", DEPLOYMENTS, deployment(replicas=2))
    told = {"spec": {"replicas": 9}, "status": {"replicas": 2}}
    status = await rig.ask("PATCH", f"{DEPLOYMENTS}/web/status", told, Content_Type=MERGE)
    whole = await rig.ask("PATCH", f"{DEPLOYMENTS}/web", told, Content_Type=MERGE)

    assert status.json()["spec"]["replicas"] == 2
    assert status.json()["metadata"]["generation"] == 1
    assert whole.json()["spec"]["replicas"] == 9
    assert whole.json()["metadata"]["generation"] == 2
    assert whole.json()["status"] == {"replicas": 2}


async def test_scale(rig: Rig) -> None:
    """A Scale shows and changes the replicas only."""
    await rig.ask("POST", DEPLOYMENTS, deployment(replicas=2))
    scale = (await rig.ask("GET", f"{DEPLOYMENTS}/web/scale")).json()
    await rig.ask("PUT", f"{DEPLOYMENTS}/web/scale", scale | {"spec": {"replicas": 0}})

    assert (scale["kind"], scale["status"]["selector"]) == ("Scale", "app=web")
    assert (await rig.ask("GET", f"{DEPLOYMENTS}/web")).json()["spec"]["replicas"] == 0


@pytest.mark.parametrize(
    ("validation", "status", "warning"),
    [
        ("Strict", 400, None),
        ("Warn", 201, '299 - "unknown field \\"spec.replicaz\\""'),
        ("Ignore", 201, None),
    ],
)
async def test_unknown_fields(rig: Rig, validation: str, status: int, warning: str | None) -> None:
    """A field that nobody knows is refused, warned of or dropped, as the client wishes."""
    target = f"{DEPLOYMENTS}?fieldValidation={validation}"
    got = await rig.ask("POST", target, deployment(replicaz=1))

    assert (got.status, got.headers.get("warning")) == (status, warning)
    assert status == 400 or "replicaz" not in got.json()["spec"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (deployment(replicas=-1), "spec.replicas"),
        (deployment(selector={"matchLabels": {"app": "other"}}), "spec.template.metadata.labels"),
        (deployment(strategy={"type": "Odd"}), "spec.strategy.type"),
        (deployment() | {"metadata": {"name": "Web"}}, "metadata.name"),
        (deployment() | {"metadata": {}}, "metadata.name"),
    ],
    ids=["negative", "selector", "closed set", "name", "no name"],
)
async def test_invalid(rig: Rig, body: Any, field: str) -> None:
    """What breaks a rule is answered with 422 and the path of the field."""
    got = await rig.ask("POST", DEPLOYMENTS, body)

    assert got.status == 422
    assert got.json()["details"]["causes"][0]["field"] == field


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=app%3Da", ["a"]),
        ("labelSelector=app+in+(a,b)", ["a", "b"]),
        ("fieldSelector=spec.nodeName%3Dn1", ["b"]),
        ("fieldSelector=status.phase%3DRunning", ["c"]),
        ("fieldSelector=metadata.name!%3Da", ["b", "c"]),
    ],
)
async def test_selectors(rig: Rig, query: str, names: list[str]) -> None:
    """Lists are narrowed by labels, and by the fields that controllers and kubectl use."""
    rig.storage.create("pods", pod("a"))
    rig.storage.create("pods", pod("b", nodeName="n1"))
    rig.storage.create("pods", pod("c") | {"status": {"phase": "Running"}})

    items = (await rig.ask("GET", f"{PODS}?{query}")).json()["items"]

    assert [item["metadata"]["name"] for item in items] == names


async def test_pages_show_one_moment(rig: Rig) -> None:
    """Pages go on from the list as it was when it began, whatever was written since."""
    for name in "abcde":
        rig.storage.create("configmaps", config_map(name))
    first = (await rig.ask("GET", f"{MAPS}?limit=2")).json()
    rig.storage.delete("configmaps", "default", "c")
    token = first["metadata"]["continue"]
    second = (await rig.ask("GET", f"{MAPS}?limit=2&continue={token}")).json()
    token = second["metadata"]["continue"]
    last = (await rig.ask("GET", f"{MAPS}?limit=2&continue={token}")).json()

    pages = [[item["metadata"]["name"] for item in page["items"]] for page in (first, second, last)]
    assert pages == [["a", "b"], ["c", "d"], ["e"]]
    assert first["metadata"]["remainingItemCount"] == 3
    assert {page["metadata"]["resourceVersion"] for page in (first, second, last)} == {
        first["metadata"]["resourceVersion"]
    }
    assert "continue" not in last["metadata"]


async def test_pages_end_with_a_compaction(rig: Rig) -> None:
    """After a compaction the token of a page is answered with 410."""
    for name in "abc":
        rig.storage.create("configmaps", config_map(name))
    token = (await rig.ask("GET", f"{MAPS}?limit=2")).json()["metadata"]["continue"]
    rig.server.compact()

    got = await rig.ask("GET", f"{MAPS}?limit=2&continue={token}")

    assert (got.status, got.json()["reason"]) == (410, "Expired")


async def test_table(rig: Rig) -> None:
    """A Table has a column for each that kubectl shows, and the metadata beside the cells."""
    rig.storage.create("pods", pod("a") | {"status": {"phase": "Pending"}})

    table = (await rig.ask("GET", PODS, Accept=TABLE)).json()

    names = [column["name"] for column in table["columnDefinitions"]]
    assert names[:5] == ["Name", "Ready", "Status", "Restarts", "Age"]
    assert table["rows"][0]["cells"][:5] == ["a", "0/1", "Pending", "0", "0s"]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


async def test_no_protobuf(rig: Rig) -> None:
    """Who takes JSON too is answered in it; who takes protobuf only gets 406."""
    protobuf = "application/vnd.kubernetes.protobuf"
    both = await rig.ask("GET", PODS, Accept=f"{protobuf},application/json")
    only = await rig.ask("GET", PODS, Accept=protobuf)

    assert (both.status, both.headers["content-type"]) == (200, "application/json")
    assert only.status == 406


@pytest.mark.parametrize(
    ("user", "method", "target", "status"),
    [
        (VIEWER, "GET", PODS, 200),
        (VIEWER, "GET", "/api/v1/namespaces/default/secrets", 403),
        (VIEWER, "DELETE", f"{PODS}/a", 403),
        (NOBODY, "GET", PODS, 403),
        (NOBODY, "GET", "/apis", 200),
        (NOBODY, "GET", "/version", 200),
    ],
)
async def test_access(rig: Rig, user: Any, method: str, target: str, status: int) -> None:
    """A viewer may read all but secrets, a nobody only what is open to all."""
    assert (await rig.ask(method, target, user=user)).status == status


async def test_revoked_token(rig: Rig) -> None:
    """A token that was taken back is refused at once."""
    assert (await rig.ask("GET", PODS, user=VIEWER)).status == 200

    rig.server.identities.revoke(VIEWER)

    assert (await rig.ask("GET", PODS, user=VIEWER)).status == 401


async def test_obstacle(rig: Rig) -> None:
    """A fault can refuse what is allowed, such as writes while there is no quorum."""
    refusal = Status(500, "InternalError", "etcdserver: request timed out")
    rig.server.handler.obstacle = lambda info: refusal if info.verb == "create" else None

    assert (await rig.ask("POST", MAPS, config_map("a"))).json()["message"] == refusal.message
    assert (await rig.ask("GET", MAPS)).status == 200


async def test_a_fault_of_ours_is_a_500(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong inside is answered, and ends nothing."""

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(rig.storage, "list", broken)

    assert (await rig.ask("GET", PODS)).status == 500


async def test_wide_watch(rig: Rig) -> None:
    """A watch without a version begins with all there is, then tells what changes."""
    rig.storage.create("configmaps", config_map("a"))
    async with rig.watch(f"{MAPS}?watch=true") as events:
        seen = [(await anext(events))["object"]["metadata"]["name"]]
        rig.storage.create("configmaps", config_map("b"))
        event = await anext(events)

        assert [*seen, event["object"]["metadata"]["name"]] == ["a", "b"]
        assert event["type"] == "ADDED"


async def test_watch_since_a_version(rig: Rig) -> None:
    """A watch from a version tells every change since, in order."""
    start = rig.storage.version
    rig.storage.create("configmaps", config_map("a"))
    rig.storage.update("configmaps", config_map("a", labels={"x": "y"}))
    rig.storage.delete("configmaps", "default", "a")

    got = await rig.ask("GET", f"{MAPS}?watch=true&timeoutSeconds=1&resourceVersion={start}")

    types = [line.partition('"type":"')[2].partition('"')[0] for line in got.text.splitlines()]
    assert types == ["ADDED", "MODIFIED", "DELETED"]


async def test_watch_of_a_selection(rig: Rig) -> None:
    """What comes into the selection is added, what leaves it is deleted, others are not told."""
    async with rig.watch(f"{MAPS}?watch=true&labelSelector=x%3Dy") as events:
        first = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        rig.storage.create("configmaps", config_map("a"))
        rig.storage.update("configmaps", config_map("a", labels={"x": "y"}))
        rig.storage.update("configmaps", config_map("a", labels={"x": "z"}))
        told = [await first, await anext(events)]

    assert [event["type"] for event in told] == ["ADDED", "DELETED"]
    assert told[1]["object"]["metadata"]["labels"] == {"x": "y"}


async def test_streamed_list(rig: Rig) -> None:
    """A WatchList gives all there is, then a bookmark that says so."""
    rig.storage.create("configmaps", config_map("a"))
    query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    async with rig.watch(f"{MAPS}?{query}&allowWatchBookmarks=true") as events:
        told = [await anext(events), await anext(events)]

    assert [event["type"] for event in told] == ["ADDED", "BOOKMARK"]
    assert told[1]["object"]["metadata"] == {
        "resourceVersion": str(rig.storage.version),
        "annotations": {"k8s.io/initial-events-end": "true"},
    }


async def test_bookmarks() -> None:
    """Who takes bookmarks gets one now and then, with the version of all that is stored."""
    rig = Rig(bookmark_seconds=0.01)
    start = rig.storage.version
    query = f"watch=true&resourceVersion={start}&allowWatchBookmarks=true"
    async with rig.watch(f"{MAPS}?{query}") as events:
        event = await anext(events)

    assert (event["type"], event["object"]["metadata"]) == (
        "BOOKMARK",
        {"resourceVersion": str(start)},
    )


@pytest.mark.parametrize("how", ["compacted", "too many changes"])
async def test_watch_from_too_long_ago(how: str) -> None:
    """Who watches from a version whose successors are forgotten is told 410, in the stream."""
    rig = Rig(kept_changes=2)
    start = rig.storage.version
    for name in "abc":
        rig.storage.create("configmaps", config_map(name))
    if how == "compacted":
        rig.server.compact()

    got = await rig.ask("GET", f"{MAPS}?watch=true&resourceVersion={start}")

    assert got.status == 200
    event = got.json()
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)
    assert event["object"]["reason"] == "Expired"


async def test_watch_within_what_is_kept() -> None:
    """A watch may be as many changes behind as are kept."""
    rig = Rig(kept_changes=2)
    rig.storage.create("configmaps", config_map("a"))
    start = rig.storage.version
    for name in "bc":
        rig.storage.create("configmaps", config_map(name))

    got = await rig.ask("GET", f"{MAPS}?watch=true&timeoutSeconds=1&resourceVersion={start}")

    assert [line[:15] for line in got.text.splitlines()] == ['{"type":"ADDED"'] * 2


async def test_watches_end_when_asked(rig: Rig) -> None:
    """All watches can be ended at once, without an error."""
    async with rig.watch(f"{MAPS}?watch=true&resourceVersion={rig.storage.version}") as events:
        waiting = asyncio.ensure_future(anext(events, None))
        await asyncio.sleep(0)
        rig.server.end_watches()

        assert await waiting is None


async def test_table_watch(rig: Rig) -> None:
    """In a watch of Tables only the first one says what its columns are."""
    for name in "ab":
        rig.storage.create("configmaps", config_map(name))
    async with rig.watch(f"{MAPS}?watch=true", Accept=TABLE) as events:
        told = [await anext(events), await anext(events)]

    assert [event["object"]["kind"] for event in told] == ["Table", "Table"]
    assert told[0]["object"]["columnDefinitions"]
    assert told[1]["object"]["columnDefinitions"] is None


async def test_token_review(rig: Rig) -> None:
    """A token's review says whose it is, or that it is nobody's."""
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    token = rig.server.identities.token(VIEWER)
    known = (await rig.ask("POST", path, {"spec": {"token": token}})).json()["status"]
    unknown = (await rig.ask("POST", path, {"spec": {"token": "x"}})).json()["status"]

    assert known["authenticated"]
    assert known["user"]["username"] == "viewer"
    assert "system:authenticated" in known["user"]["groups"]
    assert "authenticated" not in unknown


@pytest.mark.parametrize(
    ("spec", "allowed"),
    [
        ({"resourceAttributes": {"verb": "list", "resource": "pods"}}, True),
        ({"resourceAttributes": {"verb": "list", "resource": "secrets"}}, False),
        ({"nonResourceAttributes": {"verb": "get", "path": "/version"}}, True),
        ({"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}, False),
    ],
)
async def test_access_reviews(rig: Rig, spec: Any, allowed: bool) -> None:
    """A review of another's access answers as the access itself would."""
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    asked = {
        "spec": spec | {"user": VIEWER.name, "groups": ["sandbox:viewers", "system:authenticated"]}
    }

    assert (await rig.ask("POST", path, asked)).json()["status"]["allowed"] is allowed


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": ""}, "spec.version"),
        ({"service": {"name": "s"}}, "spec.service.namespace"),
        ({"versionPriority": 0}, "spec.versionPriority"),
        ({"insecureSkipTLSVerify": True, "caBundle": "eA=="}, "spec.insecureSkipTLSVerify"),
    ],
)
async def test_invalid_api_service(rig: Rig, change: Any, field: str) -> None:
    """An APIService has to say what it is for and where its server is."""
    service = {"namespace": "default", "name": "s"}
    spec = {"group": "g", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1}
    body = {"metadata": {"name": "v1.g"}, "spec": spec | {"service": service} | change}

    got = await rig.ask("POST", "/apis/apiregistration.k8s.io/v1/apiservices", body)

    assert field in [cause["field"] for cause in got.json()["details"]["causes"]]


async def test_token_of_an_account(rig: Rig) -> None:
    """A service account's token is good for as long as it says, and no longer."""
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    made = (await rig.ask("POST", path, {"spec": {"expirationSeconds": 600}})).json()["status"]
    review = {"spec": {"token": made["token"]}}
    reviews = "/apis/authentication.k8s.io/v1/tokenreviews"

    before = (await rig.ask("POST", reviews, review)).json()["status"]
    rig.clock.advance(601)
    after = (await rig.ask("POST", reviews, review)).json()["status"]

    assert before["user"]["username"] == "system:serviceaccount:default:default"
    assert made["expirationTimestamp"] == "2026-11-23T12:10:00Z"
    assert "authenticated" not in after


async def test_only_the_last_lists_can_be_gone_on_with(rig: Rig) -> None:
    """Who begins pages and never ends them does not make the server grow."""
    for name in "ab":
        rig.storage.create("configmaps", config_map(name))
    target = f"{MAPS}?limit=1"
    tokens = [
        (await rig.ask("GET", target)).json()["metadata"]["continue"] for _ in range(SNAPSHOTS + 1)
    ]

    answers = [await rig.ask("GET", f"{target}&continue={token}") for token in tokens[:2]]

    assert [each.status for each in answers] == [410, 200]
