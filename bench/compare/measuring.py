"""What is measured of one server, part by part: each gives samples by the figure's name."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from bench.compare import asking
from bench.compare.asking import Asked, Found
from bench.compare.figures import percentile
from bench.compare.questions import (
    ALL_PODS,
    API,
    ONE_POD,
    PROTOBUF,
    QUESTIONS,
    RENEWED,
    Question,
)
from bench.compare.site import PERIOD, Say, Site, busy_seconds, forget_peak, peak_megabytes
from tests.realcluster.client import Client
from tests.realcluster.fleet import Fleet
from tests.realcluster.process import Process
from tests.realcluster.servers import MetricsServer

START_SECONDS = 300.0
WARM_PERIODS = 3
"""Until both servers have two samples of everything, and have made their last big allocations."""

ROUNDS = 3
"""Of each list, for a spread."""

RENEWALS = 5
"""Of lists of which everything is new: each takes a period of waiting."""

BACK_TO_BACK = 10
"""Full lists, half of each format, while the highest memory is looked for."""

CROWD, CROWD_SECONDS = 1000, 60.0
"""HPAs, each of which lists its pods once a period."""

FRESHNESS_SECONDS = 45.0
SETTLE_PERIODS = 4
"""After nodes begin to hang: the last of what they said before is then no longer served."""


class Measured(NamedTuple):
    unit: str
    samples: Sequence[float]
    limit: float | None = None
    """The ratio that is promised."""


Results: TypeAlias = dict[str, Measured]


class Subject:
    """One server under measurement."""

    def __init__(self, site: Site, server: MetricsServer, say: Say) -> None:
        self.site = site
        self.server = server
        self.say = say
        self.door = site.door(server)
        self.steady_cores = 0.0
        """What it uses when nobody asks: taken off the cost of requests."""

    def ask(self, **asked: object) -> Found:
        return asking.ask(self.door, Asked(**asked))  # type: ignore[arg-type]  # its own fields


def start(subject: Subject, begun: float) -> Results:
    """From the start of the process, at `begun`, until each node has data; then warm up."""
    subject.say("first data for every node")
    nodes = subject.site.fleet.nodes
    deadline = begun + START_SECONDS
    while served_nodes(subject.server.admin) < nodes:
        assert time.monotonic() < deadline, f"no data of all nodes after {START_SECONDS:g} s"
        time.sleep(0.5)
    seconds = time.monotonic() - begun
    time.sleep(WARM_PERIODS * PERIOD)
    return {"first data of every node": Measured("s", [seconds], 0.8)}


def served_nodes(admin: Client) -> int:
    """Of how many nodes there is usage; none while the server does not answer with it."""
    answer = admin.send("GET", f"{API}/nodes")
    return answer.body.count(b'"timestamp"') if answer.status == 200 else 0


def steady(subject: Subject, seconds: float) -> Results:
    """A sample each period."""
    subject.say(f"steady state for {seconds:.0f} s")
    cores, resident = sampled(subject.server, PERIOD, seconds)
    subject.steady_cores = sum(cores) / len(cores)
    return {
        "steady CPU": Measured("mCPU", [each * 1000 for each in cores], 0.6),
        "resident memory": Measured("MB", resident, _memory_limit(subject, 0.25, 0.35)),
    }


def sampled(server: Process, period: float, seconds: float) -> tuple[list[float], list[float]]:
    """CPU in cores and resident memory in MB, a sample of each per period; one at least."""
    cores: list[float] = []
    resident: list[float] = []
    for _ in range(max(1, round(seconds / period))):
        used, begun = server.cpu_seconds(), time.monotonic()
        time.sleep(period)
        cores.append((server.cpu_seconds() - used) / (time.monotonic() - begun))
        resident.append(server.resident_bytes() / 1e6)
    return cores, resident


def _memory_limit(subject: Subject, many: float, fewer: float) -> float | None:
    """What is promised at 5,000 nodes, at 1,000, and below: there the interpreter is the most."""
    nodes = subject.site.fleet.nodes
    if nodes >= 5000:
        return many
    return fewer if nodes >= 1000 else None


def lists(subject: Subject, _seconds: float) -> Results:
    """Each list back to back, as where many clients read."""
    found: Results = {}
    for question in QUESTIONS:
        subject.say(question.name)
        costs = [_cost(subject, question, question.times) for _ in range(ROUNDS)]
        found |= _costs(question.name, costs, question.limit)
    return found


def renewed(subject: Subject, _seconds: float) -> Results:
    """Lists by a lonely client: each node has answered since the last, so that all is new."""
    subject.say(f"lists once a period, {RENEWALS} times")
    costs: dict[str, list[Cost]] = {question.name: [] for question in RENEWED}
    for _ in range(RENEWALS):
        time.sleep(PERIOD + 1)
        for question in RENEWED:
            costs[question.name].append(_cost(subject, question, 1))
    found: Results = {}
    for name, each in costs.items():
        found |= _costs(f"{name}, once a period", each, None)
    return found


class Cost(NamedTuple):
    """Seconds: of each request by the client's clock, and of the server's CPU for one."""

    elapsed: Sequence[float]
    cpu: float


def _cost(subject: Subject, question: Question, times: int) -> Cost:
    used, begun = busy_seconds(subject.server), time.monotonic()
    found = subject.ask(paths=[question.path], accept=question.accept, times=times)
    own = (time.monotonic() - begun) * subject.steady_cores
    return Cost(found.seconds, (busy_seconds(subject.server) - used - own) / len(found.seconds))


def _costs(name: str, costs: Sequence[Cost], limit: float | None) -> Results:
    elapsed = [seconds for cost in costs for seconds in cost.elapsed]
    return {
        f"{name}: time": _milliseconds(elapsed, limit),
        f"{name}: CPU": _milliseconds([cost.cpu for cost in costs], limit),
    }


def _milliseconds(seconds: Sequence[float], limit: float | None = None) -> Measured:
    return Measured("ms", [each * 1000 for each in seconds], limit)


def peak(subject: Subject, _seconds: float) -> Results:
    """The highest memory while full lists are read, and how long one pod then takes."""
    subject.say("memory and one pod while full lists are read")
    idle = subject.ask(paths=[ONE_POD], times=1000, every=0.005)
    forget_peak(subject.server)
    with asking.asking(subject.door, Asked(paths=[ALL_PODS[0].path])):
        busy = subject.ask(paths=[ONE_POD], seconds=PERIOD, every=0.01)
    for question in ALL_PODS:
        subject.ask(paths=[question.path], accept=question.accept, times=BACK_TO_BACK // 2)
    highest = peak_megabytes(subject.server)
    return {
        "one pod, idle: median": _milliseconds([percentile(idle.seconds, 50)], 1.0),
        "one pod, beside full lists: p99": _milliseconds([percentile(busy.seconds, 99)], 2.0),
        "highest memory during full lists": Measured(
            "MB", [highest], _memory_limit(subject, 0.3, 0.4)
        ),
    }


def crowd(subject: Subject, _seconds: float) -> Results:
    """A thousand HPAs that each list their ten pods once a period."""
    subject.say(f"{CROWD} HPAs for {CROWD_SECONDS:.0f} s")
    found = asking.ask(subject.door, hpas(subject.site.fleet, CROWD_SECONDS))
    return {
        f"{CROWD} HPAs' lists: median": _milliseconds([percentile(found.seconds, 50)]),
        f"{CROWD} HPAs' lists: p99": _milliseconds([percentile(found.seconds, 99)]),
    }


def hpas(fleet: Fleet, seconds: float) -> Asked:
    """What the crowd asks for."""
    paths = [
        f"{API}/namespaces/{namespace}/pods?labelSelector=workload%3D{workload}"
        for namespace, workload in fleet.workloads()
    ]
    return Asked(
        paths=[paths[number % len(paths)] for number in range(CROWD)],
        accept=PROTOBUF,
        every=PERIOD / CROWD,
        seconds=seconds,
    )


def freshness(subject: Subject, _seconds: float) -> Results:
    """The age of what a client sees, with all nodes well."""
    subject.say("freshness")
    return _freshness(subject, "age of usage", 0.9)


def hanging(subject: Subject, _seconds: float) -> Results:
    """The same of the nodes that answer, while a hundredth of them hangs."""
    subject.say("freshness while one node in a hundred hangs")
    subject.site.turn_hanging()
    try:
        time.sleep(SETTLE_PERIODS * PERIOD)
        without = subject.site.fleet.hanging()
        return _freshness(subject, "age of usage, 1 % of nodes hanging", 0.6, without)
    finally:
        subject.site.turn_hanging()


def _freshness(subject: Subject, name: str, limit: float, without: Sequence[str] = ()) -> Results:
    ages = subject.ask(
        paths=[f"{API}/nodes"],
        ages=True,
        without=list(without),
        every=1.0,
        seconds=FRESHNESS_SECONDS,
    ).ages
    return {
        f"{name}: p50": Measured("s", [percentile(ages, 50)], limit),
        f"{name}: p99": Measured("s", [percentile(ages, 99)], limit),
    }


PARTS: Mapping[str, Callable[[Subject, float], Results]] = {
    "steady": steady,
    "lists": lists,
    "renewed": renewed,
    "peak": peak,
    "crowd": crowd,
    "freshness": freshness,
    "hanging": hanging,
}
"""In this order, each with the seconds that the steady state is to be measured for."""
