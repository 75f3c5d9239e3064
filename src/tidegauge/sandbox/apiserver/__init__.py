"""A small Kubernetes API server, in memory and over TLS."""
