"""Real HTTP exchanges of the Go metrics-server, replayed against ours."""
