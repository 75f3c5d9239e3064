"""An API server with one HPA, as far as a recorder asks; everything is in memory."""

from typing import Any

import msgspec

from tests.clock import ManualClock
from tidegauge.cluster.errors import Forbidden, NotFound, Status, Unreachable
from tidegauge.units.timestamp import format_rfc3339

_ROOT = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"

_SECOND = {"name": "second", "namespace": "shop"}


class FakeClient:
    """Answers of its fields; `down` makes everything fail, `forbidden` paths are refused.

    Its controller reports to have seen what was asked for last.
    """

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.replicas = 4
        self.cpu = "50m"
        self.looked_at: float | None = None
        self.reported = ""
        self.down = False
        self.second = False
        """Whether the target has another HPA, too."""
        self.forbidden: tuple[str, ...] = ()

    async def get(self, path: str, *, type: type, params: Any = None) -> Any:  # noqa: A002, ARG002  (as the client has it)
        self._refuse(path)
        answer = self._answers().get(path)
        if answer is None:
            raise NotFound(path, 404, Status())
        return msgspec.convert(answer, type)

    async def read(self, path: str, *, accept: str, params: Any) -> tuple[str, bytes]:  # noqa: ARG002  (as the client has it)
        body = msgspec.json.encode(await self.get(path, type=dict))
        self.reported = self.cpu
        return "application/json", body

    def _refuse(self, path: str) -> None:
        if self.down:
            raise Unreachable(path, "connection refused")
        if any(path.endswith(end) for end in self.forbidden):
            raise Forbidden(path, 403, Status())

    def _answers(self) -> dict[str, Any]:
        hpa = self._hpa()
        return {
            _ROOT: {"items": [hpa, hpa | {"metadata": _SECOND}] if self.second else [hpa]},
            f"{_ROOT}/web": hpa,
            "/apis/apps": {"name": "apps", "versions": [{"version": "v1"}]},
            "/apis/apps/v1": {
                "resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]
            },
            "/apis/apps/v1/namespaces/shop/deployments/web/scale": {
                "spec": {"replicas": self.replicas},
                "status": {"replicas": self.replicas, "selector": "app=web"},
            },
            "/api/v1/namespaces/shop/pods": {"items": [_pod(i) for i in range(self.replicas)]},
            "/api/v1/namespaces/shop/events": {"items": []},
            "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods": {
                "items": [self._usage(i) for i in range(self.replicas)]
            },
        }

    def _hpa(self) -> dict[str, Any]:
        status: dict[str, Any] = {
            "currentReplicas": self.replicas,
            "desiredReplicas": self.replicas,
        }
        if self.looked_at is not None:
            status["lastScaleTime"] = format_rfc3339(int(self.looked_at))
        if self.reported:
            percent = int(self.reported.removesuffix("m"))  # of the 100m that a pod requests
            current = {"averageValue": self.reported, "averageUtilization": percent}
            metric = {"type": "Resource", "resource": {"name": "cpu", "current": current}}
            status["currentMetrics"] = [metric]
        target = {"type": "Utilization", "averageUtilization": 50}
        return {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "minReplicas": 1,
                "maxReplicas": 20,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            },
            "status": status,
        }

    def _usage(self, number: int) -> dict[str, Any]:
        return {
            "metadata": {"name": f"web-{number}"},
            "timestamp": format_rfc3339(int(self.clock.now()) - 5),
            "window": "15s",
            "containers": [{"name": "app", "usage": {"cpu": self.cpu}}],
        }


def _pod(number: int) -> dict[str, Any]:
    since = "2026-11-23T10:00:00Z"
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": since}
    return {
        "metadata": {"name": f"web-{number}", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "100m"}}}]},
        "status": {"phase": "Running", "startTime": since, "conditions": [ready]},
    }
