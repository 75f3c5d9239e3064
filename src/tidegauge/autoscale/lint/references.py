"""The API server's validation of references to other objects."""

from collections.abc import Iterator, Mapping
from typing import Any

from tidegauge.autoscale.lint.causes import Cause, invalid, required
from tidegauge.autoscale.lint.names import segment_faults


def reference_causes(
    reference: Mapping[str, Any], path: str, *, group_needed: bool = True
) -> Iterator[Cause]:
    """Of a scaleTargetRef, or of a describedObject, which may be of the core group."""
    for part in ("kind", "name"):
        text = reference.get(part) or ""
        if not text:
            yield required(f"{path}.{part}")
        for fault in segment_faults(text):
            yield invalid(f"{path}.{part}", text, fault)
    version = reference.get("apiVersion") or ""
    group_needed = group_needed and reference.get("kind") != "ReplicationController"
    if fault := _version_fault(version, group_needed=group_needed):
        yield invalid(f"{path}.apiVersion", version, fault)


def _version_fault(version: str, *, group_needed: bool) -> str:
    if version.count("/") > 1:
        return f"unexpected GroupVersion string: {version}"
    group = version.partition("/")[0] if "/" in version else ""
    return "apiVersion must specify API group" if group_needed and not group else ""
