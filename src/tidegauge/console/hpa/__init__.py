"""`tidegauge hpa VERB`: what autoscalers do, would do, and why."""
