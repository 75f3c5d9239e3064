"""`tidegauge hpa explain` and `ls`: options, what is looked at, screens."""
