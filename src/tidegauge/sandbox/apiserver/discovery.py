"""What the server offers, in the documents that clients ask for: by group, or all at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from tidegauge.sandbox.apiserver.kinds import SERVED, Kind, subresource_verbs
from tidegauge.sandbox.apiserver.reviews import REVIEWS
from tidegauge.serving.negotiation import JSON, Conversion, choose

Object = dict[str, Any]

AGGREGATED = Conversion("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList")
AGGREGATED_TYPE = f"{JSON};g={AGGREGATED.group};v={AGGREGATED.version};as={AGGREGATED.kind}"


PRIORITIES: Mapping[str, int] = {
    "": 18_000,
    "apiregistration.k8s.io": 20_000,
    "apps": 17_800,
    "authentication.k8s.io": 17_700,
    "authorization.k8s.io": 17_600,
    "autoscaling": 17_500,
    "coordination.k8s.io": 16_500,
    "events.k8s.io": 17_750,
}
"""Groups come in this order, the highest first, as in a real cluster."""


@dataclass(frozen=True, slots=True)
class GroupVersion:
    """A version of a group, with its resources in the aggregated form."""

    group: str
    version: str
    resources: Sequence[Object]
    priority: int
    fresh: bool = True

    @property
    def name(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


def own_versions() -> list[GroupVersion]:
    """What is served here."""
    found: dict[tuple[str, str], list[Object]] = {}
    for kind in SERVED:
        found.setdefault((kind.group, kind.version), []).append(_stored(kind))
    for (group, resource), name in REVIEWS.items():
        found.setdefault((group, "v1"), []).append(_reviewed(resource, name))
    return [
        GroupVersion(group, version, resources, PRIORITIES[group])
        for (group, version), resources in found.items()
    ]


def _stored(kind: Kind) -> Object:
    resource: Object = {
        "resource": kind.resource,
        "responseKind": _kind(kind.kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": kind.verbs,
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    if kind.subresources:
        resource["subresources"] = [
            {
                "subresource": name,
                "responseKind": _OTHER_KINDS.get(name, _kind(kind.kind)),
                "verbs": list(subresource_verbs(name)),
            }
            for name in kind.subresources
        ]
    return resource


def _reviewed(resource: str, kind: str) -> Object:
    return {
        "resource": resource,
        "responseKind": _kind(kind),
        "scope": "Namespaced" if resource.startswith("local") else "Cluster",
        "singularResource": kind.lower(),
        "verbs": ["create"],
    }


def _kind(kind: str, group: str = "", version: str = "") -> Object:
    return {"group": group, "version": version, "kind": kind}


_OTHER_KINDS = {
    "scale": _kind("Scale", "autoscaling", "v1"),
    "token": _kind("TokenRequest", "authentication.k8s.io", "v1"),
}
"""The kinds of subresources, where they have their own."""


def wants_aggregated(accept: str) -> bool:
    """Whether the client takes the aggregated document, and likes it best."""
    media = choose(accept, lambda form, how: form == JSON and how in (None, AGGREGATED))
    return media is not None and media.conversion == AGGREGATED


def aggregated(versions: Iterable[GroupVersion]) -> Object:
    """All groups with everything in them."""
    items = [
        {
            "metadata": {"name": group} if group else {},
            "versions": [
                {
                    "version": each.version,
                    "resources": list(each.resources),
                    "freshness": "Current" if each.fresh else "Stale",
                }
                for each in members
            ],
        }
        for group, members in by_group(versions)
    ]
    version = f"{AGGREGATED.group}/{AGGREGATED.version}"
    return {"kind": AGGREGATED.kind, "apiVersion": version, "metadata": {}, "items": items}


def group_list(versions: Iterable[GroupVersion]) -> Object:
    groups = [_group(group, members) for group, members in by_group(versions)]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(name: str, versions: Iterable[GroupVersion]) -> Object | None:
    """One group, or None when there is none of that name."""
    members = [each for each in versions if each.group == name]
    if not members:
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, members)}


def _group(name: str, members: Sequence[GroupVersion]) -> Object:
    versions = [{"groupVersion": each.name, "version": each.version} for each in members]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def core_versions(server_address: str) -> Object:
    """The old root, before there were groups."""
    reachable = {"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [reachable]}


def resource_list(version: GroupVersion) -> Object:
    """One version in the older form: a line each for resources and subresources."""
    resources: list[Object] = []
    for each in version.resources:
        resources.append(_old_form(each))
        resources += [_old_subresource(each, sub) for sub in each.get("subresources", ())]
    core: Object = {} if not version.group else {"apiVersion": "v1"}
    return {
        "kind": "APIResourceList",
        **core,
        "groupVersion": version.name,
        "resources": resources,
    }


def _old_form(resource: Object) -> Object:
    old = {
        "name": resource["resource"],
        "singularName": resource["singularResource"],
        "namespaced": resource["scope"] == "Namespaced",
        "kind": resource["responseKind"]["kind"],
        "verbs": resource["verbs"],
    }
    return old | {key: resource[key] for key in ("shortNames", "categories") if key in resource}


def _old_subresource(resource: Object, sub: Object) -> Object:
    kind = sub["responseKind"]
    named = {key: kind[key] for key in ("group", "version") if kind[key]}
    return {
        "name": f"{resource['resource']}/{sub['subresource']}",
        "singularName": "",
        "namespaced": resource["scope"] == "Namespaced",
        **named,
        "kind": kind["kind"],
        "verbs": sub["verbs"],
    }


def by_group(versions: Iterable[GroupVersion]) -> list[tuple[str, list[GroupVersion]]]:
    """Groups by their priority, then name; versions in the order they come."""
    ordered = sorted(versions, key=lambda each: (-each.priority, each.group))
    return [(name, list(found)) for name, found in groupby(ordered, key=lambda each: each.group)]
