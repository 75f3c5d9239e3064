"""RBAC as kube-apiserver evaluates it, over the recorded cluster's objects: for access reviews."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tidegauge.serving.messages import User
from tidegauge.serving.requestinfo import RequestInfo

_INFO = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_DISCOVERY = [*_INFO, "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"]

BOOTSTRAP = (
    (("system:authenticated", "system:unauthenticated"), _INFO),
    (("system:authenticated",), _DISCOVERY),
)
"""What every cluster grants its groups (system:public-info-viewer and system:discovery)."""


class Rbac:
    def __init__(self, objects: Iterable[Mapping[str, Any]]) -> None:
        objects = list(objects)
        self._rules = {
            (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each[
                "rules"
            ]
            for each in objects
            if each["kind"] in ("Role", "ClusterRole")
        }
        self._bindings = [each for each in objects if each["kind"].endswith("Binding")]

    def allows(self, user: User, info: RequestInfo) -> bool:
        if not info.is_resource and _granted_by_bootstrap(user, info):
            return True
        return any(
            _covers(rule, info)
            for binding in self._bindings
            if self._applies(binding, user, info)
            for rule in self._role(binding)
        )

    def _applies(self, binding: Mapping[str, Any], user: User, info: RequestInfo) -> bool:
        namespace = binding["metadata"].get("namespace", "")
        if namespace and (not info.is_resource or namespace != info.namespace):
            return False
        return any(_is(subject, user) for subject in binding["subjects"])

    def _role(self, binding: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        kind, name = binding["roleRef"]["kind"], binding["roleRef"]["name"]
        namespace = binding["metadata"].get("namespace", "") if kind == "Role" else ""
        rules: Sequence[Mapping[str, Any]] = self._rules[kind, namespace, name]
        return rules


def _granted_by_bootstrap(user: User, info: RequestInfo) -> bool:
    return info.verb == "get" and any(
        set(groups) & set(user.groups) and _any_path(paths, info.path)
        for groups, paths in BOOTSTRAP
    )


def _is(subject: Mapping[str, Any], user: User) -> bool:
    match subject["kind"]:
        case "User":
            return bool(subject["name"] == user.name)
        case "Group":
            return subject["name"] in user.groups
    return user.name == f"system:serviceaccount:{subject['namespace']}:{subject['name']}"


def _covers(rule: Mapping[str, Any], info: RequestInfo) -> bool:
    if not _in(info.verb, rule["verbs"]):
        return False
    if not info.is_resource:
        return _any_path(rule.get("nonResourceURLs", ()), info.path)
    resource = f"{info.resource}/{info.subresource}" if info.subresource else info.resource
    names = rule.get("resourceNames")
    return (
        _in(info.group, rule.get("apiGroups", ()))
        and _in(resource, rule.get("resources", ()))
        and (not names or info.name in names)
    )


def _in(value: str, allowed: Iterable[str]) -> bool:
    return value in allowed or "*" in allowed


def _any_path(patterns: Iterable[str], path: str) -> bool:
    return any(
        path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
        for pattern in patterns
    )
