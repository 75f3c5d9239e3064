"""The controller's flags that decide something."""

from msgspec import Struct


class Settings(Struct, frozen=True, kw_only=True):
    """Seconds. Defaults are kube-controller-manager's `--horizontal-pod-autoscaler-*`."""

    tolerance: float = 0.1
    downscale_stabilization: float = 300.0
    cpu_initialization_period: float = 300.0
    initial_readiness_delay: float = 30.0
