"""Golden vectors: what the real code answered, and whether we answer the same.

`python -m tests.vectors FILE…` runs any file of the known families, plain or gzipped.
"""
