"""Why an HPA does what it does, in words: from what was read to an `explanation`.

Pure. `rescales` and `recollecting` piece together what the running controller remembers, the engine
decides, `foreseeing` lets time pass, and `explaining` puts it into words: `verdicts` on the size,
`measures` of each metric, `holds` that held it back, `claims` of the status, `lacks` and
`metriclacks` with their remedies.
"""
