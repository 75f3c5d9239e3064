"""What an HPA would do over time: under a load in virtual time, or with what a recording saw."""
