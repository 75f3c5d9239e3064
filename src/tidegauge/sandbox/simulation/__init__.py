"""The laboratory's world: nodes, kubelets, containers under load and the controllers that run them.

Pure: no sockets, no tasks, no wall clock. Everything that happens is an event at a whole
millisecond, run in order, so that neither the size of the steps nor the machine changes the course.
"""
