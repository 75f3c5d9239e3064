"""One story of client calls, told to any API server; what it answers is compared.

The server must have no controllers and not ask for service accounts: else it would change what
was written before it is read back.
"""

import json
from typing import Any, NamedTuple

from tests.realcluster.client import Answer, Client

NS = "honest"
APPS = f"/apis/apps/v1/namespaces/{NS}"
CORE = f"/api/v1/namespaces/{NS}"
HPAS = f"/apis/autoscaling/v2/namespaces/{NS}/horizontalpodautoscalers"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NS}/leases"

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIALS = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class Step(NamedTuple):
    """One call and its answer."""

    name: str
    answer: Answer


def play(client: Client) -> list[Step]:
    """Make all calls, in order."""
    story = _Story(client)
    for chapter in (
        _namespace,
        _config_maps,
        _deployments,
        _scale,
        _pods,
        _services,
        _autoscalers,
        _nodes,
        _other_kinds,
        _paging,
        _watches,
        _refusals,
        _rules,
        _reviews,
        _deletions,
        _discovery,
        _apply,
        _more_writes,
        _more_lists,
    ):
        chapter(story)
    return story.steps


class _Story:
    def __init__(self, client: Client) -> None:
        self._client = client
        self.steps: list[Step] = []

    def ask(self, name: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask and keep the answer; header names with `_` for `-`."""
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        answer = self._client.send(method, path, body, sent)
        self.steps.append(Step(name, answer))
        return answer

    def watch(self, name: str, path: str, query: str, **headers: str) -> None:
        """A watch of a second; what it tells stands in one list."""
        self.ask(name, "GET", f"{path}?watch=true&timeoutSeconds=1&{query}", **headers)


def version_of(answer: Answer) -> str:
    return str(answer.json()["metadata"]["resourceVersion"])


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"app": name[0]}},
        "data": data,
    }


def deployment(name: str = "web", **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    container = {
        "name": "app",
        "image": "none.invalid/app:1",
        "ports": [{"containerPort": 80}],
        "resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}, "limits": {"cpu": "1000m"}},
        "readinessProbe": {"httpGet": {"port": 80}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            **spec,
        },
    }


def pod(name: str, **spec: Any) -> dict[str, Any]:
    containers = [{"name": "app", "image": "none.invalid/app"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "p"}},
        "spec": {"containers": containers, "serviceAccountName": "default", **spec},
    }


def _namespace(story: _Story) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NS}}
    story.ask("namespace: create", "POST", "/api/v1/namespaces", body)
    story.ask("namespace: again", "POST", "/api/v1/namespaces", body)
    story.ask("namespace: get", "GET", f"/api/v1/namespaces/{NS}")
    story.ask("namespace: table", "GET", f"/api/v1/namespaces/{NS}", Accept=TABLE)


def _config_maps(story: _Story) -> None:
    maps = f"{CORE}/configmaps"
    story.ask("config map: create", "POST", maps, config_map("a", x="1"))
    made = story.ask(
        "config map: generated name has its prefix",
        "POST",
        maps,
        {"metadata": {"name": "b"}, "data": {"x": "1"}},
    )
    stale = made.json()
    story.ask(
        "config map: merge",
        "PATCH",
        f"{maps}/b",
        {"data": {"x": None, "y": "2"}},
        Content_Type=MERGE,
    )
    story.ask("config map: stale update", "PUT", f"{maps}/b", stale)
    del stale["metadata"]["resourceVersion"]
    story.ask("config map: update", "PUT", f"{maps}/b", stale)
    story.ask("config map: other name", "PUT", f"{maps}/b", config_map("c"))
    story.ask("config map: update of none", "PUT", f"{maps}/none", config_map("none"))
    story.ask("config map: patch of none", "PATCH", f"{maps}/none", {}, Content_Type=MERGE)
    story.ask(
        "config map: JSON patch",
        "PATCH",
        f"{maps}/b",
        [
            {"op": "test", "path": "/data/x", "value": "1"},
            {"op": "add", "path": "/data/z", "value": "3"},
        ],
        Content_Type=JSON_PATCH,
    )
    story.ask(
        "config map: JSON patch that does not fit",
        "PATCH",
        f"{maps}/b",
        [{"op": "test", "path": "/data/x", "value": "9"}],
        Content_Type=JSON_PATCH,
    )
    story.ask("config map: list", "GET", maps)
    story.ask("config map: list by label", "GET", f"{maps}?labelSelector=app%3Da")
    story.ask("config map: list by name", "GET", f"{maps}?fieldSelector=metadata.name%3Da")
    story.ask("config map: table", "GET", f"{maps}?includeObject=None", Accept=TABLE)
    story.ask("config map: partial", "GET", f"{maps}/a", Accept=PARTIAL)
    story.ask("config map: partial list", "GET", maps, Accept=PARTIALS)
    story.ask("config map: dry run", "POST", f"{maps}?dryRun=All", config_map("dry"))
    story.ask("config map: not there after a dry run", "GET", f"{maps}/dry")
    story.ask("config map: YAML", "GET", f"{maps}/a", Accept="application/yaml")


def _deployments(story: _Story) -> None:
    path = f"{APPS}/deployments"
    story.ask("deployment: create", "POST", path, deployment())
    story.ask(
        "deployment: strategic merge",
        "PATCH",
        f"{path}/web",
        {
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {"name": "app", "env": [{"name": "A", "value": "1"}]},
                            {"name": "side", "image": "s"},
                        ]
                    }
                }
            }
        },
        Content_Type=STRATEGIC,
    )
    story.ask(
        "deployment: strategic delete",
        "PATCH",
        f"{path}/web",
        {
            "spec": {"template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}}},
        },
        Content_Type=STRATEGIC,
    )
    story.ask(
        "deployment: other strategy",
        "PATCH",
        f"{path}/web",
        {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
        Content_Type=STRATEGIC,
    )
    story.ask(
        "deployment: status",
        "PATCH",
        f"{path}/web/status",
        {"status": {"replicas": 2, "observedGeneration": 3}, "spec": {"replicas": 9}},
        Content_Type=MERGE,
    )
    story.ask(
        "deployment: the status is no part of the object",
        "PATCH",
        f"{path}/web",
        {"status": {"replicas": 7}},
        Content_Type=MERGE,
    )
    story.ask("deployment: table", "GET", path, Accept=TABLE)
    story.ask(
        "deployment: unknown field",
        "POST",
        f"{path}?fieldValidation=Strict",
        deployment("odd", replicaz=1),
    )
    story.ask(
        "deployment: unknown field, warned of",
        "POST",
        f"{path}?fieldValidation=Warn",
        deployment("odd", replicaz=1),
    )
    set_of_replicas = deployment("rs") | {"kind": "ReplicaSet"}
    story.ask("replica set: create", "POST", f"{APPS}/replicasets", set_of_replicas)
    story.ask("replica set: table", "GET", f"{APPS}/replicasets", Accept=TABLE)
    stateful = deployment("db", serviceName="db") | {"kind": "StatefulSet"}
    story.ask("stateful set: create", "POST", f"{APPS}/statefulsets", stateful)
    story.ask("stateful set: table", "GET", f"{APPS}/statefulsets", Accept=TABLE)


def _scale(story: _Story) -> None:
    path = f"{APPS}/deployments/web/scale"
    scale = story.ask("scale: get", "GET", path).json()
    story.ask("scale: put", "PUT", path, scale | {"spec": {"replicas": 5}})
    story.ask("scale: stale", "PUT", path, scale | {"spec": {"replicas": 6}})
    story.ask("scale: patch", "PATCH", path, {"spec": {"replicas": 0}}, Content_Type=MERGE)
    story.ask("scale: below nought", "PATCH", path, {"spec": {"replicas": -1}}, Content_Type=MERGE)
    story.ask("scale: seen in the deployment", "GET", f"{APPS}/deployments/web")


def _pods(story: _Story) -> None:
    path = f"{CORE}/pods"
    story.ask("pod: create", "POST", path, pod("free"))
    story.ask("pod: create placed", "POST", path, pod("placed", nodeName="n1"))
    limits = {"limits": {"cpu": "1", "memory": "1Gi"}}
    sure = {"name": "app", "image": "none.invalid/app:2", "resources": limits}
    once = {"name": "init", "image": "none.invalid/init@sha256:" + "0" * 64}
    story.ask(
        "pod: create guaranteed",
        "POST",
        path,
        pod("sure", containers=[sure], initContainers=[once], restartPolicy="Never"),
    )
    story.ask(
        "pod: status",
        "PATCH",
        f"{path}/placed/status",
        {
            "status": {
                "phase": "Running",
                "podIP": "10.0.0.1",
                "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [
                    {
                        "name": "app",
                        "ready": True,
                        "restartCount": 2,
                        "image": "i",
                        "imageID": "",
                        "state": {"running": {}},
                    }
                ],
            }
        },
        Content_Type=STRATEGIC,
    )
    story.ask("pod: table", "GET", path, Accept=TABLE)
    story.ask("pod: by node", "GET", f"{path}?fieldSelector=spec.nodeName%3Dn1", Accept=PARTIALS)
    story.ask(
        "pod: by phase", "GET", f"{path}?fieldSelector=status.phase!%3DRunning", Accept=PARTIALS
    )
    story.ask("pod: by an unknown field", "GET", f"{path}?fieldSelector=spec.foo%3Dn1")
    story.ask(
        "pod: other image",
        "PATCH",
        f"{path}/placed",
        {"spec": {"containers": [{"name": "app", "image": "none.invalid/app:2"}]}},
        Content_Type=STRATEGIC,
    )
    story.ask(
        "pod: fixed field",
        "PATCH",
        f"{path}/placed",
        {"spec": {"hostNetwork": True}},
        Content_Type=MERGE,
    )


def _services(story: _Story) -> None:
    path = f"{CORE}/services"
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    story.ask("service: create", "POST", path, {"metadata": {"name": "web"}, "spec": spec})
    story.ask(
        "service: headless",
        "POST",
        path,
        {"metadata": {"name": "headless"}, "spec": spec | {"clusterIP": "None"}},
    )
    story.ask(
        "service: elsewhere",
        "POST",
        path,
        {
            "metadata": {"name": "elsewhere"},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        },
    )
    story.ask("service: table", "GET", path, Accept=TABLE)
    story.ask(
        "service: patch",
        "PATCH",
        f"{path}/web",
        {"spec": {"ports": [{"port": 81, "name": "b"}]}},
        Content_Type=STRATEGIC,
    )


def _autoscalers(story: _Story) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "maxReplicas": 5}
    story.ask("autoscaler: create", "POST", HPAS, {"metadata": {"name": "web"}, "spec": spec})
    behaving = spec | {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 10}}}
    story.ask(
        "autoscaler: behavior", "POST", HPAS, {"metadata": {"name": "behaving"}, "spec": behaving}
    )
    story.ask(
        "autoscaler: status",
        "PATCH",
        f"{HPAS}/web/status",
        {
            "status": {
                "currentReplicas": 2,
                "desiredReplicas": 2,
                "currentMetrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "current": {"averageUtilization": 42, "averageValue": "210m"},
                        },
                    }
                ],
            }
        },
        Content_Type=MERGE,
    )
    story.ask("autoscaler: table", "GET", HPAS, Accept=TABLE)
    story.ask(
        "autoscaler: wrong bounds",
        "POST",
        HPAS,
        {"metadata": {"name": "wrong"}, "spec": spec | {"minReplicas": 7}},
    )


def _nodes(story: _Story) -> None:
    story.ask(
        "node: create",
        "POST",
        "/api/v1/nodes",
        {
            "metadata": {"name": "n1", "labels": {"node-role.kubernetes.io/worker": ""}},
            "spec": {"podCIDR": "10.0.0.0/24"},
            "status": {"capacity": {"cpu": "4", "memory": "16384Mi"}},
        },
    )
    story.ask(
        "node: status",
        "PATCH",
        "/api/v1/nodes/n1/status",
        {
            "status": {
                "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                "conditions": [{"type": "Ready", "status": "True"}],
                "nodeInfo": {"kubeletVersion": "v1.37.2"},
            }
        },
        Content_Type=STRATEGIC,
    )
    story.ask(
        "node: cordon",
        "PATCH",
        "/api/v1/nodes/n1",
        {"spec": {"unschedulable": True}},
        Content_Type=MERGE,
    )
    story.ask("node: table", "GET", "/api/v1/nodes/n1", Accept=TABLE)


def _other_kinds(story: _Story) -> None:
    story.ask(
        "secret: create",
        "POST",
        f"{CORE}/secrets",
        {"metadata": {"name": "s"}, "data": {"a": "Yg=="}},
    )
    story.ask("secret: table", "GET", f"{CORE}/secrets", Accept=TABLE)
    story.ask("account: create", "POST", f"{CORE}/serviceaccounts", {"metadata": {"name": "sa"}})
    story.ask("account: table", "GET", f"{CORE}/serviceaccounts/sa", Accept=TABLE)
    story.ask(
        "lease: create",
        "POST",
        LEASES,
        {"metadata": {"name": "l"}, "spec": {"holderIdentity": "me", "leaseDurationSeconds": 15}},
    )
    story.ask("lease: table", "GET", LEASES, Accept=TABLE)
    story.ask(
        "lease: update of none creates",
        "PUT",
        f"{LEASES}/m",
        {"metadata": {"name": "m"}, "spec": {"holderIdentity": "you"}},
    )
    story.ask(
        "event: create",
        "POST",
        f"{CORE}/events",
        {
            "metadata": {"name": "e"},
            "type": "Normal",
            "reason": "Pulled",
            "message": "There.",
            "involvedObject": {"kind": "Pod", "name": "free", "namespace": NS},
            "source": {"component": "kubelet", "host": "n1"},
            "count": 3,
        },
    )
    story.ask("event: table", "GET", f"{CORE}/events", Accept=TABLE)
    story.ask(
        "event: by object",
        "GET",
        f"{CORE}/events?fieldSelector=involvedObject.name%3Dfree,involvedObject.kind%3DPod",
        Accept=PARTIALS,
    )


def _paging(story: _Story) -> None:
    path = f"{CORE}/pods"
    first = story.ask("page: first", "GET", f"{path}?limit=2", Accept=PARTIALS)
    token = first.json()["metadata"]["continue"]
    story.ask("page: second", "GET", f"{path}?limit=2&continue={token}", Accept=PARTIALS)
    story.ask("page: bad token", "GET", f"{path}?limit=2&continue=rubbish")


def _watches(story: _Story) -> None:
    maps = f"{CORE}/configmaps"
    start = version_of(story.ask("watch: list before", "GET", maps))
    story.ask("watch: add", "POST", maps, config_map("w", x="1"))
    story.ask("watch: change", "PATCH", f"{maps}/w", {"data": {"x": "2"}}, Content_Type=MERGE)
    story.ask(
        "watch: out of the selection",
        "PATCH",
        f"{maps}/w",
        {"metadata": {"labels": {"app": "v"}}},
        Content_Type=MERGE,
    )
    story.ask("watch: delete", "DELETE", f"{maps}/w")
    since = f"resourceVersion={start}"
    story.watch("watch: since", maps, since)
    story.watch("watch: selected", maps, f"{since}&labelSelector=app%3Dw")
    story.watch("watch: all", maps, "fieldSelector=metadata.name%3Da")
    story.watch(
        "watch: streamed list",
        maps,
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
    )
    streamed = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    story.watch("watch: streamed tables", maps, streamed, Accept=TABLE)
    story.watch("watch: streamed metadata", maps, streamed, Accept=PARTIAL)
    story.watch("watch: all tables", maps, "", Accept=TABLE)
    story.watch(
        "watch: pods of a node", f"{CORE}/pods", "fieldSelector=spec.nodeName%3Dn1", Accept=PARTIAL
    )
    story.watch("watch: tables", maps, since, Accept=TABLE)
    story.watch("watch: partial", maps, f"{since}&labelSelector=app%3Dv", Accept=PARTIAL)
    story.ask("watch: bad version", "GET", f"{maps}?watch=true&resourceVersion=x")
    story.ask(
        "watch: options that exclude each other",
        "GET",
        f"{maps}?watch=true&sendInitialEvents=true&timeoutSeconds=1",
    )


def _refusals(story: _Story) -> None:
    deployments = f"{APPS}/deployments"
    wrong = deployment("wrong")
    wrong["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    bare = deployment("bare")
    bare["spec"]["template"]["spec"]["containers"] = []
    over = deployment("over")
    resources = over["spec"]["template"]["spec"]["containers"][0]["resources"]
    resources["requests"] = {"cpu": "2"}
    rule = deployment("rule", strategy={"type": "Sometimes"})
    for name, body in {
        "labels that do not match": wrong,
        "no containers": bare,
        "more than the limit": over,
        "bad strategy": rule,
        "bad name": deployment("Bad_Name"),
        "negative replicas": deployment("negative", replicas=-1),
        "no name": deployment(""),
        "bad quantity": json.loads(json.dumps(deployment("odd2")).replace("1024Mi", "much")),
        "wrong type": deployment("odd3", replicas="three"),
        "another kind": config_map("another"),
        "another namespace": deployment("x") | {"metadata": {"name": "x", "namespace": "other"}},
    }.items():
        story.ask(f"refused: {name}", "POST", deployments, body)
    story.ask(
        "refused: selector is fixed",
        "PATCH",
        f"{deployments}/web",
        {"spec": {"selector": {"matchLabels": {"b": "c"}}}},
        Content_Type=MERGE,
    )
    story.ask(
        "refused: no namespace", "POST", "/api/v1/namespaces/none/configmaps", config_map("a")
    )
    story.ask("refused: no resource", "GET", f"{CORE}/things")
    story.ask("refused: no version", "GET", "/apis/apps/v9/deployments")
    story.ask("refused: no path", "GET", "/nothing")
    story.ask("refused: no such object", "GET", f"{deployments}/none")
    story.ask("refused: method", "POST", f"{deployments}/web", deployment())
    story.ask(
        "refused: media type of the body", "POST", deployments, b"x", Content_Type="text/plain"
    )
    story.ask("refused: not JSON", "POST", deployments, b"{")
    story.ask(
        "refused: patch type", "PATCH", f"{deployments}/web", b"{}", Content_Type="text/plain"
    )
    story.ask("refused: media type of the answer", "GET", deployments, Accept="text/html")
    story.ask(
        "refused: version to come",
        "GET",
        f"{deployments}?resourceVersion=999999&resourceVersionMatch=NotOlderThan",
    )
    for user in ("nobody-we-know",):
        headers = {"Impersonate_User": user}
        story.ask("forbidden: list", "GET", deployments, **headers)
        story.ask("forbidden: get", "GET", f"{deployments}/web", **headers)
        story.ask("forbidden: path", "GET", "/metrics", **headers)


ROLLING = (
    {"maxSurge": "lots"},
    {"maxSurge": "1.5%", "maxUnavailable": "-1%"},
    {"maxSurge": -1, "maxUnavailable": 0},
    {"maxSurge": 0, "maxUnavailable": 0},
    {"maxSurge": "0%", "maxUnavailable": 0},
    {"maxSurge": 1, "maxUnavailable": "101%"},
)


def _rules(story: _Story) -> None:
    """Numbers out of bounds, which controllers could not work with."""
    path, core = f"{APPS}/deployments", f"{CORE}/pods"
    for rolling in ROLLING:
        body = deployment("ruled", strategy={"type": "RollingUpdate", "rollingUpdate": rolling})
        story.ask(f"rules: {rolling}", "POST", path, body)
    recreate = {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}
    story.ask("rules: recreate", "POST", path, deployment("ruled", strategy=recreate))
    for spec in (
        {"minReadySeconds": -1},
        {"revisionHistoryLimit": -1},
        {"progressDeadlineSeconds": -1},
        {"progressDeadlineSeconds": 5, "minReadySeconds": 5},
    ):
        story.ask(f"rules: {spec}", "POST", path, deployment("ruled", **spec))
    for part in ("requests", "limits"):
        container = {"name": "a", "image": "i", "resources": {part: {"cpu": "-1"}}}
        story.ask(f"rules: {part}", "POST", core, pod("ruled", containers=[container]))
    hasty = pod("hasty", terminationGracePeriodSeconds=-5)
    story.ask("rules: grace", "POST", f"{core}?dryRun=All", hasty)
    for taint in ({"key": "a"}, {"effect": "NoSchedule"}):
        node = {"metadata": {"name": "tainted"}, "spec": {"taints": [taint]}}
        story.ask(f"rules: {taint}", "POST", "/api/v1/nodes", node)
    partition = {"type": "RollingUpdate", "rollingUpdate": {"partition": -1}}
    stateful = deployment("ruled", updateStrategy=partition, serviceName="x")
    stateful |= {"kind": "StatefulSet"}
    story.ask("rules: partition", "POST", f"{APPS}/statefulsets", stateful)


def _reviews(story: _Story) -> None:
    access = "/apis/authorization.k8s.io/v1"
    attributes = {"verb": "list", "resource": "pods", "namespace": NS}
    story.ask(
        "review: myself",
        "POST",
        f"{access}/selfsubjectaccessreviews",
        {"spec": {"resourceAttributes": attributes}},
    )
    story.ask(
        "review: another",
        "POST",
        f"{access}/subjectaccessreviews",
        {"spec": {"resourceAttributes": attributes, "user": "nobody-we-know"}},
    )
    story.ask(
        "review: bad token",
        "POST",
        "/apis/authentication.k8s.io/v1/tokenreviews",
        {"spec": {"token": "x"}},
    )
    story.ask("review: whoami", "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})


def _deletions(story: _Story) -> None:
    pods, maps = f"{CORE}/pods", f"{CORE}/configmaps"
    story.ask("delete: a pod that runs nowhere", "DELETE", f"{pods}/free")
    story.ask("delete: it is gone", "GET", f"{pods}/free")
    story.ask("delete: a pod with grace", "DELETE", f"{pods}/placed", {"gracePeriodSeconds": 5})
    story.ask("delete: it is terminating", "GET", f"{pods}/placed", Accept=TABLE)
    story.ask("delete: at once", "DELETE", f"{pods}/placed?gracePeriodSeconds=0")
    held = config_map("held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    story.ask("delete: with a finalizer, create", "POST", maps, held)
    story.ask("delete: with a finalizer", "DELETE", f"{maps}/held")
    story.ask(
        "delete: finalizer removed",
        "PATCH",
        f"{maps}/held",
        {"metadata": {"finalizers": None}},
        Content_Type=MERGE,
    )
    story.ask("delete: then it is gone", "GET", f"{maps}/held")
    story.ask("delete: another uid", "DELETE", f"{maps}/b", {"preconditions": {"uid": "x"}})
    story.ask("delete: config map", "DELETE", f"{maps}/b")
    story.ask("delete: none", "DELETE", f"{maps}/b")
    story.ask("delete: dry run", "DELETE", f"{maps}/a?dryRun=All")
    story.ask("delete: service", "DELETE", f"{CORE}/services/web")
    story.ask("delete: account", "DELETE", f"{CORE}/serviceaccounts/sa")
    story.ask("delete: secret", "DELETE", f"{CORE}/secrets/s")
    story.ask("delete: lease", "DELETE", f"{LEASES}/l")
    story.ask(
        "delete: deployment in background",
        "DELETE",
        f"{APPS}/deployments/web?propagationPolicy=Background",
    )
    story.ask("delete: autoscaler", "DELETE", f"{HPAS}/web")
    story.ask("delete: node", "DELETE", "/api/v1/nodes/n1")
    story.ask("delete: collection", "DELETE", f"{maps}?labelSelector=app%3Da")
    story.ask("delete: no collection of namespaces", "DELETE", "/api/v1/namespaces")


def _discovery(story: _Story) -> None:
    story.ask("discovery: group", "GET", "/apis/apps")
    story.ask("discovery: no group", "GET", "/apis/none.example")
    story.ask("discovery: version", "GET", "/apis/coordination.k8s.io/v1")
    story.ask("discovery: core", "GET", "/api")
    story.ask(
        "discovery: API service", "GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1.apps"
    )
    story.ask(
        "discovery: API service as a table",
        "GET",
        "/apis/apiregistration.k8s.io/v1/apiservices/v1.apps",
        Accept=TABLE,
    )
    story.ask("discovery: ready", "GET", "/readyz")


def _apply(story: _Story) -> None:
    apply = "application/apply-patch+yaml"
    path = f"{CORE}/configmaps/applied?fieldManager=scenario"
    body = config_map("applied", x="1")
    story.ask("apply: create", "PATCH", path, body, Content_Type=apply)
    story.ask("apply: the same", "PATCH", path, body, Content_Type=apply)
    more = config_map("applied", x="2", y="3")
    story.ask("apply: change", "PATCH", f"{path}&force=true", more, Content_Type=apply)
    path = f"{APPS}/deployments/applied?fieldManager=scenario"
    given = deployment("applied")
    story.ask("apply: deployment", "PATCH", path, given, Content_Type=apply)
    given["spec"]["replicas"] = 3
    story.ask("apply: deployment changed", "PATCH", path, given, Content_Type=apply)


def _more_writes(story: _Story) -> None:
    maps, deployments = f"{CORE}/configmaps", f"{APPS}/deployments"
    story.ask("more: create", "POST", maps, config_map("m", x="1"))
    stale = {"metadata": {"resourceVersion": "1"}, "data": {"x": "2"}}
    story.ask("more: stale patch", "PATCH", f"{maps}/m", stale, Content_Type=MERGE)
    story.ask(
        "more: stale update",
        "PUT",
        f"{maps}/m",
        config_map("m") | {"metadata": {"name": "m", "resourceVersion": "1"}},
    )
    other = {"metadata": {"name": "m", "uid": "00000000-0000-0000-0000-000000000000"}}
    story.ask("more: update of another", "PUT", f"{maps}/m", other)
    story.ask(
        "more: patch of the name",
        "PATCH",
        f"{maps}/m",
        {"metadata": {"name": "n"}},
        Content_Type=MERGE,
    )
    story.ask(
        "more: patch of the uid",
        "PATCH",
        f"{maps}/m",
        {"metadata": {"uid": "x"}},
        Content_Type=MERGE,
    )
    story.ask(
        "more: bad labels",
        "PATCH",
        f"{maps}/m",
        {"metadata": {"labels": {"-": "/"}}},
        Content_Type=MERGE,
    )
    story.ask("more: null does nothing", "PATCH", f"{maps}/m", {"data": None}, Content_Type=MERGE)
    made = story.ask("more: deployment", "POST", deployments, deployment("more")).json()
    made["status"] = {"replicas": 1, "observedGeneration": 1}
    made["spec"]["replicas"] = 7
    story.ask("more: put of a status", "PUT", f"{deployments}/more/status", made)
    story.ask("more: get of a status", "GET", f"{deployments}/more/status")
    story.ask(
        "more: scale of a stateful set",
        "PATCH",
        f"{APPS}/statefulsets/db/scale",
        {"spec": {"replicas": 4}},
        Content_Type=MERGE,
    )
    story.ask(
        "more: dry run of a patch",
        "PATCH",
        f"{deployments}/more?dryRun=All",
        {"spec": {"replicas": 9}},
        Content_Type=MERGE,
    )
    story.ask("more: dry run changed nothing", "GET", f"{deployments}/more/scale")
    story.ask(
        "more: secret of plain text",
        "POST",
        f"{CORE}/secrets",
        {"metadata": {"name": "plain"}, "stringData": {"a": "b"}},
    )
    story.ask(
        "more: node port",
        "POST",
        f"{CORE}/services",
        {"metadata": {"name": "np"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}},
    )
    story.ask(
        "more: label of a namespace",
        "PATCH",
        f"/api/v1/namespaces/{NS}",
        {"metadata": {"labels": {"a": "b"}}},
        Content_Type=MERGE,
    )
    story.ask(
        "more: toleration",
        "POST",
        f"{CORE}/pods",
        pod(
            "tolerant",
            tolerations=[{"operator": "Exists"}],
            volumes=[{"name": "v", "emptyDir": {}}, {"name": "c", "configMap": {"name": "m"}}],
        ),
    )
    story.ask(
        "more: same name twice",
        "POST",
        f"{CORE}/pods",
        pod("twice", containers=[{"name": "a", "image": "i"}, {"name": "a", "image": "i"}]),
    )
    story.ask("more: no image", "POST", f"{CORE}/pods", pod("bare", containers=[{"name": "a"}]))
    story.ask("more: subresource of none", "GET", f"{maps}/m/status")
    story.ask("more: namespaced kind at the root", "POST", "/api/v1/configmaps", config_map("r"))
    story.ask("more: dry run of another kind", "POST", f"{maps}?dryRun=Some", config_map("r"))


def _more_lists(story: _Story) -> None:
    maps = f"{CORE}/configmaps"
    story.ask("lists: any version", "GET", f"{maps}?resourceVersion=0", Accept=PARTIALS)
    story.ask("lists: bad version", "GET", f"{maps}?resourceVersion=x")
    story.ask("lists: bad label selector", "GET", f"{maps}?labelSelector=a+b")
    story.ask("lists: bad field selector", "GET", f"{maps}?fieldSelector=a")
    story.ask("lists: bad limit", "GET", f"{maps}?limit=x")
    story.ask("lists: exclusive options", "GET", f"{maps}?resourceVersionMatch=Exact")
    story.ask("lists: paged table", "GET", f"{maps}?limit=1", Accept=TABLE)
    story.ask("lists: nothing", "GET", "/api/v1/namespaces/none/pods")
    story.ask("lists: nothing as a table", "GET", "/api/v1/namespaces/none/pods", Accept=TABLE)
    story.ask(
        "lists: table with objects",
        "GET",
        f"{maps}?includeObject=Object&fieldSelector=metadata.name%3Dm",
        Accept=TABLE,
    )
    story.ask("lists: bad includeObject", "GET", f"{maps}?includeObject=x", Accept=TABLE)
    story.ask(
        "lists: table of another version",
        "GET",
        maps,
        Accept="application/json;as=Table;v=v9;g=meta.k8s.io",
    )
    story.ask("lists: pretty", "GET", f"{maps}/m?pretty=true")
    story.ask(
        "lists: across namespaces",
        "GET",
        "/api/v1/configmaps?fieldSelector=metadata.name%3Dm",
        Accept=PARTIALS,
    )
    story.ask(
        "lists: by namespace",
        "GET",
        f"/api/v1/pods?fieldSelector=metadata.namespace%3D{NS}",
        Accept=PARTIALS,
    )
    story.ask("lists: all gone", "DELETE", f"{CORE}/pods?gracePeriodSeconds=0", Accept=PARTIALS)
