"""When a node is asked: pure.

Each node has its moment in the period, told by its name alone: the work is level, and replicas that
know nothing of each other ask in the same moments and so hold the same samples.
"""

from hashlib import blake2b

EXTRA_ASKS = 4
"""Asks outside of its moment for a node without a usable pair: four of them, four seconds apart,
see a kubelet through one housekeeping (10 to 15 s), after which its counters have moved."""

EXTRA_SECONDS = 4.0
"""Between two asks of such a node; sooner the counters have hardly moved."""

PACE_SECONDS = 0.002
"""Between the first asks of two nodes: a TLS handshake takes our side 1.2 to 1.8 ms of CPU, so
5,000 new nodes are asked within ten seconds and none waits for the loop until its deadline."""

TOO_SOON = 0.25
"""Of a period: a moment that close after the last ask is passed over."""


MOMENTS = 120
"""Of a period, for all nodes to share: those asked together find our caches warm, which at 1,000
nodes takes 28 instead of 45 thousandths of a core (bench/compare). At 5,000 nodes and 15 s some
forty are asked within a moment, 12 ms of work in small steps."""


def moment(name: str) -> float:
    """The node's moment, as a fraction of the period; evenly spread over names of any kind."""
    return int.from_bytes(blake2b(name.encode(), digest_size=6).digest()) % MOMENTS / MOMENTS


def seconds_to_next_ask(
    fraction: float, period: float, *, now: float, since_ask: float, asks: int, has_pair: bool
) -> float:
    """How long to wait when an ask has ended.

    `fraction` is the node's `moment`, `now` the wall clock, `since_ask` the seconds since the last
    of `asks` asks began; `has_pair` tells whether usage can be computed for the node.
    """
    if not has_pair and asks <= EXTRA_ASKS:
        return max(0.0, min(EXTRA_SECONDS, period) - since_ask)
    earliest = max(0.0, TOO_SOON * period - since_ask)
    return earliest + (fraction * period - now - earliest) % period
