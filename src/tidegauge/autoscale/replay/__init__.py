"""What an HPA would do over time: under a load in virtual time, or with what a recording saw.

Pure. `runs.simulated` and `rerunning.rerun` give a `result.Run`. In reading order:

- what comes in: `loads` and `generators`, `manifests`, `templates` and `description`; `building`
  makes a `workload` of them, `checking` says what speaks against it and what is assumed
- the world: `fleet` has the pods, `traffic` the requests, `measuring` and `answering` what the
  metric APIs say of both; `simulation` lets time pass, `scores` judges
- recordings: `frames` are their lines, `recording` is the file, `rerunning` decides again,
  `deriving` makes a load of them
- what is told: `result`, and for its steps `steps`, `reasons` and `figures`
"""
