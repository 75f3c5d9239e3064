"""The flags of what decides as a controller would: kube-controller-manager's, with a version."""

from dataclasses import dataclass
from typing import Annotated

from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.console.declaring import Flag
from tidegauge.console.kinds import DURATION, NUMBER, TEXT


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """To be extended to a section with a title."""

    profile: Annotated[
        str,
        Flag(
            TEXT,
            "The version of Kubernetes whose controller decides; docs/autoscaler-engine.md lists "
            "what differs.",
            choices=tuple(PROFILES),
        ),
    ] = "1.37"
    horizontal_pod_autoscaler_sync_period: Annotated[
        float, Flag(DURATION, "How often an HPA is looked at.", at_least=1, at_most=3600)
    ] = 15.0
    horizontal_pod_autoscaler_tolerance: Annotated[
        float,
        Flag(
            NUMBER,
            "How far from 1 the ratio of usage to target must be to do anything, where the HPA "
            "does not say.",
            at_least=0,
        ),
    ] = 0.1
    horizontal_pod_autoscaler_downscale_stabilization: Annotated[
        float,
        Flag(
            DURATION,
            "How long a high recommendation keeps the size up, where the HPA does not say.",
            at_least=0,
        ),
    ] = 300.0
    horizontal_pod_autoscaler_cpu_initialization_period: Annotated[
        float,
        Flag(
            DURATION,
            "How long after a pod's start its CPU counts only while it is ready.",
            at_least=0,
        ),
    ] = 300.0
    horizontal_pod_autoscaler_initial_readiness_delay: Annotated[
        float,
        Flag(
            DURATION,
            "A pod that became unready within that time after its start was never ready.",
            at_least=0,
        ),
    ] = 30.0

    @property
    def settings(self) -> Settings:
        return Settings(
            tolerance=self.horizontal_pod_autoscaler_tolerance,
            downscale_stabilization=self.horizontal_pod_autoscaler_downscale_stabilization,
            cpu_initialization_period=self.horizontal_pod_autoscaler_cpu_initialization_period,
            initial_readiness_delay=self.horizontal_pod_autoscaler_initial_readiness_delay,
        )
