"""OpenAPI v2 and v3: what `kubectl explain` reads."""
