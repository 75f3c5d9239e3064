"""The API server's bytes, written independently of the code that reads them."""

import json


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def span(number: int, content: bytes | str) -> bytes:
    """A length-delimited protobuf field."""
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def entries(field: int, mapping: dict[str, str]) -> bytes:
    pairs = sorted(mapping.items())
    return b"".join(span(field, span(1, key) + span(2, value)) for key, value in pairs)


def envelope(kind: str, message: bytes) -> bytes:
    type_meta = span(1, "v1") + span(2, kind)
    return b"k8s\x00" + span(1, type_meta) + span(2, message) + span(3, "") + span(4, "")


def pod_message(
    name="", namespace="", *, version="", node="", labels=None, annotations=None, filler=0, status=0
) -> bytes:
    """A Pod with fields before and after those that are read, as Go writes all of them."""
    metadata = (
        span(1, name)
        + span(2, "")
        + span(3, namespace)
        + span(4, "")
        + span(5, "44a67469-80a8-484d-b988-311619044cc4")
        + span(6, version)
        + number(7, 0)
        + span(8, number(1, 1_795_435_200) + number(2, 0))
        + entries(11, labels or {})
        + entries(12, annotations or {})
        + span(17, span(1, "kubelet") + span(7, b"{" + b" " * filler + b"}"))
    )
    spec = span(2, span(1, "main")) * 2 + span(3, "Always") + number(4, 30) + span(10, node)
    after = span(19, "default")
    return span(1, metadata) + span(2, spec + after) + span(3, span(1, "Running" + " " * status))


def frame(kind: str, wrapped: bytes) -> bytes:
    """A watch event as protobuf, with its length."""
    event = span(1, kind) + span(2, span(1, wrapped))
    return len(event).to_bytes(4, "big") + event


def pod_event(kind: str, *args, **fields) -> bytes:
    return frame(kind, envelope("Pod", pod_message(*args, **fields)))


def status_message(code: int, reason: str, message: str, retry_after: int = 0) -> bytes:
    details = span(5, number(5, retry_after)) if retry_after else b""
    return span(2, "Failure") + span(3, message) + span(4, reason) + details + number(6, code)


def error_event(code: int, reason: str, message: str) -> bytes:
    return frame("ERROR", envelope("Status", status_message(code, reason, message)))


def pod_bookmark(version: str, *, initial_end: bool = False) -> bytes:
    annotations = {"k8s.io/initial-events-end": "true"} if initial_end else {}
    return pod_event("BOOKMARK", version=version, annotations=annotations)


def pod_list(pods: list[bytes], version: str, next_token: str = "") -> bytes:
    metadata = span(1, "") + span(2, version) + span(3, next_token) + number(4, 7)
    return envelope("PodList", span(1, metadata) + b"".join(span(2, pod) for pod in pods))


def node_object(name: str = "", *, version: str = "", labels=None, annotations=None, **status):
    """A Node as the JSON's dict."""
    metadata = {
        "name": name,
        "resourceVersion": version,
        "creationTimestamp": "2026-11-23T12:00:00Z",
    }
    if labels is not None:
        metadata["labels"] = labels
    if annotations is not None:
        metadata["annotations"] = annotations
    return {"kind": "Node", "apiVersion": "v1", "metadata": metadata, "status": status}


def line(kind: str, item: object) -> bytes:
    """A watch event as a line of JSON."""
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"
