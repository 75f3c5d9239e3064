"""What informers tell about themselves arrives in metrics and logs."""

import pytest
from structlog.testing import capture_logs

from tests.clock import ManualClock
from tests.cluster.scripted import BROKEN, URL
from tidegauge.cluster.cache import Nodes
from tidegauge.cluster.errors import Status, error_answer
from tidegauge.cluster.observing import Telemetry
from tidegauge.cluster.records import Node
from tidegauge.telemetry.metrics import Metrics


@pytest.fixture
def metrics():
    return Metrics(15.0)


def value(metrics, name, **labels):
    return metrics.registry.get_sample_value(name, labels)


def test_tracked(metrics):
    """A tracked resource shows whether it is complete, and how many objects there are now."""
    store = Nodes()
    telemetry = Telemetry(metrics, ManualClock())
    telemetry.track("nodes", store)
    assert value(metrics, "tidegauge_informer_synced", resource="nodes") == 0

    store.put(Node("a"))
    telemetry.synced("nodes")

    assert value(metrics, "tidegauge_informer_synced", resource="nodes") == 1
    assert value(metrics, "tidegauge_informer_objects", resource="nodes") == 1


def test_counted_by_reason(metrics):
    """Every end of a watch is counted by its reason."""
    telemetry = Telemetry(metrics, ManualClock())
    telemetry.restarted("nodes", None)
    telemetry.restarted("nodes", error_answer(URL, 410, Status()))
    telemetry.failed("nodes", BROKEN)
    telemetry.failed("nodes", BROKEN)

    counts = {
        reason: value(metrics, "tidegauge_informer_restarts_total", resource="nodes", reason=reason)
        for reason in ("ended", "gone", "unreachable")
    }
    assert counts == {"ended": 1, "gone": 1, "unreachable": 2}


def test_logged_on_change(metrics):
    """An outage is logged when it begins and when it is over, not at each try."""
    clock = ManualClock()
    with capture_logs() as lines:
        telemetry = Telemetry(metrics, clock)
        for _ in range(3):
            telemetry.failed("nodes", BROKEN)
            clock.advance(10)
        telemetry.streaming("nodes")
        telemetry.streaming("nodes")

    assert [(line["event"], line["key"], line["cause"]) for line in lines] == [
        ("watch failed", "nodes", "unreachable"),
        ("watch recovered", "nodes", "unreachable"),
    ]
    assert "connection reset" in lines[0]["error"]
    assert (lines[1]["failures"], lines[1]["seconds"]) == (3, 30)
