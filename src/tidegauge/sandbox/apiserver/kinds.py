"""The kinds this API server holds: their names, and what may be done to them."""

from dataclasses import dataclass, replace

CRUD = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of stored object. `resource` is its plural name, one kind's only, in all groups."""

    group: str
    version: str
    kind: str
    resource: str
    singular: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    generation: bool = False
    """Whether `metadata.generation` counts the changes of the spec."""

    collection: bool = True
    """Whether all of them may be deleted at once."""

    @property
    def verbs(self) -> list[str]:
        return [verb for verb in CRUD if self.collection or verb != "deletecollection"]

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The resource as error messages name it."""
        return f"{self.resource}.{self.group}" if self.group else self.resource


_SUBRESOURCE_VERBS = {"finalize": ("update",), "token": ("create",)}


def subresource_verbs(name: str) -> tuple[str, ...]:
    return _SUBRESOURCE_VERBS.get(name, ("get", "patch", "update"))


ALL = ("all",)
STATUS = ("status",)
SCALE = ("scale", "status")

KINDS = (
    Kind("", "v1", "ConfigMap", "configmaps", "configmap", short_names=("cm",)),
    Kind("", "v1", "Event", "events", "event", short_names=("ev",)),
    Kind(
        "", "v1", "Namespace", "namespaces", "namespace", namespaced=False, short_names=("ns",),
        subresources=("finalize", "status"), collection=False,
    ),
    Kind("", "v1", "Node", "nodes", "node", namespaced=False, short_names=("no",),
         subresources=STATUS),
    Kind("", "v1", "Pod", "pods", "pod", short_names=("po",), categories=ALL,
         subresources=STATUS, generation=True),
    Kind("", "v1", "Secret", "secrets", "secret"),
    Kind("", "v1", "Service", "services", "service", short_names=("svc",), categories=ALL,
         subresources=STATUS),
    Kind("", "v1", "ServiceAccount", "serviceaccounts", "serviceaccount", short_names=("sa",),
         subresources=("token",)),
    Kind("apiregistration.k8s.io", "v1", "APIService", "apiservices", "apiservice",
         namespaced=False, categories=("api-extensions",), subresources=STATUS),
    Kind("apps", "v1", "Deployment", "deployments", "deployment", short_names=("deploy",),
         categories=ALL, subresources=SCALE, generation=True),
    Kind("apps", "v1", "ReplicaSet", "replicasets", "replicaset", short_names=("rs",),
         categories=ALL, subresources=SCALE, generation=True),
    Kind("apps", "v1", "StatefulSet", "statefulsets", "statefulset", short_names=("sts",),
         categories=ALL, subresources=SCALE, generation=True),
    Kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers",
         "horizontalpodautoscaler", short_names=("hpa",), categories=ALL, subresources=STATUS,
         generation=True),
    Kind("coordination.k8s.io", "v1", "Lease", "leases", "lease"),
)  # fmt: skip
"""In the order of their groups and names, as discovery lists them."""

BY_RESOURCE = {kind.resource: kind for kind in KINDS}

OTHER_VERSIONS = (
    replace(BY_RESOURCE["horizontalpodautoscalers"], version="v1"),
    replace(BY_RESOURCE["events"], group="events.k8s.io"),
)
"""Of kinds that are stored in another one; versions.py turns them into each other."""

SERVED = (*KINDS, *OTHER_VERSIONS)
