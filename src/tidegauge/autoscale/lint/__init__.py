"""What is wrong with an HPA before it runs, or while it does.

Pure: objects are plain JSON, as files or the API server have them. In reading order:

- `findings`: what is said
- `schema`, `versions`, `validation`, `refusals`: what the API server refuses, in its own words
- `surroundings`, `workloads`, `podspecs`, `subject`, `sources`, `rulesets`: the HPA and what it
  refers to
- `targets`, `zero`, `sharing`, `requests`, `limits`, `metrics`, `figures`, `sizes`, `behaviors`,
  `policies`: the rules
- `catalogue`, `judging`: all of them, applied
- `manifests`: files, with the line of each field
"""
