"""The rules, in the order in which the data flows: what stands first may explain what follows.

`controlplane`, `nodes`, `silence` and `kubelets`, `server` and `setup`, `aggregation` (with
`availability`), `frontproxy` and `walls`, `usage`, `autoscalers`.
"""
