"""From what the API server says of a node to how its kubelet is asked: pure.

A node's annotations are written by whoever may update the node, the kubelet itself included. So
they choose whether, where and under which name it is asked, never the scheme nor whom we trust.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote

from tidegauge.kubelet.target import RESOURCE_METRICS_PATH, Target

PATH = "metrics.k8s.io/resource-metrics-path"
SCRAPE = "tidegauge.dev/scrape"
PORT = "tidegauge.dev/kubelet-port"
SERVER_NAME = "tidegauge.dev/kubelet-server-name"
ANNOTATIONS = (PATH, SCRAPE, PORT, SERVER_NAME)
"""All that are read; an informer need keep no others."""

_PATH = re.compile(r"/[!-~]{0,1023}")
"""Printable and bounded: it becomes part of the request line."""

_DNS_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?"
    r"(\.[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?)*"
)

_HOST = re.compile(r"[-A-Za-z0-9_.:%]{1,253}")
"""What an address may hold: it goes into the Host header."""

_URL_PATH_CHARACTERS = "/:@$&+,;=!'()*"
"""What Go, whose server put this path into its URL before us, leaves as it is."""


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What the flags say: which address types in which order, which port, under which name.

    `verify_node_name` checks certificates against the node's name instead of the dialled address.
    """

    types: tuple[str, ...] = ("InternalIP", "ExternalIP", "Hostname")
    port: int = 10250
    use_status_port: bool = True
    verify_node_name: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A node that asks not to be scraped."""

    name: str


class BadTargetError(Exception):
    """A node can't be asked as things stand. `cause` is one word for a metric's label."""

    def __init__(self, node: str, cause: str, detail: str) -> None:
        super().__init__(f"node {node}: {detail}")
        self.node = node
        self.cause = cause


def target_for(
    name: str,
    addresses: Sequence[tuple[str, str]],
    status_port: int,
    annotations: Mapping[str, str],
    rules: AddressRules,
) -> Target | Skipped:
    """How to ask this node.

    `addresses` are types and addresses in the order of `.status.addresses`; `status_port` is the
    kubelet's port in the node's status, 0 when not set. Raises BadTargetError naming the node, the
    annotation or flag, and what to do.
    """
    if _skips(name, annotations.get(SCRAPE, "")):
        return Skipped(name)
    return Target(
        name=name,
        addresses=_candidates(name, addresses, rules.types),
        port=_port(name, annotations.get(PORT, ""), status_port, rules),
        path=_path(name, annotations.get(PATH, "")),
        server_name=_server_name(name, annotations.get(SERVER_NAME, ""), rules),
    )


def _skips(node: str, value: str) -> bool:
    if value not in {"", "true", "false"}:
        raise _bad(node, SCRAPE, value, 'write "false" to leave the node out, or remove it')
    return value == "false"


def _candidates(
    node: str, addresses: Sequence[tuple[str, str]], types: Sequence[str]
) -> tuple[str, ...]:
    """The first address of each type, by the order of types, then the others in the same order."""
    by_type = [[address for kind, address in addresses if kind == wanted] for wanted in types]
    ordered = [each[0] for each in by_type if each] + [a for each in by_type for a in each[1:]]
    found = tuple(dict.fromkeys(each for each in ordered if _HOST.fullmatch(each)))
    if not found:
        present = ", ".join(f"{kind} {address!r}" for kind, address in addresses) or "none"
        raise BadTargetError(
            node,
            "no_address",
            f"no usable address of the types {', '.join(types)} (it has: {present}); "
            "change --kubelet-preferred-address-types or the addresses that the kubelet reports",
        )
    return found


def _port(node: str, value: str, status_port: int, rules: AddressRules) -> int:
    if not value:  # nobody checked the status, which the kubelet writes
        return status_port if rules.use_status_port and 0 < status_port < 65536 else rules.port
    if not (value.isascii() and value.isdigit() and len(value) < 6 and 0 < int(value) < 65536):
        raise _bad(node, PORT, value, "write a port from 1 to 65535, or remove it")
    return int(value)


def _path(node: str, value: str) -> str:
    if not value:
        return RESOURCE_METRICS_PATH
    if not _PATH.fullmatch(value):
        raise _bad(
            node, PATH, value, 'write a path that begins with "/" and has no blanks, or remove it'
        )
    return quote(value, safe=_URL_PATH_CHARACTERS)


def _server_name(node: str, value: str, rules: AddressRules) -> str | None:
    if not value:
        return node if rules.verify_node_name else None
    if not (_DNS_NAME.fullmatch(value) or _is_ip(value)):
        raise _bad(
            node, SERVER_NAME, value, "write a name that the certificate is for, or remove it"
        )
    return value


def _is_ip(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _bad(node: str, annotation: str, value: str, remedy: str) -> BadTargetError:
    return BadTargetError(
        node, "bad_annotation", f"annotation {annotation}: {value[:100]!r} can't be used; {remedy}"
    )
