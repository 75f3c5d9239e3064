"""Our server by itself, at sizes that a real API server has no room for on one machine.

    python -m bench.alone --nodes 1000,10000 --parts scrape,fast,crowd

docs/benchmarks.md says what is measured and how to read it.
"""
