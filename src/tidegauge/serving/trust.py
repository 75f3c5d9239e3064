"""Whom we believe: the ConfigMap `kube-system/extension-apiserver-authentication`, and flags.

kube-apiserver publishes there which authorities sign its clients and its front proxy, and by which
headers the proxy says for whom it speaks. Flags, where given, win over the ConfigMap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tidegauge.security.files import Report, Source, unreported
from tidegauge.serving.peers import Pool

CONFIG_MAP_NAMESPACE = "kube-system"
CONFIG_MAP_NAME = "extension-apiserver-authentication"

_SUBJECT = f"ConfigMap {CONFIG_MAP_NAMESPACE}/{CONFIG_MAP_NAME}"
_ABSENT = (
    f"{_SUBJECT} was not read yet, so no client certificate is believed; it needs the Role "
    "extension-apiserver-authentication-reader"
)


class TrustError(ValueError):
    """The ConfigMap or a flag's file says nothing usable; names the key and the remedy."""


@dataclass(frozen=True, slots=True)
class FrontProxy:
    """Who may speak for others, and in which headers (lower-case). No allowed names means any."""

    authorities: Pool
    allowed_names: tuple[str, ...] = ()
    username_headers: tuple[str, ...] = ()
    uid_headers: tuple[str, ...] = ()
    group_headers: tuple[str, ...] = ()
    extra_prefixes: tuple[str, ...] = ()

    @property
    def headers(self) -> frozenset[str]:
        return frozenset((*self.username_headers, *self.uid_headers, *self.group_headers))


@dataclass(frozen=True, slots=True)
class Trust:
    clients: Pool | None = None
    front_proxy: FrontProxy | None = None

    @property
    def pools(self) -> tuple[Pool, ...]:
        proxies = self.front_proxy.authorities if self.front_proxy else None
        return tuple(pool for pool in (self.clients, proxies) if pool)

    @property
    def anchors(self) -> frozenset[bytes]:
        return frozenset().union(*(pool.anchors for pool in self.pools))


def parse_trust(data: Mapping[str, str]) -> Trust:
    """The `data` of the ConfigMap. Raises TrustError naming the key."""
    clients = data.get("client-ca-file")
    proxies = data.get("requestheader-client-ca-file")
    front_proxy = None
    if proxies:
        front_proxy = FrontProxy(
            authorities=_pool(proxies.encode(), f"{_SUBJECT}: requestheader-client-ca-file"),
            allowed_names=_list(data, "requestheader-allowed-names"),
            username_headers=_headers(data, "requestheader-username-headers"),
            uid_headers=_headers(data, "requestheader-uid-headers"),
            group_headers=_headers(data, "requestheader-group-headers"),
            extra_prefixes=_headers(data, "requestheader-extra-headers-prefix"),
        )
    pool = _pool(clients.encode(), f"{_SUBJECT}: client-ca-file") if clients else None
    return Trust(pool, front_proxy)


def _pool(pem: bytes, name: str) -> Pool:
    try:
        return Pool(pem)
    except ValueError as error:
        raise TrustError(f"{name}: no usable PEM certificates: {error}") from error


def _headers(data: Mapping[str, str], key: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in _list(data, key))


def _list(data: Mapping[str, str], key: str) -> tuple[str, ...]:
    text = data.get(key)
    if not text:
        return ()
    try:
        return msgspec.json.decode(text, type=tuple[str, ...])
    except msgspec.DecodeError as error:
        raise TrustError(
            f"{_SUBJECT}: {key}: a JSON list of strings is expected: {error}"
        ) from error


@dataclass(frozen=True, slots=True)
class FrontProxyFlags:
    """The `--requestheader-*` flags; with an authority given, the ConfigMap's are not read."""

    authorities: Source
    allowed_names: Sequence[str] = ()
    username_headers: Sequence[str] = ("x-remote-user",)
    uid_headers: Sequence[str] = ()
    group_headers: Sequence[str] = ("x-remote-group",)
    extra_prefixes: Sequence[str] = ("x-remote-extra-",)

    def parse(self) -> FrontProxy:
        return FrontProxy(
            authorities=_pool(self.authorities.content, self.authorities.name),
            allowed_names=tuple(self.allowed_names),
            username_headers=tuple(map(str.lower, self.username_headers)),
            uid_headers=tuple(map(str.lower, self.uid_headers)),
            group_headers=tuple(map(str.lower, self.group_headers)),
            extra_prefixes=tuple(map(str.lower, self.extra_prefixes)),
        )


class LiveTrust:
    """The trust of now: `update` it when the ConfigMap changes; files of flags are watched.

    Raises TrustError when a flag's file can't be used at first. Later, what can't be used leaves
    the last good in place and is reported on change, and so does a ConfigMap that goes away.
    """

    def __init__(
        self,
        client_authorities: Source | None = None,
        front_proxy: FrontProxyFlags | None = None,
        *,
        lookup: bool = True,
        report: Report = unreported,
    ) -> None:
        """With `lookup` false the ConfigMap is not waited for."""
        self._client_authorities = client_authorities
        self._front_proxy = front_proxy
        self._report = report
        self._awaited = lookup
        self._published = Trust()
        self._seen = self._contents()
        self._trust = self._combine()

    def update(self, data: Mapping[str, str]) -> None:
        """Take the ConfigMap's `data`."""
        try:
            self._published = parse_trust(data)
        except TrustError as error:
            self._report(_SUBJECT, str(error))
            return
        self._awaited = False
        self._report(_SUBJECT, None)
        self._renew()

    def current(self) -> Trust:
        contents = self._contents()
        if contents != self._seen:
            self._seen = contents
            self._renew()
        return self._trust

    def bundles(self) -> tuple[bytes, ...]:
        """PEM of all that may sign clients' certificates, for the TLS context."""
        return tuple(pool.pem for pool in self.current().pools)

    def problem(self) -> str | None:
        """Why nobody's certificate is believed yet, for readiness."""
        return _ABSENT if self._awaited else None

    def _contents(self) -> tuple[bytes, ...]:
        proxies = self._front_proxy.authorities if self._front_proxy else None
        return tuple(each.content for each in (self._client_authorities, proxies) if each)

    def _renew(self) -> None:
        try:
            self._trust = self._combine()
        except TrustError as error:
            self._report("client authorities", str(error))
        else:
            self._report("client authorities", None)

    def _combine(self) -> Trust:
        clients, front_proxy = self._published.clients, self._published.front_proxy
        if given := self._client_authorities:
            clients = _pool(given.content, given.name)
        if self._front_proxy:
            front_proxy = self._front_proxy.parse()
        return Trust(clients, front_proxy)
