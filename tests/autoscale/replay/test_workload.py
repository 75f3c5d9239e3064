"""What pods can do, and how many a load needs."""

import math

import pytest

from tidegauge.autoscale.replay.workload import Container, Workload

_APP = Container(name="app", work=0.01, idle=0.1, request=0.3, limit=0.6)
_PROXY = Container(name="proxy", work=0.005, limit=0.1)


@pytest.mark.parametrize(
    ("containers", "capacity", "guaranteed"),
    [
        pytest.param((_APP,), 50, 50, id="what the limit leaves above idle"),
        pytest.param((_APP, _PROXY), 20, 20, id="the narrowest container"),
        pytest.param(
            (Container(name="app", work=0.01, idle=0.1, request=0.3),),
            math.inf,
            20,
            id="without a limit only the request is sure",
        ),
        pytest.param(
            (_APP, Container(name="log", idle=0.2, limit=0.1)), 50, 50, id="without work no bound"
        ),
    ],
)
def test_capacity(containers, capacity, guaranteed):
    """Requests per second of a pod follow from the CPU of its containers."""
    workload = Workload(containers=containers, replicas=1)

    assert workload.capacity == pytest.approx(capacity)
    assert workload.guaranteed == pytest.approx(guaranteed)


@pytest.mark.parametrize(
    ("rate", "pods"),
    [(0, 0), (0.1, 1), (50, 1), (50.1, 2), (100, 2), (15_000, 300)],
)
def test_demand_is_the_least_pods_that_serve_the_load(rate, pods):
    """A full pod is full, not one too few; nothing to do needs nobody."""
    assert Workload(containers=(_APP,), replicas=1).demand(rate) == pods
