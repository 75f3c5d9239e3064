"""TLS contexts, files that reload, and certificate making."""
