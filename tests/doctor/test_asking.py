"""Kubelets are asked twice, and what they say is judged."""

from tests.clock import ManualClock
from tests.doctor.given import made, node
from tidegauge.doctor.asking import Asking, Show, aim, nothing_shown
from tidegauge.doctor.objects import Node
from tidegauge.kubelet.addressing import AddressRules
from tidegauge.kubelet.certificates import Seen
from tidegauge.kubelet.errors import RefusedError
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import Body
from tidegauge.units.selectors import LabelSelector
from tidegauge.units.selectors.labels import Membership

TARGET = Target(name="worker-1", addresses=("10.0.0.1",), port=10250)
BODY = """\
node_cpu_usage_seconds_total 1.5 {stamp}
node_memory_working_set_bytes 1e9 {stamp}
container_cpu_usage_seconds_total{{container="web",namespace="shop",pod="web-1"}} 1 {stamp}
container_memory_working_set_bytes{{container="web",namespace="shop",pod="web-1"}} 1e6 {stamp}
container_cpu_usage_seconds_total{{container="half",namespace="shop",pod="web-2"}} 1 {stamp}
"""


class Scripted:
    """A transport that gives these bodies, an error where one stands."""

    def __init__(self, *answers: str | Exception) -> None:
        self._answers = iter(answers)
        self.forgotten: list[str] = []

    async def get(self, target: Target, timeout: float) -> Body:  # noqa: ARG002  (the protocol's)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return Body(answer.encode(), 1000.0)

    def forget(self, name: str) -> None:
        self.forgotten.append(name)

    def close(self) -> None:
        raise AssertionError("it is the caller's")


def asking(transport: Scripted, clock: ManualClock, *, show: Show = nothing_shown) -> Asking:
    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    return Asking(transport, clock, show=show, apart=25.0, sleep=sleep)


def at(seconds: int) -> str:
    return BODY.format(stamp=seconds * 1000)


async def test_moving() -> None:
    """Stamps that move between the asks are seen to, and a container that is half there too."""
    clock = ManualClock()
    looks = await asking(Scripted(at(990), at(1010)), clock).looks([TARGET])
    look = looks["worker-1"]
    assert (look.moved, look.stamp, look.apart) == (True, 1_010_000, 25.0)
    assert look.incomplete == ("shop/web-2/half",)
    assert look.pods == (("shop", "web-1"), ("shop", "web-2"))


async def test_standing() -> None:
    """The same stamps twice have not moved."""
    clock = ManualClock()
    looks = await asking(Scripted(at(990), at(990)), clock).looks([TARGET])
    assert not looks["worker-1"].moved


SERIES = """\
container_cpu_usage_seconds_total{{container="{name}",namespace="shop",pod="web-1"}} 1 {stamp}
container_start_time_seconds{{container="{name}",namespace="shop",pod="web-1"}} {start}
"""


def body(stamp: int, **containers: tuple[int, int]) -> str:
    """The node's stamp, and each container's stamp and start; all in seconds."""
    node = f"node_cpu_usage_seconds_total 1.5 {stamp * 1000}\n"
    return node + "".join(
        SERIES.format(name=name, stamp=at * 1000, start=start)
        for name, (at, start) in containers.items()
    )


async def test_standing_containers() -> None:
    """Containers that stand still while others move are counted; one that has started anew has
    nothing to be compared with.
    """
    first = body(990, moves=(990, 100), stands=(990, 100), restarts=(990, 100))
    second = body(1010, moves=(1010, 100), stands=(990, 100), restarts=(990, 500))
    looks = await asking(Scripted(first, second), ManualClock()).looks([TARGET])
    look = looks["worker-1"]
    assert (look.moved, look.containers, look.still) == (True, 2, 1)


async def test_certificate() -> None:
    """What a kubelet shows is kept of those that answer."""
    seen = Seen("CN=ca", ("worker-1",), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")

    async def show(_: Target) -> Seen:
        return seen

    shown = asking(Scripted(at(990), at(1010)), ManualClock(), show=show)
    assert (await shown.looks([TARGET]))["worker-1"].certificate == seen


async def test_silent() -> None:
    """A kubelet that does not answer is told with its cause, and let go."""
    transport = Scripted(RefusedError("worker-1", "https://10.0.0.1:10250", "connection refused"))
    looks = await asking(transport, ManualClock()).looks([TARGET])
    assert looks["worker-1"].cause == "refused"
    assert "connection refused" in looks["worker-1"].problem
    assert transport.forgotten == ["worker-1"]


NO_X = LabelSelector((Membership("x", frozenset(("y",)), wanted=False),))


def test_aim() -> None:
    """Nodes are aimed at by the server's rules; those it leaves out are told with the reason."""
    status = {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}
    good = made(Node, "good", status=status)
    off = made(Node, "off", metadata={"annotations": {"tidegauge.dev/scrape": "false"}})
    nodes = [good, off, node("homeless"), node("other", labels={"x": "y"})]
    aimed = aim(nodes, AddressRules(), NO_X)
    assert [target.name for target in aimed.targets] == ["good"]
    assert aimed.skipped["off"] == aimed.skipped["other"] == ""
    assert "no usable address" in aimed.skipped["homeless"]
