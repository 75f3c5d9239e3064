"""`tidegauge doctor`: flags, screen, and files of the diagnosis."""
