"""A flame graph of a running server, as a picture for the documentation.

`python -m bench.flame --help` says how. stacks.py reads what was recorded and leaves out what is no
work, boxes.py lays the rest out, drawing.py makes an SVG of it.
"""
