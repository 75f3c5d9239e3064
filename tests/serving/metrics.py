"""Objects to be served, made up: by hand, and by hypothesis."""

from hypothesis import strategies as st

from tests.serving.recorded_cluster import RecordedCluster
from tidegauge.cluster.records import Node, Pod
from tidegauge.serving import jsontext
from tidegauge.serving.source import Entry
from tidegauge.usage.readings import ContainerUsage, Usage

NOON = 1_795_435_200
"""2026-11-23T12:00:00Z."""

_uint64 = st.integers(0, 2**64 - 1)
# All of a counter's nanoseconds within a millisecond.
_nanocores = st.integers(0, 2**64 * 1000)
_dns_name = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,40}[a-z0-9])?", fullmatch=True)
_labels = st.dictionaries(
    st.from_regex(r"([a-z.]{1,80}/)?[A-Za-z0-9][-A-Za-z0-9_.]{0,20}", fullmatch=True),
    st.from_regex(r"[-A-Za-z0-9_.]{0,63}", fullmatch=True),
    max_size=4,
)

container_usages = st.builds(
    ContainerUsage,
    name=st.text(max_size=200),
    cpu=_nanocores,
    memory=_uint64,
    swap=st.none() | st.integers(0, 2**63 - 1),
)


def usages(containers: st.SearchStrategy[list[ContainerUsage]]) -> st.SearchStrategy[Usage]:
    return st.builds(
        Usage,
        stamp_ms=st.integers(0, 4_000_000_000_000),
        window_ns=st.integers(1, 10**15),
        stored=st.floats(0, 4e9),
        containers=containers,
    )


def _entries(
    namespaces: st.SearchStrategy[str], containers: st.SearchStrategy[list[ContainerUsage]]
) -> st.SearchStrategy[tuple[dict[str, str], Entry]]:
    def build(
        namespace: str, name: str, labels: dict[str, str], usage: Usage
    ) -> tuple[dict[str, str], Entry]:
        raw = jsontext.dump(dict(sorted(labels.items()))).encode()
        return labels, Entry(namespace, name, raw, usage)

    return st.builds(build, namespaces, _dns_name, _labels, usages(containers))


pod_entries = _entries(_dns_name, st.lists(container_usages, min_size=1, max_size=3))
"""Labels, and the pod's entry with them."""

node_entries = _entries(st.just(""), st.lists(container_usages, min_size=1, max_size=1))


def usage(*containers: ContainerUsage, stamp: float = NOON, window: float = 15.0) -> Usage:
    return Usage(int(stamp * 1000), int(window * 1e9), NOON + 1.0, list(containers))


def pod_entry(name: str = "web", *, swap: int | None = None) -> Entry:
    return Entry("ns", name, b'{"app":"web"}', usage(ContainerUsage("main", 10**6, 2**20, swap)))


def cluster_of(pods: int, *, namespace: str = "ns", swap: int | None = None) -> RecordedCluster:
    """A cluster with a node and so many pods, all of them with usage."""
    cluster = RecordedCluster(node_records=[Node("node-a", b'{"pool":"blue"}')])
    cluster.usage_of_nodes["node-a"] = usage(ContainerUsage("", 10**9, 2**30, swap))
    for number in range(pods):
        name = f"web-{number:06}"
        parity = "even" if number % 2 == 0 else "odd"
        labels = f'{{"app":"web","parity":"{parity}"}}'.encode()
        cluster.pod_records.append(Pod(namespace, name, "node-a", labels))
        main = ContainerUsage("main", number * 1000, 2**20, swap)
        cluster.usage_of_pods[namespace, name] = usage(main, stamp=NOON - number % 7)
    return cluster
