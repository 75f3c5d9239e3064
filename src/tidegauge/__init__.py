"""Tidegauge: the metrics side of Kubernetes autoscaling in one process."""

__version__ = "0.1.0"
