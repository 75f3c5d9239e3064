"""What a metrics server says at a moment: usage, counters, health and log."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from tests.realcluster.reading import API, quantity
from tests.realcluster.servers import MetricsServer


class Usage(NamedTuple):
    """What is served of a node or pod, containers summed; `at` in seconds since the epoch."""

    at: float
    window: str
    cpu: float
    memory: int


def usages(server: MetricsServer, path: str, version: str = "v1beta1") -> dict[str, Usage]:
    """Of a list, such as `nodes` or `namespaces/default/pods`, by name."""
    items = server.admin.request("GET", f"{API}/{version}/{path}")["items"]
    return {item["metadata"]["name"]: _usage(item) for item in items}


def _usage(item: Mapping[str, Any]) -> Usage:
    parts = [each["usage"] for each in item.get("containers", [item])]
    stamp = item["timestamp"]
    return Usage(
        dt.datetime.fromisoformat(stamp).timestamp() if stamp else 0.0,
        item["window"],
        float(sum(quantity(part["cpu"]) for part in parts)),
        int(sum(quantity(part["memory"]) for part in parts)),
    )


def counters(server: MetricsServer) -> dict[tuple[str, str], float]:
    """The samples of /metrics by name and the value of their only label, if any."""
    text = server.admin.send("GET", "/metrics").body.decode()
    families = text_string_to_metric_families(text)
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in families
        for sample in family.samples
        if len(sample.labels) < 2
    }


class Log:
    """The lines that a server of ours writes from now on."""

    def __init__(self, server: MetricsServer) -> None:
        self._file = server.log
        self._start = server.log.stat().st_size if server.log.exists() else 0

    def lines(self, **fields: str) -> list[dict[str, Any]]:
        """Those with these fields."""
        with self._file.open("rb") as file:
            file.seek(self._start)
            lines = [json.loads(line) for line in file if line.startswith(b"{")]
        return [line for line in lines if fields.items() <= line.items()]
