"""NodeMetrics and PodMetrics, and their metadata alone, as JSON text.

A list of all pods holds 150,000 of them: each is written by a template, no object is built. Swap is
served where the kubelet reports it; the resource names stand sorted, as in any map of Kubernetes.
"""

import json.encoder
from functools import lru_cache

from tidegauge.cluster.records import NO_LABELS
from tidegauge.serving import jsontext
from tidegauge.serving.routing import GROUP
from tidegauge.serving.source import Entry
from tidegauge.units.duration import format_duration
from tidegauge.units.quantity import format_cpu, format_memory
from tidegauge.units.timestamp import format_rfc3339
from tidegauge.usage.readings import ContainerUsage

KINDS = {"nodes": "NodeMetrics", "pods": "PodMetrics"}

FEW = 4096
"""How many rendered label sets and times are kept; workloads share them, a few MB at most."""


def api_version(version: str) -> str:
    return f"{GROUP}/{version}"


# JSON: without kind and apiVersion, as the items of a list have it.


def metadata_json(entry: Entry) -> str:
    created = format_rfc3339(int(entry.usage.stored))
    return (
        f'{{"name":{plain_json(entry.name)}{namespace_json(entry.namespace)}'
        f',"creationTimestamp":"{created}"{labels_json(entry.labels)}}}'
    )


def node_json(entry: Entry) -> str:
    (node,) = entry.usage.containers
    return f'{{"metadata":{metadata_json(entry)},{_time_json(entry)},"usage":{_usage_json(node)}}}'


def pod_json(entry: Entry) -> str:
    containers = [
        f'{{"name":{jsontext.quoted(container.name)},"usage":{_usage_json(container)}}}'
        for container in entry.usage.containers
    ]
    return (
        f'{{"metadata":{metadata_json(entry)},{_time_json(entry)}'
        f',"containers":[{",".join(containers)}]}}'
    )


def typed(kind: str, version: str, text: str) -> str:
    """The JSON object with its kind and apiVersion, as it stands alone."""
    return f'{{"kind":"{kind}","apiVersion":"{version}",{text[1:]}'


plain_json = json.encoder.encode_basestring
"""For names that the API server checked: they are DNS names, and a name comes once a list, so the
cache of `jsontext.quoted`, which is for what kubelets say, would only lose here."""


def _time_json(entry: Entry) -> str:
    stamp = format_rfc3339(entry.usage.stamp_ms // 1000)
    return f'"timestamp":"{stamp}","window":"{window_text(entry.usage.window_ns)}"'


def _usage_json(usage: ContainerUsage) -> str:
    swap = usage.swap
    more = "" if swap is None else f',"swap":"{format_memory(swap)}"'
    return f'{{"cpu":"{format_cpu(usage.cpu)}","memory":"{format_memory(usage.memory)}"{more}}}'


window_text = lru_cache(maxsize=FEW)(format_duration)


@lru_cache(maxsize=FEW)
def namespace_json(namespace: str) -> str:
    return f',"namespace":{plain_json(namespace)}' if namespace else ""


@lru_cache(maxsize=FEW)
def labels_json(raw: bytes) -> str:
    return "" if raw == NO_LABELS else f',"labels":{raw.decode()}'
