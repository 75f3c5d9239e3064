"""Nodes, asked for as JSON.

There are at most thousands, each changes every few minutes, and what we keep of them stands in
nested lists: here the declared structs of msgspec are prettier than protobuf is cheaper.
"""

import msgspec

from tidegauge.cluster.events import Resource
from tidegauge.cluster.jsonform import JsonForm, JsonObject
from tidegauge.cluster.labels import labels_from_json
from tidegauge.cluster.records import Node
from tidegauge.kubelet.addressing import ANNOTATIONS


class _Address(msgspec.Struct, array_like=False):
    type: str = ""
    address: str = ""


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class _Endpoint(msgspec.Struct, rename="pascal"):
    port: int = 0


class _Endpoints(msgspec.Struct, rename="camel"):
    kubelet_endpoint: _Endpoint = msgspec.field(default_factory=_Endpoint)


class _NodeStatus(msgspec.Struct, rename="camel"):
    addresses: list[_Address] | None = None
    conditions: list[_Condition] | None = None
    daemon_endpoints: _Endpoints = msgspec.field(default_factory=_Endpoints)


class NodeObject(JsonObject):
    status: _NodeStatus = msgspec.field(default_factory=_NodeStatus)


def keep_node(node: NodeObject) -> Node:
    meta, status = node.metadata, node.status
    ready = (c.status == "True" for c in status.conditions or () if c.type == "Ready")
    return Node(
        name=meta.name,
        labels=labels_from_json(bytes(meta.labels)),
        addresses=tuple((a.type, a.address) for a in status.addresses or ()),
        kubelet_port=status.daemon_endpoints.kubelet_endpoint.port,
        ready=next(ready, False),
        created=meta.creation_timestamp or "",
        annotations=tuple(
            (name, meta.annotations[name]) for name in ANNOTATIONS if name in meta.annotations
        ),
    )


NODES = Resource("nodes", "/api/v1/nodes", JsonForm(NodeObject, keep_node))
