"""Where a kind is served: by group and kind, the version of a reference is not heeded."""

from urllib.parse import quote as percent

from msgspec import Struct

from tidegauge.units.gotext import quote


class ApiResource(Struct, frozen=True):
    """A resource of one version of a group."""

    group: str
    version: str
    name: str
    """In the plural, as in paths."""
    namespaced: bool = True

    @property
    def qualified(self) -> str:
        """As upstream names it: `deployments.apps`, `pods`."""
        return f"{self.name}.{self.group}" if self.group else self.name

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        """Of one object, or of all where the name is empty; an empty namespace means all."""
        within = ("namespaces", namespace) if self.namespaced and namespace else ()
        parts = [*within, self.name]
        parts += filter(None, (name, subresource))
        return "/".join((version_path(self.group, self.version), *map(segment, parts)))


class GroupVersion(Struct, frozen=True):
    version: str = ""


class ApiGroup(Struct, frozen=True, rename="camel"):
    """A `meta/v1` APIGroup, what `/apis/GROUP` answers."""

    name: str = ""
    versions: tuple[GroupVersion, ...] = ()
    preferred_version: GroupVersion = GroupVersion()

    @property
    def by_preference(self) -> tuple[str, ...]:
        """All versions, the preferred one first."""
        names = (self.preferred_version.version, *(one.version for one in self.versions))
        return tuple(dict.fromkeys(filter(None, names)))


CORE = ApiGroup("", (GroupVersion("v1"),))
"""Of the core group nobody need ask."""


class _Resource(Struct, frozen=True):
    name: str = ""
    kind: str = ""
    namespaced: bool = False


class ResourceList(Struct, frozen=True):
    """A `meta/v1` APIResourceList, what `/apis/GROUP/VERSION` answers."""

    resources: tuple[_Resource, ...] = ()


def segment(text: str) -> str:
    """A part of a path, with slashes and the like quoted."""
    return percent(text, safe="")


def version_path(group: str, version: str) -> str:
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def group_of(api_version: str) -> str:
    """Of `apps/v1` it is `apps`, of `v1` the empty core group."""
    group, slash, _version = api_version.partition("/")
    return group if slash else ""


def find(group: str, version: str, listed: ResourceList, kind: str) -> ApiResource | None:
    """The kind among the resources of a version; subresources are none of its names."""
    for one in listed.resources:
        if one.kind == kind and "/" not in one.name:
            return ApiResource(group, version, one.name, one.namespaced)
    return None


def no_match(group: str, kind: str) -> str:
    """What upstream says where nobody serves the kind."""
    return f"no matches for kind {quote(kind)} in group {quote(group)}"
