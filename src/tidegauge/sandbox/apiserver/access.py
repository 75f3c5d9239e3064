"""A small RBAC: who may do what, by roles bound to users and groups."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tidegauge.serving.authentication import AUTHENTICATED
from tidegauge.serving.authorization import MASTERS
from tidegauge.serving.messages import User
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.reviews import Decision

ANY = ("*",)
READ = ("get", "list", "watch")

VIEWERS = "sandbox:viewers"
"""The group that may read everything but secrets."""

METRICS_SERVER = "system:serviceaccount:kube-system:metrics-server"
CONTROLLER = "system:serviceaccount:kube-system:tidegauge-controller"
_WRITE = ("create", "get", "patch", "update")


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs on resources (of groups, perhaps by name, perhaps in one namespace), or on paths."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    namespace: str = ""
    paths: tuple[str, ...] = ()

    def allows(self, info: RequestInfo) -> bool:
        if not _has(self.verbs, info.verb):
            return False
        if not info.is_resource:
            return any(_path_matches(pattern, info.path) for pattern in self.paths)
        return (
            _has(self.groups, info.group)
            and self._covers(info)
            and (not self.names or info.name in self.names)
            and self.namespace in ("", info.namespace)
        )

    def _covers(self, info: RequestInfo) -> bool:
        if not info.subresource:
            return _has(self.resources, info.resource)
        each = f"{info.resource}/{info.subresource}", f"*/{info.subresource}"
        return any(_has(self.resources, name) for name in each)


def _has(those: Iterable[str], one: str) -> bool:
    return "*" in those or one in those


def _path_matches(pattern: str, path: str) -> bool:
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    return pattern == path


DISCOVERY = (
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/healthz/*",
    "/livez",
    "/livez/*",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/readyz/*",
    "/version",
    "/version/",
)
_OPEN = tuple(path for path in DISCOVERY if path[1:4] not in ("api", "ope"))

_SELF_REVIEWS = ("selfsubjectaccessreviews", "selfsubjectrulesreviews")

ROLES: Mapping[str, tuple[Rule, ...]] = {
    "everybody": (Rule(("get",), paths=_OPEN),),
    "authenticated": (
        Rule(("get",), paths=DISCOVERY),
        Rule(("create",), ("authorization.k8s.io",), _SELF_REVIEWS),
        Rule(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
    ),
    "admin": (Rule(ANY, ANY, ANY), Rule(ANY, paths=ANY)),
    "viewer": (
        Rule(
            READ,
            ("",),
            (
                "configmaps",
                "events",
                "namespaces",
                "nodes",
                "pods",
                "pods/status",
                "serviceaccounts",
                "services",
            ),
        ),
        Rule(
            READ,
            (
                "apiregistration.k8s.io",
                "apps",
                "autoscaling",
                "coordination.k8s.io",
                "custom.metrics.k8s.io",
                "external.metrics.k8s.io",
                "metrics.k8s.io",
            ),
            ANY,
        ),
    ),
    "metrics-server": (
        Rule(("get",), ("",), ("nodes/metrics",)),
        Rule(READ, ("",), ("nodes", "pods")),
        Rule(("create",), ("authentication.k8s.io",), ("tokenreviews",)),
        Rule(("create",), ("authorization.k8s.io",), ("subjectaccessreviews",)),
        Rule(
            READ,
            ("",),
            ("configmaps",),
            ("extension-apiserver-authentication",),
            "kube-system",
        ),
    ),
    "autoscaler": (
        Rule(READ, ("autoscaling",), ("horizontalpodautoscalers",)),
        Rule(("patch", "update"), ("autoscaling",), ("horizontalpodautoscalers/status",)),
        Rule(("get", "patch", "update"), ANY, ("*/scale",)),
        Rule(READ, ("",), ("pods",)),
        Rule(("get", "list"), ("metrics.k8s.io",), ("pods",)),
        Rule(("get", "list"), ("custom.metrics.k8s.io", "external.metrics.k8s.io"), ANY),
        Rule(("create", "patch"), ("",), ("events",)),
        Rule(_WRITE, ("coordination.k8s.io",), ("leases",), namespace="kube-system"),
        Rule(_WRITE, ("",), ("configmaps",), namespace="kube-system"),
    ),
}

BINDINGS: Mapping[str, str] = {
    AUTHENTICATED: "authenticated",
    MASTERS: "admin",
    VIEWERS: "viewer",
    METRICS_SERVER: "metrics-server",
    CONTROLLER: "autoscaler",
}
"""Roles by the user or group that has them; one bound to nobody is everybody's."""


class Rbac:
    """Answers at once; `bind` gives a role of ROLES to one more user or group."""

    def __init__(self) -> None:
        self._bindings = dict(BINDINGS)

    def bind(self, subject: str, role: str) -> None:
        self._bindings[subject] = role

    def rules(self, user: User) -> Iterator[Rule]:
        yield from ROLES["everybody"]
        for subject in (user.name, *user.groups):
            if subject in self._bindings:
                yield from ROLES[self._bindings[subject]]

    async def decide(self, user: User, info: RequestInfo) -> Decision:
        """As an Authorizer of our pipeline."""
        return Decision(self.allows(user, info))

    def allows(self, user: User, info: RequestInfo) -> bool:
        return any(rule.allows(info) for rule in self.rules(user))


def rules_json(rules: Iterable[Rule]) -> dict[str, Any]:
    """The status of a SelfSubjectRulesReview."""
    resources, paths = [], []
    for rule in rules:
        if rule.paths:
            paths.append({"verbs": rule.verbs, "nonResourceURLs": rule.paths})
        else:
            fields = {
                "verbs": rule.verbs,
                "apiGroups": rule.groups,
                "resources": rule.resources,
                "resourceNames": rule.names,
            }
            resources.append({key: value for key, value in fields.items() if value})
    return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}
