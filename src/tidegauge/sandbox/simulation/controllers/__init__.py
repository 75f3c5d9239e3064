"""The controllers that a cluster's control plane runs, as far as workloads need them."""
