"""An API server of canned answers on a free port of loopback, in a thread of its own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Object = dict[str, Any]
NAMESPACE = "shop"
PLACE = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
USAGE = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"
EVENTS = f"/api/v1/namespaces/{NAMESPACE}/events"
LONG_AGO = "2020-01-01T00:00:00Z"


class Served:
    """`answers` by path: a JSON object, or a status with an object or a text."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def kubeconfig(self, folder: Path) -> str:
        path = folder / "kubeconfig"
        path.write_text(
            json.dumps(
                {
                    "clusters": [{"name": "c", "cluster": {"server": self.url}}],
                    "contexts": [{"name": "c", "context": {"cluster": "c"}}],
                    "current-context": "c",
                }
            )
        )
        return str(path)


@contextmanager
def serving() -> Iterator[Served]:
    served = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            path = unquote(url.path)
            served.asked.append((path, dict(parse_qsl(url.query))))
            status, body = _answer(served.answers.get(path, (404, missing(path))))
            self.send_response(status)
            kind = "text/plain" if isinstance(body, str) else "application/json"
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write((body if isinstance(body, str) else json.dumps(body)).encode())

        def log_message(self, *_: object) -> None:
            """Nothing: the tests look at `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def _answer(answer: Any) -> tuple[int, Any]:
    return answer if isinstance(answer, tuple) else (200, answer)


def missing(what: str) -> Object:
    return {"kind": "Status", "reason": "NotFound", "message": f'"{what}" not found', "code": 404}


def forbidden(what: str) -> tuple[int, Object]:
    message = f'{what} is forbidden: User "ann" cannot'
    return 403, {"kind": "Status", "reason": "Forbidden", "message": message, "code": 403}


def hpa(name: str = "web", **spec: Any) -> Object:
    half = {"type": "Utilization", "averageUtilization": 50}
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "generation": 1},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 1,
            "maxReplicas": 10,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": half}}],
            **spec,
        },
        "status": {"currentReplicas": 2, "desiredReplicas": 2},
    }


def pod(name: str, app: str = "web", request: str | None = "100m") -> Object:
    requests = {"cpu": request} if request else {}
    return {
        "metadata": {"name": name, "labels": {"app": app}},
        "spec": {"containers": [{"name": "app", "resources": {"requests": requests}}]},
        "status": {
            "phase": "Running",
            "startTime": LONG_AGO,
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": LONG_AGO}],
        },
    }


def usage(name: str, cpu: str) -> Object:
    return {
        "metadata": {"name": name, "labels": {"app": "web"}},
        "timestamp": "2026-11-23T12:00:00Z",
        "window": "15s",
        "containers": [{"name": "app", "usage": {"cpu": cpu, "memory": "1Mi"}}],
    }


def shop(served: Served, *hpas: Object, cpu: str = "60m", request: str | None = "100m") -> None:
    """HPAs of Deployments of their names with two pods each."""
    apps = [one["metadata"]["name"] for one in hpas]
    served.answers |= {
        "/version": {"major": "1", "minor": "37+"},
        PLACE: {"items": list(hpas)},
        EVENTS: {"items": []},
        "/apis/apps": {
            "name": "apps",
            "versions": [{"version": "v1"}],
            "preferredVersion": {"version": "v1"},
        },
        "/apis/apps/v1": {
            "resources": [
                {"name": "deployments", "kind": "Deployment", "namespaced": True},
                {"name": "deployments/scale", "kind": "Scale", "namespaced": True},
            ]
        },
        DEPLOYMENTS: {"items": [{"metadata": {"name": app}} for app in apps]},
        PODS: {"items": [pod(f"{app}-{i}", app, request) for app in apps[:1] for i in range(2)]},
        USAGE: {"items": [usage(f"{app}-{i}", cpu) for app in apps[:1] for i in range(2)]},
    }
    for app in apps:
        served.answers[f"{PLACE}/{app}"] = next(
            one for one in hpas if one["metadata"]["name"] == app
        )
        served.answers[f"{DEPLOYMENTS}/{app}/scale"] = {
            "spec": {"replicas": 2},
            "status": {"replicas": 2, "selector": f"app={app}"},
        }
