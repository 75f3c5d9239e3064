"""`/metrics/resource` of one look at a node."""

from tidegauge.sandbox.records import Node, Usage
from tidegauge.sandbox.resourcetext import Figures, render

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def encode(node: Node) -> bytes:
    """The body; a look that isn't whole says so by `resource_scrape_error 1`."""
    containers = {
        (each.name, pod.namespace, pod.name): _figures(each.usage, each.start)
        for pod in node.pods
        for each in pod.containers
    }
    pods = {(pod.namespace, pod.name): _figures(pod.usage) for pod in node.pods}
    return render(containers, pods, _figures(node.usage), scrape_error=not node.whole)


def _figures(usage: Usage, started: float = 0.0) -> Figures:
    return Figures(
        stamp=round(usage.time * 1000),
        cpu=usage.cpu,
        memory=usage.memory.working_set,
        swap=usage.swap,
        swap_limit=usage.swap_limit,
        started=started,
    )
