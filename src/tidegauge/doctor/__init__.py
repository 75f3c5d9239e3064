"""What is wrong with the metrics of a cluster, with evidence and remedy for each finding.

In reading order:

- `objects`: what is looked at of the API's objects
- `evidence`: everything that was seen; pure records, so a diagnosis can be made of a file
- `gathering` asks the API server for it, `asking` the kubelets: the only I/O
- `findings`: what a rule is, and what it finds
- `redacting`: what is kept out of it
- `checks`: the rules, in the order in which the data flows
- `diagnosis`: all of them
"""
