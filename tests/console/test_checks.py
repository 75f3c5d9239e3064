"""When readiness turns green, and that it stays so."""

from dataclasses import dataclass, field

from tests.clock import ManualClock
from tidegauge.console.checks import FirstData, endpoints
from tidegauge.serving.health import nothing

PATIENCE = 300.0
SETTLING = 30.0


@dataclass
class World:
    """What readiness looks at, set by hand."""

    clock: ManualClock = field(default_factory=ManualClock)
    data: bool = False
    most: bool = True
    synced: bool = False
    trouble: str = ""

    def check(self) -> FirstData:
        return FirstData(
            self.clock,
            has_data=lambda: self.data,
            has_most=lambda: self.most,
            synced=lambda: self.synced,
            trouble=lambda: self.trouble,
            patience=PATIENCE,
            settling=SETTLING,
        )


def test_it_is_red_until_there_is_data_and_says_why() -> None:
    """The reason is the incumbent's, followed by the causes of failing nodes."""
    world = World(trouble="failing nodes: 3 timeout, 1 refused")
    check = world.check()

    assert check.problem() == "no metrics to serve; failing nodes: 3 timeout, 1 refused"
    world.trouble = ""
    assert check.problem() == "no metrics to serve"


def test_once_green_it_stays_green() -> None:
    """Kubelets that fail later must not take the API, and namespace deletion, down."""
    world = World(data=True)
    check = world.check()
    assert check.problem() is None

    world.data = False
    assert check.problem() is None


def test_it_waits_for_most_of_the_data() -> None:
    """A replica that is ready takes another's place, so it must have about as much; but it does not
    wait for ever for what may never come.
    """
    world = World(data=True, most=False)
    check = world.check()
    assert check.problem() == "some containers were measured only once so far"
    world.most = True
    assert check.problem() is None

    world = World(data=True, most=False)
    check = world.check()
    check.problem()
    world.clock.advance(SETTLING)
    assert check.problem() is None


def test_it_waits_no_longer_than_its_patience_after_the_informers_synced() -> None:
    """Time before the sync does not count: a slow API server is no reason to be ready."""
    world = World()
    check = world.check()
    world.clock.advance(10 * PATIENCE)
    assert check.problem() is not None

    world.synced = True
    assert check.problem() is not None
    world.clock.advance(PATIENCE - 1)
    assert check.problem() is not None
    world.clock.advance(1)
    assert check.problem() is None


def test_liveness_asks_nothing_but_whether_asking_goes_on() -> None:
    """Whatever is wrong outside of the process shows in readiness alone."""

    def wrong() -> str:
        return "wrong"

    health = endpoints(
        first_data=wrong,
        informers=wrong,
        collecting=nothing,
        authorities=wrong,
        certificate=wrong,
        shutdown=wrong,
    )

    failed = {path: [c.name for c in checks if c.problem()] for path, checks in health.items()}
    assert failed == {
        "livez": [],
        "readyz": [
            "metric-storage-ready",
            "metric-informer-sync",
            "metadata-informer-sync",
            "client-authorities",
            "serving-certificate",
            "shutdown",
        ],
        "healthz": [],
    }
