"""Questions that are asked by creating an object which nobody stores: who is it, and may they."""

from collections.abc import Callable, Mapping
from typing import Any

from tidegauge.sandbox.apiserver.access import Rbac, rules_json
from tidegauge.serving.authentication import as_authenticated
from tidegauge.serving.messages import User
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.status import StatusError, bad_request
from tidegauge.units.clock import Clock
from tidegauge.units.timestamp import format_rfc3339

Object = dict[str, Any]

AUTHENTICATION, AUTHORIZATION = "authentication.k8s.io", "authorization.k8s.io"

REVIEWS: Mapping[tuple[str, str], str] = {
    (AUTHENTICATION, "selfsubjectreviews"): "SelfSubjectReview",
    (AUTHENTICATION, "tokenreviews"): "TokenReview",
    (AUTHORIZATION, "localsubjectaccessreviews"): "LocalSubjectAccessReview",
    (AUTHORIZATION, "selfsubjectaccessreviews"): "SelfSubjectAccessReview",
    (AUTHORIZATION, "selfsubjectrulesreviews"): "SelfSubjectRulesReview",
    (AUTHORIZATION, "subjectaccessreviews"): "SubjectAccessReview",
}
"""Kinds by group and resource; all are version v1."""


class Reviews:
    """`find` tells whose token it is, or None."""

    def __init__(self, rbac: Rbac, find: Callable[[str], User | None], clock: Clock) -> None:
        self._clock = clock
        self._rbac = rbac
        self._find = find

    def answer(self, user: User, info: RequestInfo, body: Any) -> Object:
        """The review with its status. Raises StatusError 400."""
        kind = REVIEWS[info.group, info.resource]
        spec = body.get("spec") if isinstance(body, dict) else None
        if not isinstance(spec, dict):
            spec = {}
        match kind:
            case "TokenReview":
                status = self._token(spec)
            case "SelfSubjectReview":
                status = {"userInfo": user_json(user)}
            case "SelfSubjectRulesReview":
                status = rules_json(self._rbac.rules(user))
            case "SelfSubjectAccessReview":
                status = self._access(user, spec)
            case _:
                status = self._access(_subject(spec), spec)
        reviewed: Object = {
            "kind": kind,
            "apiVersion": f"{info.group}/v1",
            "metadata": body.get("metadata", {}) if isinstance(body, dict) else {},
        }
        if kind == "SelfSubjectReview":
            reviewed["metadata"] = {"creationTimestamp": format_rfc3339(int(self._clock.now()))}
        else:
            reviewed["spec"] = spec
        return reviewed | {"status": status}

    def _token(self, spec: Object) -> Object:
        if not spec.get("token"):
            message = "token is required for TokenReview in authentication"
            raise StatusError(bad_request(message))
        user = self._find(str(spec["token"]))
        if user is None:
            return {"user": {}, "error": "invalid bearer token"}
        return {"authenticated": True, "user": user_json(as_authenticated(user))}

    def _access(self, user: User, spec: Object) -> Object:
        allowed = self._rbac.allows(user, _question(spec))
        return {"allowed": allowed}


def user_json(user: User) -> Object:
    fields = {
        "username": user.name,
        "uid": user.uid,
        "groups": list(user.groups),
        "extra": {key: list(values) for key, values in user.extra.items()},
    }
    return {key: value for key, value in fields.items() if value}


def _subject(spec: Object) -> User:
    return User(str(spec.get("user", "")), tuple(spec.get("groups") or ()))


def _question(spec: Object) -> RequestInfo:
    if resource := spec.get("resourceAttributes"):
        return RequestInfo(
            path="",
            verb=resource.get("verb", ""),
            is_resource=True,
            **{
                field: resource.get(field, "")
                for field in ("group", "version", "namespace", "resource", "subresource", "name")
            },
        )
    if path := spec.get("nonResourceAttributes"):
        return RequestInfo(path.get("path", ""), path.get("verb", ""))
    message = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
    raise StatusError(bad_request(message))
