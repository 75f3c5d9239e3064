"""Kubernetes quantities, durations and label selectors, and the clock: pure."""
