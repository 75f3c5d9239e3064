"""The aggregated API server: who is asking, may they, discovery, encoders, health."""
