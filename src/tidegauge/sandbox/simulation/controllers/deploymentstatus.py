"""What a Deployment's status says of its replica sets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from tidegauge.sandbox.simulation.podspec import condition
from tidegauge.units.timestamp import format_rfc3339

Object: TypeAlias = dict[str, Any]


def status_of(
    found: Object, owned: Sequence[Object], new: Object | None, least: int, now: int
) -> tuple[Object, int]:
    """The status, and in how many seconds to look again whether its deadline has passed (0: no).

    `least` pods must be available for the deployment to be; `now` in seconds.
    """
    counts = _counts(found, owned, new)
    progressing, recheck = _progressing(found, counts, new, now)
    named = {name: count for name, count in counts.items() if count}
    status: Object = {
        "observedGeneration": found["metadata"]["generation"],
        **named,
        "conditions": [_available(found, counts, least, now), progressing],
    }
    return status, recheck


def _counts(found: Object, owned: Sequence[Object], new: Object | None) -> dict[str, int]:
    def total(field: str, among: Sequence[Object] = owned) -> int:
        return sum((each.get("status") or {}).get(field, 0) for each in among)

    wanted = int(found["spec"].get("replicas", 1))
    return {
        "replicas": total("replicas"),
        "updatedReplicas": total("replicas", [new] if new else []),
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": total("availableReplicas"),
        "unavailableReplicas": max(0, max(wanted, total("replicas")) - total("availableReplicas")),
    }


def _available(found: Object, counts: dict[str, int], least: int, now: int) -> Object:
    if counts["availableReplicas"] >= least:
        message = "Deployment has minimum availability."
        return _condition(found, "Available", "True", "MinimumReplicasAvailable", message, now)
    message = "Deployment does not have minimum availability."
    return _condition(found, "Available", "False", "MinimumReplicasUnavailable", message, now)


def _progressing(
    found: Object, counts: dict[str, int], new: Object | None, now: int
) -> tuple[Object, int]:
    name = new["metadata"]["name"] if new else ""
    wanted = int(found["spec"].get("replicas", 1))
    before = condition(found, "Progressing")
    done = all(
        counts[field] == wanted for field in ("replicas", "updatedReplicas", "availableReplicas")
    )
    if done:
        message = f'ReplicaSet "{name}" has successfully progressed.'
        reason = "NewReplicaSetAvailable"
        return _condition(found, "Progressing", "True", reason, message, now), 0
    if found["spec"].get("paused"):
        message = "Deployment is paused"
        return _condition(found, "Progressing", "Unknown", "DeploymentPaused", message, now), 0
    deadline = found["spec"].get("progressDeadlineSeconds", 600)
    if before and not _moved(found, counts) and before["reason"] != "NewReplicaSetAvailable":
        left = _seconds(before["lastUpdateTime"]) + deadline - now
        if left > 0 or before["reason"] == "ProgressDeadlineExceeded":
            return before, max(0, left)
        message = f'ReplicaSet "{name}" has timed out progressing.'
        reason = "ProgressDeadlineExceeded"
        return _condition(found, "Progressing", "False", reason, message, now), 0
    message = f'ReplicaSet "{name}" is progressing.'
    made = _condition(found, "Progressing", "True", "ReplicaSetUpdated", message, now)
    return made | {"lastUpdateTime": format_rfc3339(now)}, deadline


def _moved(found: Object, counts: dict[str, int]) -> bool:
    """Whether the rollout came further since the last status."""
    before = found.get("status") or {}
    new_spec: bool = before.get("observedGeneration") != found["metadata"]["generation"]
    older = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    return bool(
        new_spec
        or counts["updatedReplicas"] > before.get("updatedReplicas", 0)
        or counts["replicas"] - counts["updatedReplicas"] < older
        or counts["readyReplicas"] > before.get("readyReplicas", 0)
        or counts["availableReplicas"] > before.get("availableReplicas", 0)
    )


def _condition(
    found: Object, kind: str, status: str, reason: str, message: str, now: int
) -> Object:
    at = format_rfc3339(now)
    made = {"type": kind, "status": status, "reason": reason, "message": message}
    before = condition(found, kind)
    if before and before["status"] == status:
        same = before["reason"] == reason and before["message"] == message
        update = before["lastUpdateTime"] if same else at
        return made | {"lastUpdateTime": update, "lastTransitionTime": before["lastTransitionTime"]}
    return made | {"lastUpdateTime": at, "lastTransitionTime": at}


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
