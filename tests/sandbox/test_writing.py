"""What is written about a node, for Prometheus' parsers and for readers of the summary."""

import json

import pytest

from tests.sandbox.looks import node, usage
from tidegauge.kubelet.exposition import parse
from tidegauge.sandbox import exposition, summary

BODY = """\
# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container \
in core-seconds
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web"} 1843.218745 \
1786600015123
container_cpu_usage_seconds_total{container="service",namespace="system",pod="ssh"} 412.906113 \
1786600012871
# HELP container_memory_working_set_bytes [STABLE] Current working set of the container in bytes
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="app",namespace="shop",pod="web"} 1.56721152e+08 \
1786600015123
container_memory_working_set_bytes{container="service",namespace="system",pod="ssh"} \
2.1413888e+07 1786600012871
# HELP container_start_time_seconds [STABLE] Start time of the container since unix epoch in \
seconds
# TYPE container_start_time_seconds gauge
container_start_time_seconds{container="app",namespace="shop",pod="web"} 1.7865101203148203e+09
container_start_time_seconds{container="service",namespace="system",pod="ssh"} \
1.7863801027410254e+09
# HELP container_swap_limit_bytes [ALPHA] Current amount of the container swap limit in bytes. \
Reported only on non-windows systems
# TYPE container_swap_limit_bytes gauge
container_swap_limit_bytes{container="app",namespace="shop",pod="web"} 6.7108864e+07 1786600015123
# HELP container_swap_usage_bytes [ALPHA] Current amount of the container swap usage in bytes. \
Reported only on non-windows systems
# TYPE container_swap_usage_bytes gauge
container_swap_usage_bytes{container="app",namespace="shop",pod="web"} 4.194304e+06 1786600015123
# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in \
core-seconds
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total 98213.553207 1786600011640
# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes
# TYPE node_memory_working_set_bytes gauge
node_memory_working_set_bytes 2.38143488e+09 1786600011640
# HELP node_swap_usage_bytes [ALPHA] Current swap usage of the node in bytes. Reported only on \
non-windows systems
# TYPE node_swap_usage_bytes gauge
node_swap_usage_bytes 4.194304e+06 1786600011640
# HELP pod_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the pod in core-seconds
# TYPE pod_cpu_usage_seconds_total counter
pod_cpu_usage_seconds_total{namespace="shop",pod="web"} 2051.093117 1786600013777
pod_cpu_usage_seconds_total{namespace="system",pod="ssh"} 412.906113 1786600012871
# HELP pod_memory_working_set_bytes [STABLE] Current working set of the pod in bytes
# TYPE pod_memory_working_set_bytes gauge
pod_memory_working_set_bytes{namespace="shop",pod="web"} 1.905664e+08 1786600013777
pod_memory_working_set_bytes{namespace="system",pod="ssh"} 2.1413888e+07 1786600012871
# HELP pod_swap_usage_bytes [ALPHA] Current amount of the pod swap usage in bytes. Reported only \
on non-windows systems
# TYPE pod_swap_usage_bytes gauge
pod_swap_usage_bytes{namespace="shop",pod="web"} 4.194304e+06 1786600013777
# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 \
otherwise
# TYPE resource_scrape_error gauge
resource_scrape_error 0
"""


def test_resource_metrics_are_a_kubelets_to_the_byte() -> None:
    """Whose swap is not accounted for has no line for it."""
    assert exposition.encode(node()).decode() == BODY


def test_the_servers_parser_accepts_every_line() -> None:
    """And finds the figures."""
    answer = parse(exposition.encode(node()), 0, None)

    assert (answer.whole, answer.bad_lines) == (True, 0)
    assert answer.layout.pods == (("shop", "web"), ("system", "ssh"))
    assert list(answer.cpu) == [98_213_553_207_000, 1_843_218_745_000, 412_906_113_000]


def test_a_look_that_is_not_whole_says_so() -> None:
    """So that nothing is taken for gone."""
    answer = parse(exposition.encode(node(whole=False)), 0, None)

    assert answer.scrape_error
    assert not answer.whole


def test_a_node_without_pods_and_swap() -> None:
    """Families without series are left out."""
    body = exposition.encode(node(pods=(), usage=usage(1_786_600_011.64, 5, 7))).decode()

    assert "container_" not in body.replace("getting container metrics", "")
    assert "swap" not in body
    assert "node_cpu_usage_seconds_total 5e-09 1786600011640\n" in body


def summary_of(**options):
    earlier = options.pop("earlier", None)
    return json.loads(summary.encode(node(**options.pop("node", {})), earlier, **options))


def test_summary_of_the_node() -> None:
    """In the kubelet's fields; the busiest network interface is the node's own."""
    found = summary_of()["node"]
    time = "2026-08-13T05:46:51Z"

    assert found["nodeName"] == "node-a"
    assert found["startTime"] == "2026-08-06T07:06:40Z"
    some = {"total": 51_823_000, "avg10": 0.12, "avg60": 0.08, "avg300": 0.05}
    none = dict.fromkeys(some, 0)
    assert found["cpu"] == {
        "time": time,
        "usageCoreNanoSeconds": 98_213_553_207_000,
        "psi": {"full": none, "some": some},
    }
    assert found["memory"] == {
        "time": time,
        "availableBytes": (8 << 30) - 2_381_434_880,
        "usageBytes": 2 * 2_381_434_880,
        "workingSetBytes": 2_381_434_880,
        "rssBytes": 2_381_434_880 // 2,
        "pageFaults": 9,
        "majorPageFaults": 1,
    }
    assert found["swap"] == {
        "time": time,
        "swapAvailableBytes": (1 << 30) - 4_194_304,
        "swapUsageBytes": 4_194_304,
    }
    assert found["io"] == {"time": time, "psi": {"full": none, "some": some}}
    assert found["network"]["name"] == "eth0"
    assert [each["name"] for each in found["network"]["interfaces"]] == ["wg0", "eth0"]
    assert found["fs"]["inodesUsed"] == 4
    assert found["rlimit"] == {"time": time, "maxpid": 4_194_304, "curproc": 812}


def test_summary_of_pods() -> None:
    """With their containers and references."""
    pods = {pod["podRef"]["name"]: pod for pod in summary_of()["pods"]}

    assert pods["web"]["podRef"] == {"name": "web", "namespace": "shop", "uid": "uid-2"}
    (app,) = pods["web"]["containers"]
    assert app["name"] == "app"
    assert app["cpu"]["usageCoreNanoSeconds"] == 1_843_218_745_000
    assert app["swap"]["swapAvailableBytes"] == (1 << 26) - 4_194_304
    assert "swap" not in pods["ssh"]


def test_rates_run_between_two_looks() -> None:
    """Of the same life only: a counter that fell has none."""
    now = node()
    before = node(
        usage=usage(now.usage.time - 10, now.usage.cpu - 5 * 10**9, 1),
        pods=(
            now.pods[0],
            # A pod whose counter was higher before.
            type(now.pods[1])(
                "shop", "web", "uid-2", 1, usage(1, now.pods[1].usage.cpu + 1, 1), ()
            ),
        ),
    )

    found = json.loads(summary.encode(now, before))

    assert found["node"]["cpu"]["usageNanoCores"] == pytest.approx(500_000_000, abs=100)
    assert all("usageNanoCores" not in pod["cpu"] for pod in found["pods"])


def test_a_trimmed_summary_tells_cpu_memory_and_swap() -> None:
    """As with only_cpu_and_memory."""
    found = summary_of(trimmed=True)

    assert set(found["node"]) == {"nodeName", "startTime", "cpu", "memory", "swap"}
    assert all("process_stats" not in pod for pod in found["pods"])


def test_fields_stand_in_the_order_of_their_declaration() -> None:
    """And numbers are written as Go writes them."""
    body = summary.encode(node(pods=()), None).decode()

    assert list(json.loads(body)["node"]) == [
        *("nodeName", "startTime", "cpu", "memory", "io", "network", "fs", "rlimit", "swap")
    ]
    assert (
        '"psi":{"full":{"total":0,"avg10":0,"avg60":0,"avg300":0},"some":{"total":51823000' in body
    )
    assert '"swapAvailableBytes":1069547520,"swapUsageBytes":4194304}}' in body
