"""Pod templates as revisions: which replica set stands for which, and which came last."""

import json
import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, TypeAlias

Object: TypeAlias = dict[str, Any]

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
_NUMBER = re.compile("[0-9]{1,18}")
_HASH_LETTERS = "bcdf2456789ghjkl"
"""One for each hexadecimal digit, of those that Kubernetes uses in names."""


def template_hash(template: Object) -> str:
    text = json.dumps(template, sort_keys=True).encode()
    digest = blake2b(text, digest_size=5).hexdigest()
    return "".join(_HASH_LETTERS[int(digit, 16)] for digit in digest)


def same_template(replica_set: Object, found: Object) -> bool:
    template = replica_set["spec"]["template"]
    metadata = template.get("metadata", {})
    labels = {name: text for name, text in metadata.get("labels", {}).items() if name != HASH}
    asked = found["spec"]["template"]
    known = {**template, "metadata": {**metadata, "labels": labels}}
    return bool(known == {**asked, "metadata": {"labels": {}, **(asked.get("metadata") or {})}})


def revision_of(replica_set: Object) -> int:
    """0 for what somebody wrote there that is no number."""
    text = (replica_set["metadata"].get("annotations") or {}).get(REVISION, "")
    return int(text) if _NUMBER.fullmatch(text) else 0


def last_revision(owned: Iterable[Object]) -> int:
    return max(map(revision_of, owned), default=0)
