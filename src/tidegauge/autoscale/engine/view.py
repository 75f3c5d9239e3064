"""What every calculation looks at."""

from collections.abc import Sequence

from msgspec import Struct

from tidegauge.autoscale.engine.answers import Answers
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.profiles import NEWEST, Profile
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.tolerance import Tolerance


class View(Struct, frozen=True, kw_only=True):
    """One moment of one workload."""

    namespace: str
    replicas: int
    """`spec.replicas` of the scale."""
    status_replicas: int
    """`status.replicas` of the scale; averages of Object and External metrics divide by it."""
    pods: Sequence[Pod]
    """Those that the scale's selector selects."""
    answers: Answers
    tolerance: Tolerance
    now: float
    settings: Settings = Settings()
    profile: Profile = NEWEST
