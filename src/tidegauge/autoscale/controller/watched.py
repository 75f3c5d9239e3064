"""The HPAs and pods that are watched, and the stores where informers keep them.

A pod keeps what decides and no more; what pods of one template have in common, they share.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from sys import intern
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from tidegauge.autoscale.controller.labelled import Labelled, LabelSet, label_set
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.situation import Autoscaler
from tidegauge.autoscale.reading import objects
from tidegauge.autoscale.reading.mapping import ApiResource
from tidegauge.autoscale.reading.objects import AutoscalerObject, Metadata, PodObject
from tidegauge.cluster.events import Resource
from tidegauge.cluster.jsonform import JsonForm
from tidegauge.units.selectors import LabelSelector

AUTOSCALERS = ApiResource("autoscaling", "v2", "horizontalpodautoscalers")
_PODS = ApiResource("", "v1", "pods")

TEMPLATES = 16_384
"""Pod templates and label sets remembered: more workloads than clusters have."""


class _PodMetadata(Metadata, frozen=True, kw_only=True, rename="camel"):
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class _Metadata(_PodMetadata, frozen=True, kw_only=True, rename="camel"):
    generate_name: str = ""
    owner_references: list[dict[str, Any]] = msgspec.field(default_factory=list)
    finalizers: list[str] = msgspec.field(default_factory=list)


class _Autoscaler(AutoscalerObject, frozen=True, kw_only=True):
    metadata: _Metadata = _Metadata()


class _Pod(PodObject, frozen=True, kw_only=True):
    metadata: _PodMetadata = _PodMetadata()


class Hpa(Struct, frozen=True, kw_only=True):
    """An HPA as last heard of."""

    key: str
    """`namespace/name`."""
    uid: str
    version: str
    written_as: dict[str, Any]
    """What a write of its status has to repeat: metadata and spec."""
    autoscaler: Autoscaler | None
    """None where it cannot be understood, which is then the problem."""
    problem: str = ""

    @property
    def spec(self) -> Any:
        """As JSON. That it has changed tells the generation too, but before 1.37 HPAs have none."""
        return self.written_as["spec"]


def _keep_autoscaler(got: _Autoscaler) -> Hpa:
    meta = got.metadata
    autoscaler, problem = None, ""
    try:
        autoscaler = objects.autoscaler(got)
    except ValueError as error:
        problem = str(error)
    return Hpa(
        key=f"{meta.namespace}/{meta.name}",
        uid=meta.uid,
        version=meta.resource_version,
        written_as={
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {
                "namespace": meta.namespace,
                "name": meta.name,
                "generateName": meta.generate_name,
                "uid": meta.uid,
                "resourceVersion": meta.resource_version,
                "labels": meta.labels or {},
                "annotations": meta.annotations,
                "ownerReferences": meta.owner_references,
                "finalizers": meta.finalizers,
            },
            "spec": got.spec,
        },
        autoscaler=autoscaler,
        problem=problem,
    )


class HeldPod(Struct, frozen=True, gc=False):
    """A pod on its way into its store."""

    namespace: str
    pod: Pod

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.pod.name


def _keep_pod(got: _Pod) -> HeldPod:
    """Raises ValueError."""
    meta, status = got.metadata, got.status
    template = _template(msgspec.json.encode(got.spec))
    own = objects.pod(PodObject(metadata=meta, status=status))
    pod = Pod(
        name=own.name,
        labels=_labels(label_set(own.labels)),
        phase=intern(own.phase),
        deleted=own.deleted,
        started=own.started,
        ready=own.ready,
        containers=template.containers,
        pod_requests=template.pod_requests,
        overhead=template.overhead,
    )
    return HeldPod(meta.namespace, pod)


@lru_cache(TEMPLATES)
def _template(spec: bytes) -> Pod:
    """A pod of that spec, for its containers and requests."""
    return objects.pod(msgspec.json.decode(b'{"spec":%s}' % spec, type=PodObject))


@lru_cache(TEMPLATES)
def _labels(labels: LabelSet) -> Mapping[str, str]:
    return dict(labels)


def autoscalers_in(namespace: str) -> Resource[Hpa]:
    """Of one namespace, or of all where it is empty."""
    form = JsonForm(_Autoscaler, _keep_autoscaler)
    return Resource("horizontalpodautoscalers", _path(AUTOSCALERS, namespace), form)


def pods_in(namespace: str) -> Resource[HeldPod]:
    """In every phase. Of one namespace, or of all where it is empty."""
    return Resource("pods", _path(_PODS, namespace), JsonForm(_Pod, _keep_pod))


def _path(resource: ApiResource, namespace: str) -> str:
    if namespace:
        return resource.path(namespace)
    return msgspec.structs.replace(resource, namespaced=False).path("")


Listener: TypeAlias = Callable[[Hpa | None, Hpa | None], None]
"""Told the HPA before and after: None before when added, None after when removed."""


class Hpas:
    """A store of HPAs; see `cluster.reflection.Store`."""

    def __init__(self, listener: Listener) -> None:
        self.synced = False
        self._hpas: dict[str, Hpa] = {}
        self._listener = listener

    def __len__(self) -> int:
        return len(self._hpas)

    def get(self, key: str) -> Hpa | None:
        return self._hpas.get(key)

    def keys(self) -> Iterable[str]:
        return self._hpas.keys()

    def put(self, hpa: Hpa) -> None:
        before = self._hpas.get(hpa.key)
        self._hpas[hpa.key] = hpa
        self._listener(before, hpa)

    def remove(self, key: str) -> None:
        if before := self._hpas.pop(key, None):
            self._listener(before, None)


class Pods:
    """A store of pods; see `cluster.reflection.Store`."""

    def __init__(self) -> None:
        self.synced = False
        self._pods: dict[str, Labelled[Pod]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._pods.values()))

    def keys(self) -> Iterable[tuple[str, str]]:
        return ((where, name) for where, pods in self._pods.items() for name in pods.names())

    def put(self, held: HeldPod) -> None:
        pods = self._pods.setdefault(held.namespace, Labelled())
        pods.put(held.pod.name, held.pod.labels, held.pod)

    def remove(self, key: tuple[str, str]) -> None:
        namespace, name = key
        pods = self._pods.get(namespace)
        if pods:
            pods.remove(name)
            if not len(pods):
                del self._pods[namespace]

    def count(self, namespace: str) -> int:
        return len(self._pods.get(namespace, ()))

    def select(self, namespace: str, selector: LabelSelector) -> list[Pod]:
        """By name."""
        pods = self._pods.get(namespace)
        return sorted(pods.select(selector), key=_by_name) if pods else []


def _by_name(pod: Pod) -> str:
    return pod.name
