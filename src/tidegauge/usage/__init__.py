"""Samples to usage: points, rates, staleness, the store: pure, the clock is passed in."""
