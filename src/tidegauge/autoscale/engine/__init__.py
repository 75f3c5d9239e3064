"""What the HorizontalPodAutoscaler does, and why: from an HPA and what it sees to a decision.

Pure: no I/O, and the clock is passed in. `reconciling.decide` makes a `decision` of a `situation`.
On the way, in reading order:

- what comes in: `spec`, `pods`, `answers`, `memory`, `settings`, `profiles`
- whose pods: `selecting`
- one metric: `grouping` and `requests`, then `podmetrics` or `valuemetrics` make a `calculation`
- all metrics: `sources` tell the types apart, `proposals` finds the highest
- the size: `normalizing`, which is `stabilization`, then `limiting`
- what is said of it: `status`, `wording`, `concluding`
- `rescaling`: how the size is written
"""
