"""Tokens of service accounts, as `kubectl create token` asks for them."""

from typing import Any

from tidegauge.sandbox.apiserver.identities import Identities
from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.serving.messages import User
from tidegauge.units.clock import Clock
from tidegauge.units.timestamp import format_rfc3339

TOKEN_REQUEST = Kind("authentication.k8s.io", "v1", "TokenRequest", "tokenrequests", "tokenrequest")

_SECONDS = 3600
"""A token's life when none is asked for."""

Object = dict[str, Any]


class AccountTokens:
    def __init__(self, identities: Identities, clock: Clock) -> None:
        self._identities = identities
        self._clock = clock

    def answer(self, account: Object, request: Any) -> Object:
        """The TokenRequest with its token. Audiences are written down, not looked at."""
        spec = request.get("spec") if isinstance(request, dict) else None
        spec = spec if isinstance(spec, dict) else {}
        seconds = spec.get("expirationSeconds")
        seconds = seconds if isinstance(seconds, int) and seconds > 0 else _SECONDS
        metadata = account["metadata"]
        until = format_rfc3339(int(self._clock.now()) + seconds)
        user = account_user(metadata["namespace"], metadata["name"], metadata["uid"])
        token = self._identities.token(user, seconds)
        return {
            "kind": TOKEN_REQUEST.kind,
            "apiVersion": TOKEN_REQUEST.api_version,
            "metadata": {key: metadata[key] for key in ("name", "namespace")},
            "spec": spec | {"expirationSeconds": seconds},
            "status": {"token": token, "expirationTimestamp": until},
        }


def account_user(namespace: str, name: str, uid: str = "") -> User:
    """Who a service account is to the authorizer."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return User(f"system:serviceaccount:{namespace}:{name}", groups, uid)
