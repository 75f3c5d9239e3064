"""All that can go wrong with a node, all at once, a node each: the others must not notice.

Our server and the Go one scrape the same fake kubelets. First all are well, then each gets its
fault, then all are healed. What ours served at each look is kept, and judged case by case.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest

from tests.realcluster import faults, pki, servers
from tests.realcluster.client import RequestFailed
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.fakekubelet import FakeKubelet
from tests.realcluster.faults import HEALTHY, Fault
from tests.realcluster.kubelets import Kubelets
from tests.realcluster.looking import Log, Usage, counters, usages
from tests.realcluster.placing import node, run_pod
from tests.realcluster.process import wait_until
from tests.realcluster.servers import MetricsServer

NAMESPACE = "faults"
# Long enough that a busy machine does not add timeouts of its own; stale after three of them.
PERIOD = 2.0
STALE = 3 * PERIOD
# Between a moment and what is seen of it: a look each quarter of a second, on a busy machine.
SLACK = 1.5
# A restarted container is rated once it is 10 s old, and asked within a period.
WATCHED_SECONDS = 10 + 2 * PERIOD
WARM_UP_SECONDS = 60.0

CPU, MEMORY = 0.1, 64 << 20
# What a fake node's system and pause container take beside its pod.
NODE_CPU, NODE_MEMORY = CPU + 0.1, MEMORY + (512 << 20) + (192 << 10)

Strike = Callable[[FakeKubelet, pki.Authority], None]


class Then(Enum):
    """What becomes of a usage when the fault comes."""

    GOES_ON = "new ones keep coming"
    STANDS = "the last one stays"
    RESUMES = "the last one stays for a while, then new ones keep coming"
    GOES_STALE = "the last one stays for three periods, then there is none"


GOES_ON, STANDS, RESUMES, GOES_STALE = Then


@dataclass(frozen=True)
class Case:
    """A node's fault and what must come of it.

    Attributes:
        pod: as `node` if not given.
        cause: of the failed scrape, `flaw` of an answer that came.
        remedy: some of the words in the log.
        late: how many periods its usage may be behind.
        skew: of the node's clock, from the beginning.
        spared: the Go server must not see this node.

    """

    name: str
    strike: Strike
    node: Then
    pod: Then | None = None
    cause: str = ""
    remedy: str = ""
    flaw: str = ""
    late: int = 1
    skew: float = 0.0
    spared: bool = False


def gets(fault: Fault) -> Strike:
    """Misbehave like that; on a new connection, so that faults of connecting come too."""

    def strike(kubelet: FakeKubelet, _: pki.Authority) -> None:
        kubelet.fault = fault
        kubelet.drop_connections()

    return strike


def says(transform: faults.Transform) -> Strike:
    """Answer with a changed body."""
    return gets(Fault(transform=transform))


def shows(make: Callable[[FakeKubelet, pki.Authority], pki.Pair]) -> Strike:
    """Another certificate."""
    return lambda kubelet, authority: kubelet.use_certificate(make(kubelet, authority))


def nothing(_kubelet: FakeKubelet, _authority: pki.Authority) -> None:
    """Stay as it is."""


def set_back(kubelet: FakeKubelet, _: pki.Authority) -> None:
    """The clock jumps an hour back."""
    kubelet.skew = -3600.0


def collecting_fails(kubelet: FakeKubelet, _: pki.Authority) -> None:
    """What a kubelet says whose runtime does not answer: the node's figures, and that it failed."""
    kubelet.scrape_error = True
    kubelet.fault = Fault(transform=faults.without_lines(rb"^(container|pod)_"))


def claims(pod: str) -> faults.Transform:
    """Report a pod that runs elsewhere, with four cores and a terabyte."""
    labels = f'{{container="app",namespace="{NAMESPACE}",pod="{pod}"}}'.encode()

    def transform(body: bytes) -> bytes:
        lines = (
            b"container_cpu_usage_seconds_total%b %.3f" % (labels, 4 * time.time()),
            b"container_memory_working_set_bytes%b 1e12" % labels,
        )
        return faults.with_lines(*lines)(body)

    return transform


def container_cpu(value: bytes) -> faults.Transform:
    """The container's CPU has that value."""
    return faults.replace(rb"^(container_cpu_usage_seconds_total\S+) \S+", rb"\1 " + value)


_SERIES = b'{container="app",namespace="faults",pod="no-utf-8\xff"} 1 1700000000000'
NO_UTF_8 = b"container_cpu_usage_seconds_total" + _SERIES
TWICE = b'container_memory_working_set_bytes{container="app",namespace="faults",pod="twice"} 1'
BAD_LINE = b'container_memory_working_set_bytes{container="app" 1'
PAGE = b"<html><body>Welcome to nginx!</body></html>\n"

CASES = [
    Case("healthy", nothing, GOES_ON),
    Case(
        "hangs-once",
        gets(Fault(hang=True)),
        GOES_ON,
        cause="timeout",
        remedy="load on the node",
        late=2,
    ),
    Case("hangs", gets(Fault(hang=True)), GOES_STALE, cause="timeout", remedy="load on the node"),
    Case("silent", gets(Fault(silent=True)), GOES_STALE, cause="timeout", remedy="TLS handshake"),
    Case("500", gets(Fault(status=500)), GOES_STALE, cause="status", remedy="kubelet's log"),
    Case(
        "401",
        gets(Fault(status=401)),
        GOES_STALE,
        cause="unauthorized",
        remedy="authentication.webhook.enabled",
    ),
    Case("403", gets(Fault(status=403)), GOES_STALE, cause="forbidden", remedy="nodes/metrics"),
    Case(
        "wrong-ca",
        shows(lambda kubelet, _: pki.Authority("stranger").server(kubelet.address)),
        GOES_STALE,
        cause="tls_unknown_authority",
        remedy="--kubelet-certificate-authority",
    ),
    Case(
        "wrong-name",
        shows(lambda _, authority: authority.server("127.9.9.9", "somebody-else")),
        GOES_STALE,
        cause="tls_wrong_name",
        remedy="tidegauge.dev/kubelet-server-name",
    ),
    Case(
        "expired",
        shows(lambda kubelet, ca: ca.server(kubelet.address, validity=pki.EXPIRED)),
        GOES_STALE,
        cause="tls_expired",
        remedy="rotateCertificates",
    ),
    Case(
        "reset",
        gets(Fault(reset_after=200)),
        GOES_STALE,
        cause="connection_lost",
        remedy="kubelet restarts",
    ),
    Case("100-mb", gets(Fault(size=100_000_000)), GOES_STALE, cause="body_too_large", spared=True),
    Case("endless", gets(Fault(endless=True)), GOES_STALE, cause="body_too_large", spared=True),
    Case("bad-line", says(faults.with_lines(BAD_LINE)), GOES_ON, flaw="bad_line"),
    Case(
        "no-labels",
        says(faults.with_lines(b"container_cpu_usage_seconds_total 1")),
        GOES_ON,
        flaw="bad_line",
        spared=True,
    ),
    Case("nan", says(container_cpu(b"NaN")), GOES_ON, STANDS, flaw="bad_line"),
    Case("negative", says(container_cpu(b"-1")), GOES_ON, STANDS, flaw="bad_line"),
    Case("huge", says(container_cpu(b"1e300")), GOES_ON, STANDS, flaw="bad_line"),
    Case("crlf", says(faults.crlf), GOES_ON),
    Case("no-utf-8", says(faults.with_lines(NO_UTF_8)), GOES_ON, flaw="bad_line"),
    Case("twice", says(faults.with_lines(TWICE)), GOES_ON),
    Case("another-page", says(faults.instead(PAGE)), STANDS, flaw="bad_line"),
    Case("empty", says(faults.instead(b"")), STANDS, flaw="no_figures"),
    # A counter that fell is a first point: the next usage takes a second one.
    Case("counter-reset", lambda k, _: k.containers[0].reset_counter(), GOES_ON, late=2),
    Case("restart", lambda k, _: k.containers[0].restart(), GOES_ON, RESUMES),
    Case("clock-ahead", nothing, GOES_ON, skew=3600.0),
    Case("clock-behind", nothing, GOES_ON, skew=-3600.0),
    Case("clock-set-back", set_back, STANDS),
    Case("liar", says(claims("healthy")), GOES_ON, flaw="foreign_pod"),
    Case("scrape-error", collecting_fails, GOES_ON, STANDS, flaw="scrape_error"),
]
BY_NAME = {case.name: case for case in CASES}
FAILING = [case for case in CASES if case.cause]


@dataclass(frozen=True)
class Look:
    """What our server said at a moment."""

    at: float
    nodes: Mapping[str, Usage]
    pods: Mapping[str, Usage]
    livez: int
    readyz: int
    resident: int


@dataclass(frozen=True)
class Story:
    """What happened from the moment of the faults on, until all were healed."""

    struck: float
    resident: int
    looks: Sequence[Look]
    counted: Mapping[tuple[str, str], float]
    log: Log
    warnings: Sequence[Mapping[str, Any]]


@pytest.fixture(scope="module")
def kubelets(control_plane: ControlPlane) -> Iterator[Mapping[str, FakeKubelet]]:
    """A node for each case, with a pod of its name."""
    control_plane.create_namespace(NAMESPACE)
    admin = control_plane.admin
    with Kubelets(control_plane.authority) as server, ExitStack() as stack:
        made = {}
        for case in CASES:
            labels = {"world": "faults", "fault": case.name, "apart": "true"}
            labels |= {"spared": "true"} if case.spared else {}
            made[case.name] = stack.enter_context(node(admin, server, case.name, labels=labels))
            made[case.name].skew = case.skew
            run_pod(admin, made[case.name], NAMESPACE, case.name, cpu=CPU, memory=MEMORY)
        yield made


@pytest.fixture(scope="module")
def ours(
    control_plane: ControlPlane, kubelets: Mapping[str, FakeKubelet]
) -> Iterator[MetricsServer]:
    """Our server with its first data."""
    flags = [f"--metric-resolution={PERIOD:g}s", "--node-selector=world=faults"]
    with servers.tidegauge(control_plane, *flags, name="faults") as server:
        server.wait_until(lambda: _complete(server, kubelets), "all data", WARM_UP_SECONDS)
        yield server


@pytest.fixture(scope="module")
def theirs(
    control_plane: ControlPlane, kubelets: Mapping[str, FakeKubelet]
) -> Iterator[MetricsServer]:
    """The Go server, with its first data of nodes that it can bear."""
    flags = ["--node-selector=world=faults,!spared", "--kubelet-request-timeout=2s"]
    with servers.incumbent(control_plane, *flags, name="faults-incumbent") as server:
        expected = [name for name in kubelets if not BY_NAME[name].spared]
        server.wait_until(lambda: _complete(server, expected), "all data", WARM_UP_SECONDS)
        yield server


def _complete(server: MetricsServer, names: Iterable[str]) -> bool:
    try:
        lists = [usages(server, "nodes"), usages(server, f"namespaces/{NAMESPACE}/pods")]
    except RequestFailed:
        # The Go server listens before it knows the cluster's authorities, and goes on taking those
        # who connected then for strangers.
        server.admin.close()
        return False
    return all(set(names) <= set(each) for each in lists)


@pytest.fixture(scope="module")
def story(
    control_plane: ControlPlane,
    kubelets: Mapping[str, FakeKubelet],
    ours: MetricsServer,
    theirs: MetricsServer,
) -> Story:
    """Strike, watch, heal."""
    log, before, resident = Log(ours), counters(ours), ours.resident_bytes()
    asked = len(kubelets["hangs-once"].requests)
    looks, struck = [], time.time()
    for case in CASES:
        case.strike(kubelets[case.name], control_plane.authority)
    while time.time() < struck + WATCHED_SECONDS:
        if len(kubelets["hangs-once"].requests) > asked:
            kubelets["hangs-once"].fault = HEALTHY
        looks.append(_look(ours))
        time.sleep(0.25)
    after, warnings = counters(ours), log.lines(level="warning")
    print(_compared(theirs, struck, looks[-1]))
    for kubelet in kubelets.values():
        _heal(kubelet, control_plane.authority)
    counted = {key: value - before.get(key, 0.0) for key, value in after.items()}
    return Story(struck, resident, looks, counted, log, warnings)


def _look(server: MetricsServer) -> Look:
    livez, readyz = (server.admin.send("GET", path).status for path in ("/livez", "/readyz"))
    nodes, pods = (usages(server, path) for path in ("nodes", f"namespaces/{NAMESPACE}/pods"))
    return Look(time.time(), nodes, pods, livez, readyz, server.resident_bytes())


def _heal(kubelet: FakeKubelet, authority: pki.Authority) -> None:
    kubelet.fault, kubelet.scrape_error = HEALTHY, False
    kubelet.skew = BY_NAME[kubelet.name].skew
    kubelet.use_certificate(authority.server(kubelet.name, kubelet.address))


def _compared(incumbent: MetricsServer, struck: float, ours: Look) -> str:
    """A table of what both serve of each case at the end, for whoever reads along."""
    nodes, pods = (usages(incumbent, path) for path in ("nodes", f"namespaces/{NAMESPACE}/pods"))

    def cell(case: Case, usage: Usage | None) -> str:
        if usage is None:
            return "-"
        age = "new" if usage.at - case.skew > struck else "old"
        return f"{usage.cpu:.4g} {usage.memory >> 20}Mi {age}"

    return "\n".join(
        f"{case.name:16}" + "".join(f"{cell(case, each.get(case.name)):28}" for each in columns)
        for columns in [(ours.nodes, ours.pods, nodes, pods)]
        for case in CASES
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_served(story: Story, case: Case) -> None:
    """A node's last usage or its newest, always right, or nothing once it is stale."""
    _judge(case, case.node, story, [look.nodes.get(case.name) for look in story.looks])
    pods = [look.pods.get(case.name) for look in story.looks]
    _judge(case, case.pod or case.node, story, pods, CPU, MEMORY)


def _judge(
    case: Case,
    then: Then,
    story: Story,
    history: Sequence[Usage | None],
    cpu: float = NODE_CPU,
    memory: int = NODE_MEMORY,
) -> None:
    served = [(look.at, usage) for look, usage in zip(story.looks, history, strict=True) if usage]
    for _, usage in served:
        assert (round(usage.cpu, 3), usage.memory) == (cpu, memory)
    # Time stamps are cut to whole seconds.
    ages = [at - (usage.at - case.skew) for at, usage in served]
    old = [usage.at - case.skew <= story.struck for _, usage in served]
    if then is GOES_STALE:
        present = [at - story.struck for at, _ in served]
        assert all(old)
        assert STALE - PERIOD - SLACK < max(present) < STALE + SLACK
        assert history[-1] is None
        return
    assert None not in history
    if then is STANDS:
        assert all(old)
        return
    assert not old[-1]
    assert ages[-1] < PERIOD + 1 + SLACK
    if then is GOES_ON:
        assert max(ages) < case.late * PERIOD + 1 + SLACK
    else:
        assert ages[len(ages) // 2] > PERIOD + 1 + SLACK


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_log_says_why(story: Story, case: Case) -> None:
    """Once, with what to do about it; of nodes that are well nothing."""
    told = [line for line in story.warnings if line["key"] == case.name]

    assert [line["cause"] for line in told] == [case.cause or case.flaw] * bool(
        case.cause or case.flaw
    )
    assert all(line["problem"].startswith(f"node {case.name}: ") for line in told)
    assert all(case.remedy in line["problem"] for line in told)


def test_failures_are_counted_by_cause(story: Story) -> None:
    """And what was not used by its reason."""
    for case in FAILING:
        assert story.counted["tidegauge_scrape_failures_total", case.cause] > 0, case
    assert story.counted["tidegauge_series_dropped_total", "bad_line"] > 0
    assert story.counted["tidegauge_series_dropped_total", "foreign_pod"] > 0


def test_health_stays_green(story: Story) -> None:
    """A server that was ready does not go away because kubelets fail."""
    assert {(look.livez, look.readyz) for look in story.looks} == {(200, 200)}


def test_memory_stays_bounded(story: Story) -> None:
    """Whatever a node sends."""
    grown = max(look.resident for look in story.looks) - story.resident
    assert grown < 64 << 20


def test_all_recover(
    story: Story, ours: MetricsServer, kubelets: Mapping[str, FakeKubelet]
) -> None:
    """Without a restart, each with one line in the log."""
    healed = story.looks[-1].at
    expected = set(kubelets)

    def fresh() -> bool:
        lists = (usages(ours, "nodes"), usages(ours, f"namespaces/{NAMESPACE}/pods"))
        return all(
            {name for name, usage in each.items() if usage.at - BY_NAME[name].skew > healed}
            == expected
            for each in lists
        )

    ours.wait_until(fresh, "fresh data of all", 30)
    recovered = [line["key"] for line in story.log.lines(level="info") if "key" in line]
    assert sorted(set(recovered)) == sorted(case.name for case in CASES if case.cause or case.flaw)


def test_the_incumbent_exits(
    control_plane: ControlPlane, kubelets: Mapping[str, FakeKubelet]
) -> None:
    """One line without labels, from one node, ends the Go server; ours served on, see above."""
    kubelets["no-labels"].fault = Fault(
        transform=faults.with_lines(b"container_cpu_usage_seconds_total 1")
    )
    doomed = servers.incumbent(control_plane, "--node-selector=fault=no-labels", name="doomed")
    doomed.start()
    try:
        wait_until(lambda: not doomed.running, "its end", 30)
    finally:
        doomed.stop()
    assert doomed.exit_code == 2
    assert "slice bounds out of range" in doomed.tail(200)
