"""Asks the API server for the evidence, in the order in which the data flows."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from msgspec.structs import replace

from tidegauge.doctor.evidence import METRICS, VERSIONS, Evidence, Provider, Unread, known
from tidegauge.doctor.objects import (
    APIService,
    Autoscaler,
    ConfigMap,
    Lease,
    ListedPod,
    Namespace,
    NetworkPolicy,
    Node,
    NodeUsage,
    Pod,
    PodUsage,
    Service,
    ServiceReference,
    Version,
)
from tidegauge.doctor.reading import Reading
from tidegauge.doctor.redacting import harmless
from tidegauge.doctor.serverlog import failing_nodes
from tidegauge.kubelet.addressing import ANNOTATIONS

_LOG_LINES = "5000"
"""Of each replica: failures are logged when they begin, which may have been days ago."""


_CONTROL_PLANE = "tier=control-plane"
"""As kubeadm labels its static pods."""

_TIDEGAUGE = "app.kubernetes.io/name=tidegauge"
"""As the chart labels its pods."""


async def gather(reading: Reading, *, now: float, skew: float, server: str) -> Evidence:
    """All but what kubelets and lint say. Raises Unreachable where no API server answers at all.

    `now` is by the API server's clock.
    """
    version = await reading.get("/version", Version)
    apiservices = await reading.list("/apis/apiregistration.k8s.io/v1/apiservices", APIService)
    return Evidence(
        now=now,
        skew=skew,
        server=server,
        version=version,
        health=await reading.text("/readyz", verbose=""),
        leases=await reading.list(
            "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", Lease
        ),
        members=await _pods(reading, "/api/v1/namespaces/kube-system/pods", _CONTROL_PLANE),
        namespaces=await reading.list("/api/v1/namespaces", Namespace),
        nodes=await _nodes(reading),
        pods=await reading.list("/api/v1/pods", ListedPod),
        apiservices=apiservices,
        provider=await _provider(reading, apiservices),
        tidegauges=await _pods(reading, "/api/v1/pods", _TIDEGAUGE),
        authentication=await reading.get(
            "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
            ConfigMap,
        ),
        node_usage={
            each: await reading.list(f"/apis/{METRICS}/{each}/nodes", NodeUsage)
            for each in VERSIONS
        },
        pod_usage=await reading.list(f"/apis/{METRICS}/v1beta1/pods", PodUsage),
        autoscalers=await reading.list("/apis/autoscaling/v2/horizontalpodautoscalers", Autoscaler),
    )


async def _nodes(reading: Reading) -> tuple[Node, ...] | Unread:
    """With those annotations only that concern us: others' may hold whole manifests."""
    nodes = await reading.list("/api/v1/nodes", Node)
    return nodes if isinstance(nodes, Unread) else tuple(map(_trimmed, nodes))


def _trimmed(node: Node) -> Node:
    told = node.metadata.annotations
    ours = {name: told[name] for name in ANNOTATIONS if name in told}
    return replace(node, metadata=replace(node.metadata, annotations=ours))


async def _provider(
    reading: Reading, apiservices: tuple[APIService, ...] | Unread
) -> Provider | None:
    of_group = (one for one in known(apiservices) if one.spec.group == METRICS)
    where = next((one.spec.service for one in of_group if one.spec.service), None)
    return await _serving(reading, where) if where else None


async def _serving(reading: Reading, where: ServiceReference) -> Provider:
    name, space = where.name, f"/api/v1/namespaces/{where.namespace}"
    service = await reading.get(f"{space}/services/{name}", Service)
    selector = {} if isinstance(service, Unread) else service.spec.selector or {}
    pods = await _selected(reading, f"{space}/pods", selector)
    return Provider(
        reference=where,
        service=service,
        pods=pods,
        policies=await reading.list(
            f"/apis/networking.k8s.io/v1/namespaces/{where.namespace}/networkpolicies",
            NetworkPolicy,
        ),
        readiness=await reading.text(
            f"{space}/services/https:{name}:{where.port}/proxy/readyz", verbose=""
        ),
        logs=await _logs(reading, space, known(pods)),
    )


async def _selected(
    reading: Reading, path: str, selector: Mapping[str, str]
) -> tuple[Pod, ...] | Unread:
    """None where the Service has no selector."""
    if not selector:
        return ()
    wanted = ",".join(f"{key}={value}" for key, value in selector.items())
    return await _pods(reading, path, wanted)


async def _pods(reading: Reading, path: str, selector: str) -> tuple[Pod, ...] | Unread:
    pods = await reading.list(path, Pod, labelSelector=selector)
    return pods if isinstance(pods, Unread) else tuple(map(_redacted, pods))


def _redacted(pod: Pod) -> Pod:
    containers = tuple(
        replace(one, command=harmless(one.command), args=harmless(one.args))
        for one in pod.spec.containers
    )
    return replace(pod, spec=replace(pod.spec, containers=containers))


async def _logs(
    reading: Reading, space: str, pods: Sequence[Pod]
) -> dict[str, tuple[str, str]] | Unread:
    """By node, what the replicas' logs say last; a node that one replica can ask is fine."""
    told, unread = [], Unread(what="", cause="", detail="")
    for pod in pods:
        path = f"{space}/pods/{quote(pod.metadata.name)}/log"
        first = pod.spec.containers[0].name if pod.spec.containers else ""
        text = await reading.text(path, tailLines=_LOG_LINES, container=first)
        if isinstance(text, Unread):
            unread = text
        else:
            told.append(failing_nodes(text))
    if not told:
        return unread if unread.what else {}
    return {node: told[0][node] for node in set.intersection(*map(set, told))}
