"""`tidegauge demo`: the embedded cluster with a metrics server, and a screen that shows both."""
