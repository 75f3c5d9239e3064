"""Deployments: a replica set for each pod template, and the way from one to the next."""

from typing import Any, TypeAlias

from tidegauge.sandbox.simulation.controllers.deploymentstatus import status_of
from tidegauge.sandbox.simulation.controllers.revisions import (
    HASH,
    REVISION,
    last_revision,
    revision_of,
    same_template,
    template_hash,
)
from tidegauge.sandbox.simulation.controllers.rollout import Sizes, limits, next_sizes
from tidegauge.sandbox.simulation.controllers.workqueue import (
    Control,
    Key,
    Owned,
    WorkQueue,
    owner_reference,
)
from tidegauge.sandbox.simulation.engine import SECOND

Object: TypeAlias = dict[str, Any]

_DESIRED = "deployment.kubernetes.io/desired-replicas"
_MOST = "deployment.kubernetes.io/max-replicas"
_COMPONENT = "deployment-controller"


class Deployments:
    def __init__(self, control: Control, replica_sets: Owned, pods: Owned) -> None:
        self._control = control
        self._replica_sets = replica_sets
        self._pods = pods
        self._queue = WorkQueue(control.engine, self._reconcile)
        self._queue.watch(control.storage, "deployments")
        self._queue.watch_owned(control.storage, "replicasets", "Deployment")

    def _reconcile(self, key: Key) -> None:
        found = self._control.storage.get("deployments", *key)
        if found is None or "deletionTimestamp" in found["metadata"]:
            return
        paused = bool(found["spec"].get("paused"))
        owned = sorted(self._replica_sets.of(found), key=revision_of)
        new = next((each for each in owned if same_template(each, found)), None)
        if new is None and not paused:
            new = self._create(found, owned)
        elif new:
            new = self._renew(found, new, owned)
        old = [each for each in owned if new is None or not _same(each, new)]
        if new and not paused:
            self._roll(found, new, old)
            self._drop_history(found, old)
        elif len(active := [each for each in owned if each["spec"]["replicas"]]) == 1:
            self._resize(found, active[0], wanted_of(found))
        self._write_status(found, new)

    def _create(self, found: Object, owned: list[Object]) -> Object:
        metadata, template = found["metadata"], found["spec"]["template"]
        digest = template_hash(template)
        own = {HASH: digest}
        labels = {**(template.get("metadata", {}).get("labels") or {}), **own}
        selector = found["spec"]["selector"]
        chosen = {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), **own}}
        new = self._control.storage.create(
            "replicasets",
            {
                "metadata": {
                    "name": f"{metadata['name']}-{digest}",
                    "namespace": metadata["namespace"],
                    "labels": labels,
                    "annotations": self._annotations(found, last_revision(owned) + 1),
                    "ownerReferences": [owner_reference(found)],
                },
                "spec": {
                    "replicas": 0,
                    "selector": chosen,
                    "template": {
                        **template,
                        "metadata": {**template.get("metadata", {}), "labels": labels},
                    },
                    **_min_ready(found),
                },
                "status": {"replicas": 0},
            },
        )
        self._tell_revision(found, new)
        return new

    def _renew(self, found: Object, new: Object, owned: list[Object]) -> Object:
        """A template that was there before, or still is, is the newest revision."""
        others = [each for each in owned if not _same(each, new)]
        revision = max(revision_of(new), last_revision(others) + 1)
        annotations = (new["metadata"].get("annotations") or {}) | self._annotations(
            found, revision
        )
        renewed = new | {
            "metadata": new["metadata"] | {"annotations": annotations},
            "spec": new["spec"] | _min_ready(found),
        }
        new = self._control.storage.update("replicasets", renewed)
        self._tell_revision(found, new)
        return new

    def _annotations(self, found: Object, revision: int) -> dict[str, str]:
        wanted = wanted_of(found)
        cause = (found["metadata"].get("annotations") or {}).get("kubernetes.io/change-cause")
        return {
            REVISION: str(revision),
            _DESIRED: str(wanted),
            _MOST: str(wanted + _limits(found)[0]),
            **({"kubernetes.io/change-cause": cause} if cause else {}),
        }

    def _tell_revision(self, found: Object, new: Object) -> None:
        now = self._control.storage.get("deployments", *_key(found))
        assert now
        annotations = now["metadata"].get("annotations") or {}
        told = annotations | {REVISION: new["metadata"]["annotations"][REVISION]}
        metadata = now["metadata"] | {"annotations": told}
        self._control.storage.update("deployments", now | {"metadata": metadata})

    def _roll(self, found: Object, new: Object, old: list[Object]) -> None:
        wanted = wanted_of(found)
        if (found["spec"].get("strategy") or {}).get("type") == "Recreate":
            for each in old:
                self._resize(found, each, 0)
            if any(self._pods.of(each) for each in old):
                self._queue.add(_key(found), SECOND)
            else:
                self._resize(found, new, wanted)
            return
        grown, kept = next_sizes(
            wanted, _sizes(new), [_sizes(each) for each in old], *_limits(found)
        )
        self._resize(found, new, grown)
        for each, size in zip(old, kept, strict=True):
            self._resize(found, each, size)

    def _resize(self, found: Object, replica_set: Object, size: int) -> None:
        before = replica_set["spec"]["replicas"]
        if size == before:
            return
        resized = replica_set | {"spec": replica_set["spec"] | {"replicas": size}}
        self._control.storage.update("replicasets", resized)
        verb = "up" if size > before else "down"
        name = replica_set["metadata"]["name"]
        message = f"Scaled {verb} replica set {name} from {before} to {size}"
        self._control.recorder.record(found, _COMPONENT, "ScalingReplicaSet", message)

    def _drop_history(self, found: Object, old: list[Object]) -> None:
        limit = found["spec"].get("revisionHistoryLimit", 10)
        empty = [
            each
            for each in old
            if not each["spec"]["replicas"] and not (each.get("status") or {}).get("replicas")
        ]
        for each in empty[: max(0, len(empty) - limit)]:
            self._control.storage.delete("replicasets", *_key(each))

    def _write_status(self, found: Object, new: Object | None) -> None:
        found = self._control.storage.get("deployments", *_key(found)) or found
        owned = self._replica_sets.of(found)
        new = next((each for each in owned if new and _same(each, new)), None)
        now = self._control.engine.now // SECOND
        least = wanted_of(found) - _limits(found)[1]
        status, recheck = status_of(found, owned, new, least, now)
        if status != found.get("status"):
            self._control.storage.update("deployments", found | {"status": status})
        if recheck:
            self._queue.add(_key(found), recheck * SECOND)


def wanted_of(found: Object) -> int:
    return int(found["spec"].get("replicas", 1))


def _same(one: Object, other: Object) -> bool:
    return bool(one["metadata"]["uid"] == other["metadata"]["uid"])


def _key(obj: Object) -> Key:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def _min_ready(found: Object) -> Object:
    wait = found["spec"].get("minReadySeconds")
    return {"minReadySeconds": wait} if wait else {}


def _limits(found: Object) -> tuple[int, int]:
    rolling = (found["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    if (found["spec"].get("strategy") or {}).get("type") == "Recreate":
        return 0, wanted_of(found)
    surge, unavailable = rolling.get("maxSurge", "25%"), rolling.get("maxUnavailable", "25%")
    return limits(wanted_of(found), surge, unavailable)


def _sizes(replica_set: Object) -> Sizes:
    available = (replica_set.get("status") or {}).get("availableReplicas", 0)
    return Sizes(replica_set["spec"]["replicas"], available)
