"""The HorizontalPodAutoscaler: what it does, and why.

In reading order:

- `engine`: from an HPA and what it sees to a decision; pure
- `reading`: the API's objects and answers as the engine's records; `reader` asks for them
- `explaining`: a decision told to a person
- `replay`: a workload and its HPA in virtual time; recordings
- `lint`: what is wrong with an HPA before it runs
- `controller`: the loop that acts
"""
