"""Where versions of Kubernetes decide differently: one switch each, all in this place.

Only 1.37 is proved against recordings of the real controller; the others follow from what is known
of the changes between the versions.
"""

from msgspec import Struct


class Profile(Struct, frozen=True, kw_only=True):
    """One version's ways. Feature gates stand at their defaults; change them with `replace`."""

    two_sided_tolerance: bool
    """1.33: within is `1 - down <= ratio <= 1 + up`; before, `|1 - ratio| <= tolerance`."""
    tolerance_by_direction: bool
    """1.33 (KEP-4951): `behavior.scaleUp.tolerance` and `scaleDown.tolerance` are heeded."""
    container_may_be_missing: bool
    """1.32: a pod without the named container is left out; before, the whole metric failed."""
    sidecar_requests: bool
    """1.28: requests of restartable init containers count."""
    ambiguous_selectors: bool
    """1.27: pods that several HPAs select stop all of these."""
    pod_level_resources: bool
    """1.34, gate PodLevelResources: requests set on the pod count instead of its containers'."""
    capped_replicas: bool
    """1.37: proposals from Object and External values stop at the largest int32."""
    scale_to_zero: bool
    """1.37, gate HPAScaleToZero: who was scaled to zero here may be scaled up from there."""
    observed_generation: bool
    """1.37, gate HPAGeneration: the status says which generation was looked at."""
    succeeded_ignored: bool
    """After 1.37.2: pods in phase Succeeded are ignored, as failed ones are."""


_V1_26 = Profile(
    two_sided_tolerance=False,
    tolerance_by_direction=False,
    container_may_be_missing=False,
    sidecar_requests=False,
    ambiguous_selectors=False,
    pod_level_resources=False,
    capped_replicas=False,
    scale_to_zero=False,
    observed_generation=False,
    succeeded_ignored=False,
)

_V1_32 = Profile(
    two_sided_tolerance=False,
    tolerance_by_direction=False,
    container_may_be_missing=True,
    sidecar_requests=True,
    ambiguous_selectors=True,
    pod_level_resources=False,
    capped_replicas=False,
    scale_to_zero=False,
    observed_generation=False,
    succeeded_ignored=False,
)

_V1_33 = Profile(
    two_sided_tolerance=True,
    tolerance_by_direction=True,
    container_may_be_missing=True,
    sidecar_requests=True,
    ambiguous_selectors=True,
    pod_level_resources=False,
    capped_replicas=False,
    scale_to_zero=False,
    observed_generation=False,
    succeeded_ignored=False,
)

_V1_37 = Profile(
    two_sided_tolerance=True,
    tolerance_by_direction=True,
    container_may_be_missing=True,
    sidecar_requests=True,
    ambiguous_selectors=True,
    pod_level_resources=True,
    capped_replicas=True,
    scale_to_zero=True,
    observed_generation=True,
    succeeded_ignored=False,
)

PROFILES = {"1.26": _V1_26, "1.32": _V1_32, "1.33": _V1_33, "1.37": _V1_37}

NEWEST = PROFILES["1.37"]
