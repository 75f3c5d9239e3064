"""A release from a commit: built twice, described, summed up, signed, and verified as a user would.

docs/releasing.md is the procedure. Needs the development environment (`make setup`) and, for the
image, what deploy/image needs.
"""
