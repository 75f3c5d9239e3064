"""The rules, in the order in which the data flows: what stands first may explain what follows.

`controlplane`, `nodes`, `kubelets`, `server`, `aggregation`, `usage`, `autoscalers`.
"""
