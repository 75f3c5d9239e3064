"""The fake kubelets: what they write, and that each fault is the fault it says it is."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.realcluster import faults, pki
from tests.realcluster.client import Answer, Client
from tests.realcluster.fakekubelet import PATH, FakeKubelet
from tests.realcluster.faults import Fault
from tests.realcluster.figures import Figures
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.process import wait_until
from tidegauge.sandbox.resourcetext import go_float

BODY = """\
# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web"} 900 1786600017200
container_cpu_usage_seconds_total{container="dns",namespace="infra",pod="dns"} 0.125 1786600020500
# HELP container_memory_working_set_bytes [STABLE] Current working set of the container in bytes
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="app",namespace="shop",pod="web"} 1.56721152e+08 1786600017200
container_memory_working_set_bytes{container="dns",namespace="infra",pod="dns"} 4096 1786600020500
# HELP container_start_time_seconds [STABLE] Start time of the container since unix epoch in seconds
# TYPE container_start_time_seconds gauge
container_start_time_seconds{container="app",namespace="shop",pod="web"} 1.7865964172e+09
container_start_time_seconds{container="dns",namespace="infra",pod="dns"} 1.7866000105e+09
# HELP container_swap_limit_bytes [ALPHA] Current amount of the container swap limit in bytes. Reported only on non-windows systems
# TYPE container_swap_limit_bytes gauge
container_swap_limit_bytes{container="app",namespace="shop",pod="web"} 6.7108864e+07 1786600017200
# HELP container_swap_usage_bytes [ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems
# TYPE container_swap_usage_bytes gauge
container_swap_usage_bytes{container="app",namespace="shop",pod="web"} 8192 1786600017200
container_swap_usage_bytes{container="dns",namespace="infra",pod="dns"} 0 1786600020500
# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total 9540.78875 1786600020000
# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes
# TYPE node_memory_working_set_bytes gauge
node_memory_working_set_bytes 6.93989376e+08 1786600020000
# HELP node_swap_usage_bytes [ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems
# TYPE node_swap_usage_bytes gauge
node_swap_usage_bytes 8192 1786600020000
# HELP pod_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the pod in core-seconds
# TYPE pod_cpu_usage_seconds_total counter
pod_cpu_usage_seconds_total{namespace="infra",pod="dns"} 0.12875 1786600020000
pod_cpu_usage_seconds_total{namespace="shop",pod="web"} 900.71 1786600020000
# HELP pod_memory_working_set_bytes [STABLE] Current working set of the pod in bytes
# TYPE pod_memory_working_set_bytes gauge
pod_memory_working_set_bytes{namespace="infra",pod="dns"} 200704 1786600020000
pod_memory_working_set_bytes{namespace="shop",pod="web"} 1.5691776e+08 1786600020000
# HELP pod_swap_usage_bytes [ALPHA] Current amount of the pod swap usage in bytes. Reported only on non-windows systems
# TYPE pod_swap_usage_bytes gauge
pod_swap_usage_bytes{namespace="infra",pod="dns"} 0 1786600020000
pod_swap_usage_bytes{namespace="shop",pod="web"} 8192 1786600020000
# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise
# TYPE resource_scrape_error gauge
resource_scrape_error 0
"""  # noqa: E501  (lines are as long as a kubelet makes them)


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1786600020.5

    def __call__(self) -> float:
        return self.now


def value(body: bytes, family: str) -> float:
    """The value of the first line of a family."""
    found = re.search(rb"^%b(?:\{.*\})? (\S+)" % family.encode(), body, re.MULTILINE)
    assert found is not None
    return float(found[1])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (1843.218745, "1843.218745"),
        (999999.5, "999999.5"),
        (1e6, "1e+06"),
        (156721152.0, "1.56721152e+08"),
        (1786510120.3148203, "1.7865101203148203e+09"),
        (1e-4, "0.0001"),
        (1.5e-7, "1.5e-07"),
        (1e21, "1e+21"),
        (-3.5e7, "-3.5e+07"),
    ],
)
def test_numbers_are_written_as_go_writes_them(number: float, text: str) -> None:
    """Shortest digits, an exponent from a million up and below a ten-thousandth."""
    assert go_float(number) == text


def test_a_whole_body() -> None:
    """Every family in order, stamps of the last housekeeping, none on start lines."""
    figures = Figures(Hand(), swap=True)
    figures.add(
        "shop", "web", cpu=0.25, memory=156721152, swap=8192, swap_limit=67108864, age=3603.3
    )
    figures.add("infra", "dns", "dns", cpu=0.0125, memory=4096, age=10.0)

    assert figures.render().decode() == BODY


def test_without_swap_no_line_speaks_of_it() -> None:
    """A node without swap accounting reports no swap at all."""
    figures = Figures(Hand())
    figures.add("shop", "web", swap=5, swap_limit=10)

    assert b"swap" not in figures.render()


def test_a_counter_follows_its_rate_from_when_it_was_set() -> None:
    """What was used before a change of the rate stays, and the stamp's moment decides."""
    clock = Hand()
    figures = Figures(clock, housekeeping=10)
    container = figures.add("shop", "web", cpu=1.0, age=100.0)
    clock.now += 4
    container.cpu = 3.0
    before = figures.render()
    clock.now += 6

    assert value(before, "container_cpu_usage_seconds_total") == 100
    assert value(figures.render(), "container_cpu_usage_seconds_total") == 100 + 4 + 18


def test_rates_between_stamps_are_exact() -> None:
    """However odd the moments, differences of counters and stamps give the rate to a nanocore."""
    clock = Hand()
    figures = Figures(clock, housekeeping=7.1)
    figures.add("shop", "web", cpu=0.25, age=1234.5678)
    first = figures.render()
    clock.now += 12.3456789
    second = figures.render()

    line = rb"container_cpu_usage_seconds_total\{.*\} (\S+) (\d+)"
    pairs = [re.search(line, body) for body in (first, second)]
    (used, at), (used_later, later) = [(Decimal(p[1].decode()), int(p[2])) for p in pairs if p]
    assert (used_later - used) * 1000 / (later - at) == Decimal("0.25")


def test_a_restart_changes_start_and_counter_but_not_the_pods_counter() -> None:
    """As in a cgroup tree: the container's counter is new, its pod's goes on."""
    clock = Hand()
    figures = Figures(clock, housekeeping=0)
    container = figures.add("shop", "web", cpu=1.0, age=100.0)
    container.restart()
    clock.now += 2
    body = figures.render()

    assert value(body, "container_cpu_usage_seconds_total") == 2
    assert value(body, "container_start_time_seconds") == clock.now - 2
    assert value(body, "pod_cpu_usage_seconds_total") == 102.01


def test_a_counter_reset_leaves_the_start() -> None:
    """The counter falls to zero, and nothing says that anything started."""
    clock = Hand()
    figures = Figures(clock, housekeeping=0)
    container = figures.add("shop", "web", cpu=1.0, age=100.0)
    container.reset_counter()
    body = figures.render()

    assert value(body, "container_cpu_usage_seconds_total") == 0
    assert value(body, "container_start_time_seconds") == clock.now - 100


def test_skew_moves_every_time_and_no_figure() -> None:
    """A wrong clock shows in stamps and starts."""
    figures = Figures(Hand(), housekeeping=0)
    figures.add("shop", "web", cpu=1.0, age=100.0)
    figures.skew = -3600
    body = figures.render()

    assert value(body, "container_start_time_seconds") == 1786600020.5 - 100 - 3600
    assert b" 100 1786596420500\n" in body


@pytest.fixture(scope="module")
def authority() -> pki.Authority:
    """The CA that tests trust."""
    return pki.Authority("kubelet-ca")


@pytest.fixture
def kubelet(authority: pki.Authority) -> Iterator[FakeKubelet]:
    """One kubelet with one container."""
    with Kubelets(authority, client_authority=authority.certificate) as server:
        kubelet = server.add("node-a")
        kubelet.add("shop", "web")
        yield kubelet


def get(kubelet: FakeKubelet, authority: pki.Authority, token: str | None = None) -> Answer:
    """Scrape once, on a connection of its own."""
    pair = authority.client("scraper")
    client = Client(f"https://{kubelet.address}:{kubelet.port}", authority.certificate, pair, token)
    try:
        return client.send("GET", PATH)
    finally:
        client.close()


def test_an_answer_comes_with_the_headers_of_a_kubelet(
    kubelet: FakeKubelet, authority: pki.Authority
) -> None:
    """Chunked text, version 0.0.4; and the kubelet knows who asked."""
    answer = get(kubelet, authority, token="secret")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.body.startswith(b"# HELP container_cpu_usage_seconds_total")
    assert (kubelet.requests[0].token, kubelet.requests[0].user) == ("secret", "scraper")


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_refusal(kubelet: FakeKubelet, authority: pki.Authority, status: int) -> None:
    """Any status instead of figures."""
    kubelet.fault = Fault(status=status)

    assert get(kubelet, authority).status == status


def test_tokens_are_checked_by_the_test(kubelet: FakeKubelet, authority: pki.Authority) -> None:
    """What `authorize` says is what the client gets."""
    kubelet.authorize = lambda seen: 200 if seen.token == "good" else 401

    assert get(kubelet, authority, token="good").status == 200
    assert get(kubelet, authority, token="bad").status == 401


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(reset_after=100), "IncompleteRead"),
        (Fault(reset_after=0), "IncompleteRead"),
    ],
    ids=["within the body", "before the body"],
)
def test_a_reset(
    kubelet: FakeKubelet, authority: pki.Authority, fault: Fault, message: str
) -> None:
    """The connection breaks after the head."""
    kubelet.fault = fault

    with pytest.raises(OSError, match=message):
        get(kubelet, authority)


def test_a_large_body_is_as_large_as_told(kubelet: FakeKubelet, authority: pki.Authority) -> None:
    """Filled up with lines of the right form."""
    kubelet.fault = Fault(size=3_000_000)
    body = get(kubelet, authority).body

    assert 3_000_000 <= len(body) < 3_100_000
    assert body.endswith(b"\n")


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (lambda _, address: pki.Authority("kubelet-ca").server(address), "unable to get local"),
        (lambda ca, _: ca.server("127.9.9.9"), "mismatch"),
        (lambda ca, address: ca.server(address, validity=pki.EXPIRED), "expired"),
    ],
    ids=["wrong CA", "wrong name", "expired"],
)
def test_a_bad_certificate(
    kubelet: FakeKubelet, authority: pki.Authority, pair: object, message: str
) -> None:
    """Clients refuse it for the reason meant, and the kubelet notices."""
    assert callable(pair)
    kubelet.use_certificate(pair(authority, kubelet.address))

    with pytest.raises(OSError, match=message):
        get(kubelet, authority)
    wait_until(lambda: kubelet.refused_handshakes == 1, "the alert", 5)


def test_body_changes(kubelet: FakeKubelet, authority: pki.Authority) -> None:
    """Ready-made changes for `transform` do what they say."""
    kubelet.fault = Fault(transform=faults.without_lines(b"^container_cpu"))
    assert b"\ncontainer_cpu" not in get(kubelet, authority).body

    kubelet.fault = Fault(transform=faults.with_lines(b"junk"))
    assert get(kubelet, authority).body.startswith(b"junk\n# HELP")

    kubelet.fault = Fault(transform=faults.replace(rb"^(container_cpu\S+) \S+", rb"\1 NaN"))
    assert b'pod="web"} NaN 1' in get(kubelet, authority).body

    kubelet.fault = Fault(transform=faults.crlf)
    assert get(kubelet, authority).body.endswith(b"resource_scrape_error 0\r\n")

    kubelet.fault = Fault(transform=faults.instead(b"fixed"))
    assert get(kubelet, authority).body == b"fixed"


def test_at_an_address_without_a_kubelet_connections_are_reset(
    kubelet: FakeKubelet, authority: pki.Authority
) -> None:
    """One socket listens on all of 127.0.0.0/8, but only known addresses answer."""
    client = Client(f"https://127.88.88.88:{kubelet.port}", authority.certificate)

    with pytest.raises(OSError, match="reset"):
        client.send("GET", PATH)
