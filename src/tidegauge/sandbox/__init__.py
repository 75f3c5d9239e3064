"""The embedded cluster: an API server, nodes and workloads under load, faults; one process.

`records` are what any node measures; `exposition` and `summary` write them as a kubelet does, and
`endpoint` answers requests with that, for simulated nodes and for this machine alike.
"""
