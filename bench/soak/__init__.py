"""A day of a server's life in minutes: everything comes and goes, and memory has to stay flat.

The server is wired as its process wires it, but for sockets: the API server and the kubelets are
objects here, and the event loop's clock leaps from one timer to the next.
"""
