"""The embedded cluster: an API server, nodes and workloads under load, faults; one process."""
