"""StatefulSets: numbered pods, made and ended one after another."""

from typing import Any, TypeAlias

from tidegauge.sandbox.simulation.controllers.revisions import template_hash
from tidegauge.sandbox.simulation.controllers.workqueue import (
    Control,
    Key,
    Owned,
    WorkQueue,
    owner_reference,
)
from tidegauge.sandbox.simulation.manifests import pod_of
from tidegauge.sandbox.simulation.podspec import is_ready

Object: TypeAlias = dict[str, Any]

_REVISION = "controller-revision-hash"
_INDEX = "apps.kubernetes.io/pod-index"
_NAME = "statefulset.kubernetes.io/pod-name"
_COMPONENT = "statefulset-controller"


class StatefulSets:
    def __init__(self, control: Control, pods: Owned) -> None:
        self._control = control
        self._pods = pods
        self._queue = WorkQueue(control.engine, self._reconcile)
        self._queue.watch(control.storage, "statefulsets")
        self._queue.watch_owned(control.storage, "pods", "StatefulSet")

    def _reconcile(self, key: Key) -> None:
        found = self._control.storage.get("statefulsets", *key)
        if found is None or "deletionTimestamp" in found["metadata"]:
            return
        revision = f"{key[1]}-{template_hash(found['spec']['template'])}"
        self._step(found, {_number(pod): pod for pod in self._pods.of(found)}, revision)
        self._write_status(found, revision)

    def _step(self, found: Object, pods: dict[int, Object], revision: str) -> None:
        """At most one pod is made or ended, and only while all others are as they should be."""
        wanted = int(found["spec"].get("replicas", 1))
        parallel = found["spec"].get("podManagementPolicy") == "Parallel"
        for number in range(wanted):
            if number not in pods:
                self._create(found, number, revision)
                if not parallel:
                    return
            elif not _is_up(pods[number]) and not parallel:
                return
        for number in sorted((each for each in pods if each >= wanted), reverse=True):
            self._end(found, pods[number])
            if not parallel:
                return
        if all(_is_up(pod) for pod in pods.values()):
            self._update(found, pods, revision)

    def _update(self, found: Object, pods: dict[int, Object], revision: str) -> None:
        strategy = found["spec"].get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return
        first = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        for number in sorted(pods, reverse=True):
            old = pods[number]["metadata"]["labels"].get(_REVISION) != revision
            if number >= first and old:
                self._end(found, pods[number])
                return

    def _create(self, found: Object, number: int, revision: str) -> None:
        metadata, template = found["metadata"], found["spec"]["template"]
        name = f"{metadata['name']}-{number}"
        own = {_REVISION: revision, _INDEX: str(number), _NAME: name}
        labels = (template.get("metadata", {}).get("labels") or {}) | own
        pod = pod_of(
            template,
            name=name,
            generateName=f"{metadata['name']}-",
            namespace=metadata["namespace"],
            labels=labels,
            ownerReferences=[owner_reference(found)],
        )
        pod["spec"]["hostname"] = name
        self._control.storage.create("pods", pod)
        self._tell(found, "SuccessfulCreate", "create", name)

    def _end(self, found: Object, pod: Object) -> None:
        if "deletionTimestamp" not in pod["metadata"]:
            self._control.delete_pod(pod)
            self._tell(found, "SuccessfulDelete", "delete", pod["metadata"]["name"])

    def _tell(self, found: Object, reason: str, verb: str, pod: str) -> None:
        message = f"{verb} Pod {pod} in StatefulSet {found['metadata']['name']} successful"
        self._control.recorder.record(found, _COMPONENT, reason, message)

    def _write_status(self, found: Object, revision: str) -> None:
        pods = self._pods.of(found)
        ready = sum(map(_is_up, pods))
        updated = sum(pod["metadata"]["labels"].get(_REVISION) == revision for pod in pods)
        before = found.get("status") or {}
        done = updated == len(pods)
        current = revision if done else before.get("currentRevision", revision)
        status = {
            "observedGeneration": found["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": updated if done else len(pods) - updated,
            "updatedReplicas": updated,
            "currentRevision": current,
            "updateRevision": revision,
            "collisionCount": 0,
        }
        latest = self._control.storage.get(
            "statefulsets", found["metadata"]["namespace"], found["metadata"]["name"]
        )
        if latest:
            self._control.storage.update("statefulsets", latest | {"status": status})


def _number(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _is_up(pod: Object) -> bool:
    return is_ready(pod) and "deletionTimestamp" not in pod["metadata"]
