"""What the API server says: kubeconfig, credentials, client, informers, slim records."""
