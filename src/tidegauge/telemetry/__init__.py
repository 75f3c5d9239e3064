"""Logs and our own metrics."""
