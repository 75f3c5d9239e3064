"""What names may look like, and what the API server says if they do not."""

import re

from tidegauge.units.selectors.syntax import key_faults

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"

_LABEL_FAULT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
    f"regex used for validation is '{_LABEL}')"
)
_SUBDOMAIN_FAULT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', "
    f"regex used for validation is '{_SUBDOMAIN}')"
)
_LONGEST_LABEL, _LONGEST_SUBDOMAIN = 63, 253

_FOR_CONTAINERS = ("cpu", "memory", "ephemeral-storage")
_STANDARD = (
    *_FOR_CONTAINERS,
    "storage",
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
    *(f"{kind}.{name}" for kind in ("requests", "limits") for name in _FOR_CONTAINERS),
    "requests.storage",
)
"""Names without a domain that the API server knows, most of them from quotas."""

_HUGE_PAGES = ("hugepages-", "requests.hugepages-")
_NATIVE = "kubernetes.io/"


def subdomain_faults(name: str) -> list[str]:
    """Of an object's name."""
    return _faults(name, _LONGEST_SUBDOMAIN, _SUBDOMAIN, _SUBDOMAIN_FAULT)


def label_faults(name: str) -> list[str]:
    """Of a container's name."""
    dotted = re.fullmatch(_SUBDOMAIN, name, re.ASCII)
    return _faults(
        name, _LONGEST_LABEL, _LABEL, "must not contain dots" if dotted else _LABEL_FAULT
    )


def _faults(name: str, most: int, pattern: str, complaint: str) -> list[str]:
    faults = [] if len(name.encode()) <= most else [f"must be no more than {most} characters"]
    return faults if re.fullmatch(pattern, name, re.ASCII) else [*faults, complaint]


def segment_faults(name: str) -> list[str]:
    """Of what becomes a part of a URL's path."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{mark}'" for mark in "/%" if mark in name]


def container_resource_faults(name: str) -> list[str]:
    """Of a resource that a container may ask for."""
    faults = key_faults(name)
    if "/" not in name:
        if not faults and not (name in _STANDARD or name.startswith(_HUGE_PAGES)):
            faults = ["must be a standard resource type or fully qualified"]
        if not (name in _FOR_CONTAINERS or name.startswith(_HUGE_PAGES[0])):
            faults = [*faults, "must be a standard resource for containers"]
    elif _NATIVE not in name and (name.startswith("requests.") or key_faults(f"requests.{name}")):
        faults = [*faults, "doesn't follow extended resource name standard"]
    return faults
