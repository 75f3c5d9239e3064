"""Whom we believe: the ConfigMap, flags, and changes of both."""

from pathlib import Path

import pytest

from tests.clock import ManualClock
from tests.serving.rig import Authorities, authority_pem
from tidegauge.security.files import Inline, WatchedFile
from tidegauge.serving.peers import Pool
from tidegauge.serving.trust import FrontProxyFlags, LiveTrust, Trust, TrustError, parse_trust


@pytest.fixture(scope="module")
def authorities() -> Authorities:
    return Authorities()


@pytest.fixture
def published(authorities: Authorities) -> dict[str, str]:
    return {
        "client-ca-file": authority_pem(authorities.clients).decode(),
        "requestheader-client-ca-file": authority_pem(authorities.proxies).decode(),
        "requestheader-allowed-names": '["front-proxy-client","aggregator"]',
        "requestheader-username-headers": '["X-Remote-User"]',
        "requestheader-uid-headers": '["X-Remote-Uid"]',
        "requestheader-group-headers": '["X-Remote-Group"]',
        "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
    }


def test_config_map(authorities: Authorities, published: dict[str, str]) -> None:
    """The ConfigMap names both pools and the proxy's headers, which count in any case."""
    trust = parse_trust(published)

    assert trust.clients == Pool(authority_pem(authorities.clients))
    assert trust.front_proxy
    assert trust.front_proxy.authorities == Pool(authority_pem(authorities.proxies))
    assert trust.front_proxy.allowed_names == ("front-proxy-client", "aggregator")
    assert trust.front_proxy.username_headers == ("x-remote-user",)
    assert trust.front_proxy.uid_headers == ("x-remote-uid",)
    assert trust.front_proxy.group_headers == ("x-remote-group",)
    assert trust.front_proxy.extra_prefixes == ("x-remote-extra-",)


@pytest.mark.parametrize(
    ("removed", "clients", "front_proxy"),
    [
        (["client-ca-file"], False, True),
        (["requestheader-client-ca-file"], True, False),
        (["requestheader-uid-headers", "requestheader-allowed-names"], True, True),
        (["client-ca-file", "requestheader-client-ca-file"], False, False),
    ],
)
def test_parts_may_lack(
    published: dict[str, str], removed: list[str], clients: bool, front_proxy: bool
) -> None:
    """A cluster without a front proxy, or without client certificates, is one too."""
    trust = parse_trust({key: value for key, value in published.items() if key not in removed})

    assert (trust.clients is not None, trust.front_proxy is not None) == (clients, front_proxy)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("client-ca-file", "no certificate"),
        ("requestheader-client-ca-file", "-----BEGIN CERTIFICATE-----\nAA==\n"),
        ("requestheader-allowed-names", "front-proxy-client"),
        ("requestheader-allowed-names", '"front-proxy-client"'),
        ("requestheader-group-headers", "[1]"),
    ],
)
def test_unusable(published: dict[str, str], key: str, value: str) -> None:
    """The error names the ConfigMap and the key."""
    with pytest.raises(TrustError, match=f"kube-system/extension-apiserver-authentication: {key}"):
        parse_trust(published | {key: value})


def test_awaited(published: dict[str, str]) -> None:
    """Until the ConfigMap is read nobody is believed, and that is said with its remedy."""
    live = LiveTrust()
    assert live.current() == Trust()
    assert live.bundles() == ()
    assert "extension-apiserver-authentication-reader" in str(live.problem())

    live.update(published)

    assert live.problem() is None
    assert len(live.bundles()) == 2


def test_not_awaited() -> None:
    """Who skips the lookup is not told of it."""
    assert LiveTrust(lookup=False).problem() is None


def test_unusable_update_keeps_the_last(published: dict[str, str]) -> None:
    """A ConfigMap that turns bad changes nothing but the log, and a good one mends that."""
    reports: list[tuple[str, str | None]] = []
    live = LiveTrust(report=lambda name, problem: reports.append((name, problem)))
    live.update(published)
    before = live.current()

    live.update(published | {"client-ca-file": "damaged"})

    assert live.current() is before
    assert "client-ca-file" in str(reports[-1][1])
    live.update(published)
    assert ("ConfigMap kube-system/extension-apiserver-authentication", None) in reports[-2:]


def test_rotation(authorities: Authorities, published: dict[str, str]) -> None:
    """A new authority counts as soon as it is published."""
    live = LiveTrust()
    live.update(published)

    live.update(published | {"client-ca-file": authority_pem(authorities.strangers).decode()})

    assert live.current().clients == Pool(authority_pem(authorities.strangers))


def test_flags_win(authorities: Authorities, published: dict[str, str]) -> None:
    """What flags say is not overruled by the ConfigMap."""
    strangers = Inline("strangers.pem", authority_pem(authorities.strangers))
    proxies = FrontProxyFlags(strangers, allowed_names=["me"], username_headers=["X-Me"])
    live = LiveTrust(strangers, proxies)

    live.update(published)

    trust = live.current()
    assert trust.clients == Pool(strangers.content)
    assert trust.front_proxy
    assert trust.front_proxy.allowed_names == ("me",)
    assert trust.front_proxy.username_headers == ("x-me",)


def test_flag_names_its_file() -> None:
    """A flag's file that holds no certificate is an error at the start."""
    with pytest.raises(TrustError, match=r"wrong\.pem"):
        LiveTrust(Inline("wrong.pem", b"nothing"))


def test_flags_file_is_watched(authorities: Authorities, tmp_path: Path) -> None:
    """A flag's file that changes counts, and one that turns bad leaves the last good in place."""
    path = tmp_path / "ca.pem"
    path.write_bytes(authority_pem(authorities.clients))
    clock = ManualClock()
    live = LiveTrust(WatchedFile(path, clock))
    path.write_bytes(authority_pem(authorities.strangers))
    clock.advance(60)
    assert live.current().clients == Pool(authority_pem(authorities.strangers))

    path.write_bytes(b"damaged")
    clock.advance(60)

    assert live.current().clients == Pool(authority_pem(authorities.strangers))
