"""Asks kubelets what they say, twice, some seconds apart: one answer cannot show that it moves."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from tidegauge.doctor.evidence import Look
from tidegauge.doctor.objects import Node
from tidegauge.kubelet.addressing import AddressRules, BadTargetError, Skipped, target_for
from tidegauge.kubelet.certificates import Seen, see_certificate
from tidegauge.kubelet.connection import SCRATCH_BYTES
from tidegauge.kubelet.errors import KubeletError
from tidegauge.kubelet.exposition import parse
from tidegauge.kubelet.flaws import flaw_of
from tidegauge.kubelet.samples import MISSING, NODE_SLOT, Answer
from tidegauge.kubelet.target import Target
from tidegauge.kubelet.transport import Transport
from tidegauge.units.clock import Clock
from tidegauge.units.selectors import LabelSelector

APART_SECONDS = 25.0
"""Kubelets measure every 10 to 15 s, a little stretched at will: by then a healthy one has."""

AT_ONCE = 64
"""Nodes asked at a time: this is a visitor, not a load test."""

ANSWER_SECONDS = 10.0
"""As the metrics server waits."""

Sleep = Callable[[float], Awaitable[None]]

Show = Callable[[Target], Awaitable[Seen | None]]
"""The certificate that a kubelet shows, None where that can't be seen."""


async def nothing_shown(_: Target) -> None:
    """Where kubelets are asked through the API server."""


async def shown(target: Target) -> Seen | None:
    """What it shows to anybody who asks at the address that is tried first."""
    host = target.addresses[0]
    scratch = memoryview(bytearray(SCRATCH_BYTES))
    return await see_certificate(host, target.port, target.server_name or host, scratch)


class Aimed(NamedTuple):
    """How each node is asked, or why it is not."""

    targets: tuple[Target, ...]
    skipped: Mapping[str, str]


def aim(nodes: Sequence[Node], rules: AddressRules, selector: LabelSelector) -> Aimed:
    """By the same rules as the metrics server. What is left out on purpose has no reason."""
    targets, skipped = [], {}
    for node in nodes:
        if not selector.matches(node.metadata.labels):
            skipped[node.metadata.name] = ""
            continue
        try:
            target = _target(node, rules)
        except BadTargetError as error:
            skipped[node.metadata.name] = str(error)
            continue
        if isinstance(target, Skipped):
            skipped[target.name] = ""
        else:
            targets.append(target)
    return Aimed(tuple(targets), skipped)


def _target(node: Node, rules: AddressRules) -> Target | Skipped:
    status, meta = node.status, node.metadata
    addresses = [(one.type, one.address) for one in status.addresses]
    port = status.daemon_endpoints.kubelet_endpoint.port
    return target_for(meta.name, addresses, port, meta.annotations, rules)


class Asking:
    """Each kubelet twice; the second time only where the first was answered."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        *,
        show: Show = nothing_shown,
        apart: float = APART_SECONDS,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._show = show
        self._apart = apart
        self._sleep = sleep
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def looks(self, targets: Sequence[Target]) -> dict[str, Look]:
        """By node."""
        looks = await asyncio.gather(*map(self._look, targets))
        return {target.name: look for target, look in zip(targets, looks, strict=True)}

    async def _look(self, target: Target) -> Look:
        try:
            began = self._clock.monotonic()
            first = await self._ask(target, None)
            await self._sleep(self._apart)
            second = await self._ask(target, first)
            async with self._turn:
                shown = await self._show(target)
        except KubeletError as error:
            return Look(cause=error.cause, problem=f"{error.url}: {error.detail}")
        finally:
            self._transport.forget(target.name)
        apart = self._clock.monotonic() - began
        look = _seen(target, first, second)
        return replace(look, asked_at=self._clock.now(), apart=apart, certificate=shown)

    async def _ask(self, target: Target, last: Answer | None) -> Answer:
        """Raises KubeletError."""
        async with self._turn:
            body = await self._transport.get(target, ANSWER_SECONDS)
        return parse(body.data, int(body.requested_at * 1000), last.layout if last else None)


def _seen(target: Target, first: Answer, second: Answer) -> Look:
    flaw = flaw_of(target, second)
    stamps = list(_both(first, second))
    return Look(
        stamp=second.cpu_stamp[NODE_SLOT],
        moved=_newest(second) > _newest(first),
        containers=len(stamps),
        still=sum(then == now for then, now in stamps),
        swap=second.swap[NODE_SLOT],
        flaw_cause=flaw.cause if flaw else "",
        flaw=flaw.problem if flaw else "",
        incomplete=tuple(_incomplete(second)),
        pods=second.layout.pods,
    )


def _both(first: Answer, second: Answer) -> Iterator[tuple[int, int]]:
    """The stamps of each container in both answers; those started since are new, not still."""
    before = dict(_stamps(first))
    return ((before[name], now) for name, now in _stamps(second) if name in before)


def _stamps(answer: Answer) -> Iterator[tuple[tuple[str, ...], int]]:
    for slot, name in _named(answer):
        if answer.cpu_stamp[slot] != MISSING:
            yield (*name, str(answer.start[slot])), answer.cpu_stamp[slot]


def _named(answer: Answer) -> Iterator[tuple[int, tuple[str, str, str]]]:
    layout = answer.layout
    for place, pod in enumerate(layout.pods):
        for slot in range(layout.firsts[place], layout.firsts[place + 1]):
            yield slot, (*pod, layout.containers[slot])


def _newest(answer: Answer) -> int:
    return max(answer.cpu_stamp, default=MISSING)


def _incomplete(answer: Answer) -> Iterator[str]:
    for slot, name in _named(answer):
        if (answer.cpu_stamp[slot] == MISSING) != (answer.memory_stamp[slot] == MISSING):
            yield "/".join(name)
