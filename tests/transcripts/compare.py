"""What of our answer must equal the recorded one, and what is put aside first.

Ours serves v1 beside v1beta1, so v1 is taken out of our answers. Free are: the second in which an
object was made, the server's own port, build information, the values of ETags.
"""

import gzip
import json
import re
from typing import Any

import yaml

from tests.transcripts import wire
from tests.transcripts.records import Record, Reply

KEPT_HEADERS = (
    "Content-Type",
    "Vary",
    "ETag",
    "Cache-Control",
    "Retry-After",
    "Location",
    "Allow",
    "WWW-Authenticate",
    "X-Content-Type-Options",
    "Content-Encoding",
    "Warning",
)

_FOR_V1 = re.compile(r"/apis/metrics\.k8s\.io/v1(?![a-z0-9])|/apis/metrics\.k8s\.io/v1$")

_V1 = "metrics.k8s.io/v1"
_V1BETA1 = "metrics.k8s.io/v1beta1"

_CREATED = "2001-09-09T01:46:40Z"
_CREATED_TEXT = re.compile(r'("?creationTimestamp"?: ?")[^"]*(")')
_CREATED_MESSAGE = re.compile(rb"(B\x08\x08).{5}(\x10\x00)", re.DOTALL)
_CREATED_VARINT = b"\x80\x94\xeb\xdc\x03"

_PORT = re.compile(r'(serverAddress"?: ?"?):[0-9]+')


def asks_for_v1(record: Record) -> bool:
    """Whether the request is for the version that the Go server does not know."""
    return _FOR_V1.search(record.asked.path) is not None


def differences(record: Record, reply: Reply) -> list[str]:
    """The differences between a reply and the record, most telling first; empty when equal."""
    found = []
    if reply.status != record.status:
        found.append(f"status {reply.status}, recorded {record.status}")
    found += _header_differences(record, reply)
    try:
        found += _body_differences(record, reply)
    except (ValueError, KeyError, OSError, yaml.YAMLError) as error:
        found.append(f"body not comparable: {error!r}: {reply.body[:200]!r}")
    return found


def _header_differences(record: Record, reply: Reply) -> list[str]:
    found = []
    for name in KEPT_HEADERS:
        recorded = record.response["headers"].get(name, [])
        recorded = recorded if isinstance(recorded, list) else [recorded]
        ours = reply.header(name)
        equal = len(ours) == len(recorded) if name == "ETag" else ours == recorded
        if not equal:
            found.append(f"{name} {ours}, recorded {recorded}")
    return found


def _body_differences(record: Record, reply: Reply) -> list[str]:
    body = reply.body
    if body and reply.header("Content-Encoding") == ["gzip"]:
        body = gzip.decompress(body)
    response = record.response
    if "body_metric_types" in response:
        return _missing_families(response["body_metric_types"], body)
    if "body_length" in response:
        recorded_length = response["body_length"]
        equal = len(body) == recorded_length
        return [] if equal else [f"{len(body)} bytes of body, recorded {recorded_length}"]
    recorded = record.body
    if recorded is None:
        return []
    ours = normalize(body, next(iter(reply.header("Content-Type")), ""))
    if _is_path_list(recorded) and _is_path_list(ours):
        return _path_differences(recorded, ours)
    if ours == recorded or _same_yaml(record, ours, recorded):
        return []
    return [_first_difference(ours, recorded)]


def normalize(body: bytes, content_type: str) -> bytes:
    """Our body without v1 and with the recorder's placeholders."""
    if body.startswith(wire.MAGIC):
        return _CREATED_MESSAGE.sub(rb"\1" + _CREATED_VARINT + rb"\2", wire.without_v1(body))
    text = body.decode("utf-8", "replace")
    if content_type.startswith("application/yaml"):
        text = _yaml_without_v1(text)
    elif content_type.startswith("application/json"):
        text = _json_without_v1(text)
    text = _CREATED_TEXT.sub(rf"\g<1>{_CREATED}\2", text)
    return _PORT.sub(r"\1:24443", text).encode()


def _json_without_v1(text: str) -> str:
    if not re.search(r'"(kind": ?"APIGroup|gitVersion)', text):
        return text
    value = _without_v1(json.loads(text))
    if "\n  " in text:
        return json.dumps(value, indent=2, ensure_ascii=False)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"


def _yaml_without_v1(text: str) -> str:
    if "kind: APIGroup" not in text:
        return text
    return yaml.safe_dump(_without_v1(yaml.safe_load(text)))


def _without_v1(value: dict[str, Any]) -> dict[str, Any]:
    """A discovery document without v1, or build information without its values."""
    if "gitVersion" in value:
        return dict.fromkeys(value, "<ANY>")
    for group in value.get("groups", value.get("items", [value])):
        group["versions"] = [one for one in group["versions"] if one["version"] != "v1"]
        if "preferredVersion" in group:
            group["preferredVersion"] = {"groupVersion": _V1BETA1, "version": "v1beta1"}
    return value


def _same_yaml(record: Record, ours: bytes, recorded: bytes) -> bool:
    """Discovery documents lost their own line breaks when v1 was taken out."""
    if record.response["headers"].get("Content-Type") != "application/yaml":
        return False
    return b"kind: APIGroup" in recorded and yaml.safe_load(ours) == yaml.safe_load(recorded)


def _is_path_list(body: bytes) -> bool:
    return body.startswith(b'{\n  "paths": [')


def _path_differences(recorded: bytes, ours: bytes) -> list[str]:
    """Path lists are compared on what both have, so only their order can differ."""
    theirs, own = json.loads(recorded)["paths"], json.loads(ours)["paths"]
    both = set(theirs) & set(own)
    if [path for path in theirs if path in both] != [path for path in own if path in both]:
        return [f"paths in another order: {own}"]
    return [] if "/apis" in both else ["paths without /apis"]


def _missing_families(recorded: list[str], body: bytes) -> list[str]:
    types = set(re.findall(r"^# TYPE (\S+ \S+)$", body.decode(), re.MULTILINE))
    wanted = {pair for pair in recorded if pair.startswith("metrics_server_")}
    return [f"no family {pair}" for pair in sorted(wanted - types)]


def _first_difference(ours: bytes, recorded: bytes) -> str:
    length = min(len(ours), len(recorded))
    at = next((i for i in range(length) if ours[i] != recorded[i]), length)
    start = max(0, at - 60)
    return (
        f"body differs at byte {at}:\n      ours     …{ours[start : at + 100]!r}"
        f"\n      recorded …{recorded[start : at + 100]!r}"
    )
