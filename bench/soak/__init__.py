"""A day of a server's life in minutes: everything comes and goes, and memory has to stay flat.

The server is wired as its process wires it, but for sockets, HTTP and TLS, which are not in it: the
API server and the kubelets are objects here, questions go to what answers them without a
connection, and the event loop's clock leaps from one timer to the next.
"""
