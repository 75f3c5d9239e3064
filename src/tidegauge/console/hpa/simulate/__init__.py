"""`tidegauge hpa simulate` and `loads`: options and tables."""
