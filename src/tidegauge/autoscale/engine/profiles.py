"""Where versions of Kubernetes decide differently: one switch each, all in this place.

Only 1.37 is proved against recordings of the real controller. Of the others the calculators were
compared with the code of 1.26.0, 1.32.13 and 1.33.0; the rest follows from their sources. Decisions
are the version's own; the words around them and the form of the status are the newest's.
"""

from msgspec import Struct
from msgspec.structs import replace


class Profile(Struct, frozen=True, kw_only=True):
    """One version's ways. Feature gates stand at their defaults; change them with `replace`."""

    two_sided_tolerance: bool
    """1.33: within is `1 - down <= ratio <= 1 + up`; before, `|1 - ratio| <= tolerance`."""
    tolerance_by_direction: bool
    """1.33 (KEP-4951): `behavior.scaleUp.tolerance` and `scaleDown.tolerance` are heeded; until its
    gate was on by default (1.35), the API server seldom kept them."""
    left_out_at_target: bool
    """1.32: with averages exactly on target missing pods stay out; before, they were idle."""
    container_may_be_missing: bool
    """1.33: samples without the named container are left out; before, the whole metric failed."""
    container_must_exist: bool
    """1.37: a pod without the named container fails the metric; before, it requested nothing."""
    sidecar_requests: bool
    """1.28: requests of restartable init containers count."""
    pod_level_resources: bool
    """1.34, gate PodLevelResources: requests set on the pod count instead of its containers'."""
    guarded_overflow: bool
    """1.37: sums of series and proposals from values stop at the largest integer; before, they
    wrapped."""
    scale_to_zero: bool
    """1.37, gate HPAScaleToZero: who was scaled to zero here may be scaled up from there."""
    zero_by_condition: bool
    """1.37: what may be left is a zero that ScaledToZero marks; before, any with minimum zero."""
    observed_generation: bool
    """1.37, gate HPAGeneration: the status says which generation was looked at."""
    succeeded_ignored: bool
    """After 1.37.2: pods in phase Succeeded are ignored, as failed ones are."""


_V1_26 = Profile(
    two_sided_tolerance=False,
    tolerance_by_direction=False,
    left_out_at_target=False,
    container_may_be_missing=False,
    container_must_exist=False,
    sidecar_requests=False,
    pod_level_resources=False,
    guarded_overflow=False,
    scale_to_zero=False,
    zero_by_condition=False,
    observed_generation=False,
    succeeded_ignored=False,
)

_V1_32 = replace(_V1_26, left_out_at_target=True, sidecar_requests=True)

_V1_33 = replace(
    _V1_32,
    two_sided_tolerance=True,
    tolerance_by_direction=True,
    container_may_be_missing=True,
)

_V1_37 = replace(
    _V1_33,
    container_must_exist=True,
    pod_level_resources=True,
    guarded_overflow=True,
    scale_to_zero=True,
    zero_by_condition=True,
    observed_generation=True,
)

PROFILES = {"1.26": _V1_26, "1.32": _V1_32, "1.33": _V1_33, "1.37": _V1_37}

NEWEST = PROFILES["1.37"]


def nearest(major: int, minor: int) -> str:
    """The newest profile that is not newer than a version; of older versions the oldest."""
    known = [tuple(map(int, name.split("."))) for name in PROFILES]
    best = max((one for one in known if one <= (major, minor)), default=min(known))
    return ".".join(map(str, best))
