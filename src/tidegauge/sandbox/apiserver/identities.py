"""Who there is in the cluster: its authorities, its users, and the kubeconfigs they work with."""

import json
import secrets
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidegauge.sandbox.apiserver.access import CONTROLLER, METRICS_SERVER, VIEWERS
from tidegauge.security.authority import LIFE, Authority
from tidegauge.security.certificates import Pair
from tidegauge.serving.authorization import MASTERS
from tidegauge.serving.messages import User
from tidegauge.serving.trust import CONFIG_MAP_NAME, CONFIG_MAP_NAMESPACE
from tidegauge.units.clock import Clock

ADMIN = User("admin", (MASTERS,))
VIEWER = User("viewer", (VIEWERS,))
NOBODY = User("nobody")
_ACCOUNTS = ("system:serviceaccounts", "system:serviceaccounts:kube-system")
METRICS = User(METRICS_SERVER, _ACCOUNTS)
AUTOSCALER = User(CONTROLLER, _ACCOUNTS)

METRICS_USER = "metrics-server"
CONTROLLER_USER = "tidegauge-controller"
USERS = {
    "admin": ADMIN,
    "viewer": VIEWER,
    "nobody": NOBODY,
    METRICS_USER: METRICS,
    CONTROLLER_USER: AUTOSCALER,
}
SERVICE_ACCOUNTS = (METRICS_USER, CONTROLLER_USER)
"""In `kube-system`; they come with a token, all others with a certificate."""

KUBELET_CLIENT = User("kube-apiserver-kubelet-client", (MASTERS,))
"""As whom the API server asks kubelets."""

FRONT_PROXY = "front-proxy-client"

SERVER_NAMES = ("127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc")


class Identities:
    """Made anew for each cluster; nothing of it outlives the process but what is written."""

    def __init__(self, clock: Clock) -> None:
        self.authority = Authority("sandbox-ca", clock)
        self.proxy_authority = Authority("sandbox-front-proxy-ca", clock)
        self.proxy_pair = self.proxy_authority.client(FRONT_PROXY)
        self._clock = clock
        self._tokens: dict[str, tuple[User, float]] = {}

    def token(self, user: User, seconds: float = LIFE) -> str:
        """A new bearer token for that user, good for so long."""
        token = secrets.token_urlsafe(32)
        self._tokens[token] = (user, self._clock.now() + seconds)
        return token

    def revoke(self, user: User) -> None:
        """Make all tokens of that user worthless."""
        self._tokens = {token: held for token, held in self._tokens.items() if held[0] != user}

    def find(self, token: str) -> User | None:
        """Whose token it is; None for one that nobody has, or that has expired."""
        user, until = self._tokens.get(token, (None, 0.0))
        return user if self._clock.now() < until else None

    def client_pair(self, user: User) -> Pair:
        return self.authority.client(user.name, user.groups)

    def config_map(self) -> dict[str, Any]:
        """By which aggregated servers know whom to believe."""
        return {
            "metadata": {"namespace": CONFIG_MAP_NAMESPACE, "name": CONFIG_MAP_NAME},
            "data": {
                "client-ca-file": self.authority.certificate.decode(),
                "requestheader-client-ca-file": self.proxy_authority.certificate.decode(),
                "requestheader-allowed-names": json.dumps([FRONT_PROXY]),
                "requestheader-username-headers": json.dumps(["X-Remote-User"]),
                "requestheader-uid-headers": json.dumps(["X-Remote-Uid"]),
                "requestheader-group-headers": json.dumps(["X-Remote-Group"]),
                "requestheader-extra-headers-prefix": json.dumps(["X-Remote-Extra-"]),
            },
        }

    def kubeconfig(
        self, path: Path, server: str, user: User, *, token: bool = False, context: str = "sandbox"
    ) -> Path:
        """Write a kubeconfig, readable by its owner only, with a certificate or a token."""
        credentials: dict[str, str]
        if token:
            credentials = {"token": self.token(user)}
        else:
            pair = self.client_pair(user)
            credentials = {
                "client-certificate-data": _b64(pair.certificate),
                "client-key-data": _b64(pair.key),
            }
        cluster = {
            "server": server,
            "certificate-authority-data": _b64(self.authority.certificate),
        }
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": _named(context, cluster=cluster),
            "users": _named(user.name, user=credentials),
            "contexts": _named(context, context={"cluster": context, "user": user.name}),
            "current-context": context,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        return path


def _named(name: str, **fields: Any) -> Sequence[dict[str, Any]]:
    return [{"name": name, **fields}]


def _b64(data: bytes) -> str:
    return b64encode(data).decode()
