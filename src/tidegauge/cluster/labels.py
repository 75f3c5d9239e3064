"""Label sets as canonical JSON bytes: one object for all that are equal, decoded when asked for.

Canonical means what Go writes for a map: sorted keys, no blanks. The API server sees to it that
labels are plain ASCII, so there is nothing that could be escaped in two ways.
"""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from tidegauge.cluster.protobuf import fields, texts

DISTINCT = 16_384
"""Label sets remembered. Pods of one workload share theirs, and come one after the other in a list;
where they do not, as with jobs, remembering more would only cost memory."""

LABELS = 11
"""Field number in an ObjectMeta."""

_as_map = msgspec.json.Decoder(dict[str, str])
_as_json = msgspec.json.Encoder(order="sorted")


@lru_cache(DISTINCT)
def decode_labels(labels: bytes) -> Mapping[str, str]:
    """Canonical JSON as a mapping, which is shared: do not change it."""
    return _as_map.decode(labels)


@lru_cache(DISTINCT)
def labels_from_json(raw: bytes) -> bytes:
    """A JSON object of labels, made canonical and shared. Raises msgspec's DecodeError."""
    return _as_json.encode(_as_map.decode(raw))


@lru_cache(DISTINCT)
def labels_from_protobuf(entries: bytes) -> bytes:
    """The fields of an ObjectMeta from its first label to its last, made canonical and shared.

    Raises ValueError, IndexError.
    """
    spans = [span for span in fields(entries, 0, len(entries)) if span[0] == LABELS]
    return _as_json.encode(dict(map_entry(entries, start, end) for _, start, end in spans))


def map_entry(data: bytes, start: int, end: int) -> tuple[str, str]:
    """Key and value of one entry. Raises ValueError, IndexError."""
    found = texts(data, start, end)
    return found.get(1, ""), found.get(2, "")
