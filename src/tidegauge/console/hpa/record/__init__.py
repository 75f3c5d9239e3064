"""`tidegauge hpa record` and `replay`: options, the recorder, tables."""
