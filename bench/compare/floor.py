"""The least that scraping can cost: the same bodies, asked for and decrypted, and nothing done.

    python -m bench.compare.floor --nodes N --port PORT --seconds S

It asks one node after the other, blocking, at the pace at which a server must. Prints its CPU time
per second in thousandths of a core. It is a floor for Python: what C could do is not the question.
"""

import argparse
import json
import resource
import socket
import ssl
import time

from tests.realcluster.fleet import Fleet

PERIOD = 15.0
_BUFFER = 256 << 10
_END = b"0\r\n\r\n"
"""Of a body in chunks, as kubelets send them."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.compare.floor", description=__doc__)
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    args = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    fleet = Fleet(args.nodes, 0, 0)
    nodes = [_connect(fleet.address(index), args.port) for index in range(args.nodes)]
    buffer = bytearray(_BUFFER)
    for node in nodes:  # the first answer also makes the kubelet's body
        _ask(node, buffer)
    begun, used, samples = time.monotonic(), time.process_time(), []
    while time.monotonic() < begun + args.seconds:
        round_begun = time.monotonic()
        for index, node in enumerate(nodes):
            due = round_begun + PERIOD * index / len(nodes)
            time.sleep(max(0.0, due - time.monotonic()))
            _ask(node, buffer)
        time.sleep(max(0.0, round_begun + PERIOD - time.monotonic()))
        now = time.process_time()
        samples.append((now - used) / (time.monotonic() - round_begun) * 1000)
        used = now
    print(json.dumps(samples))


def _connect(address: str, port: int) -> ssl.SSLSocket:
    context = _context()
    sock = socket.create_connection((address, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(sock)


def _context() -> ssl.SSLContext:
    """Verifies nothing, as both servers are told to: one certificate serves all fake nodes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ask(node: ssl.SSLSocket, buffer: bytearray) -> None:
    node.sendall(b"GET /metrics/resource HTTP/1.1\r\nHost: node\r\nAccept: text/plain\r\n\r\n")
    tail = b""
    while not tail.endswith(_END):
        received = node.recv_into(buffer)
        assert received, "the kubelet ended the connection"
        tail = (tail + bytes(memoryview(buffer)[max(0, received - len(_END)) : received]))[-5:]


if __name__ == "__main__":
    main()
