"""Asks the API server for the evidence, in the order in which the data flows."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from tidegauge.doctor.evidence import METRICS, VERSIONS, Evidence, Provider, Unread, known
from tidegauge.doctor.objects import (
    APIService,
    Autoscaler,
    ConfigMap,
    EndpointSlice,
    Lease,
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
from tidegauge.doctor.serverlog import failing_nodes

_LOG_LINES = "5000"
"""Of each replica: failures are logged when they begin, which may have been days ago."""


async def gather(reading: Reading, *, now: float, server: str) -> Evidence:
    """All but what kubelets say. Raises Unreachable where no API server answers at all."""
    version = await reading.get("/version", Version)
    apiservices = await reading.list("/apis/apiregistration.k8s.io/v1/apiservices", APIService)
    return Evidence(
        now=now,
        server=server,
        version=version,
        health=await reading.text("/readyz", verbose=""),
        leases=await reading.list(
            "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", Lease
        ),
        nodes=await reading.list("/api/v1/nodes", Node),
        pods=await reading.list("/api/v1/pods", Pod),
        apiservices=apiservices,
        provider=await _provider(reading, apiservices),
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
        slices=await reading.list(
            f"/apis/discovery.k8s.io/v1/namespaces/{where.namespace}/endpointslices",
            EndpointSlice,
            labelSelector=f"kubernetes.io/service-name={name}",
        ),
        pods=pods,
        policies=await reading.list(
            f"/apis/networking.k8s.io/v1/namespaces/{where.namespace}/networkpolicies",
            NetworkPolicy,
        ),
        readiness=await reading.text(
            f"{space}/services/https:{name}:{where.port}/proxy/readyz", verbose=""
        ),
        failing=await _failing(reading, space, known(pods)),
    )


async def _selected(
    reading: Reading, path: str, selector: Mapping[str, str]
) -> tuple[Pod, ...] | Unread:
    """None where nothing is selected, as a Service without a selector does."""
    if not selector:
        return ()
    wanted = ",".join(f"{key}={value}" for key, value in selector.items())
    return await reading.list(path, Pod, labelSelector=wanted)


async def _failing(reading: Reading, space: str, pods: Sequence[Pod]) -> dict[str, tuple[str, str]]:
    """By node, what the server's own logs say last; a node that one replica can ask is fine."""
    told = []
    for pod in pods:
        path = f"{space}/pods/{quote(pod.metadata.name)}/log"
        text = await reading.text(path, tailLines=_LOG_LINES)
        told.append({} if isinstance(text, Unread) else failing_nodes(text))
    everywhere = set.intersection(*map(set, told)) if told else set()
    return {node: told[0][node] for node in everywhere}
