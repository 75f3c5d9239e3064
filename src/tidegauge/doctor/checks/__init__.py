"""The rules, in the order in which the data flows: what stands first may explain what follows.

`controlplane`, `nodes`, `kubelets`, `server`, `aggregation` with `availability` and `walls`,
`usage`, `autoscalers`.
"""
