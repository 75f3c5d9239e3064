"""Our server and the Go metrics-server on the same nodes and the same machine, as ratios.

    python -m bench.compare --nodes 1000 --pods 30 --containers 2 --minutes 4

docs/benchmarks.md says what is measured and how to read it.
"""
