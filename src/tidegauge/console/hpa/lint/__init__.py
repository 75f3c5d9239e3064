"""`tidegauge hpa lint`: flags, files, screen."""
