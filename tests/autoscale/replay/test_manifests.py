"""Files with HPAs and Deployments: what is taken from them, and what is refused."""

import pytest
import yaml

from tests.autoscale.replay.given import cpu, load, spec
from tidegauge.autoscale.replay.building import BuildError, build
from tidegauge.autoscale.replay.description import ContainerDescription, Description, merged
from tidegauge.autoscale.replay.description import read as read_description
from tidegauge.autoscale.replay.manifests import ManifestError, choose, read
from tidegauge.autoscale.replay.workload import Container, Measuring

_LOAD = load((0, 100), seconds=60, depth=(5.0,))


def _hpa(*metrics, name="web", version="v2", **changes):
    return {
        "apiVersion": f"autoscaling/{version}",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": spec(*metrics, **changes),
    }


def _deployment(*containers, replicas=3, **pod):
    template = {"spec": {"containers": list(containers), **pod}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": replicas, "template": template},
    }


def _container(name="web", **resources):
    return {"name": name, "resources": resources}


_FULL = _container(
    requests={"cpu": "250m", "memory": "128Mi"}, limits={"cpu": "1", "memory": "256Mi"}
)


def _given(*objects, name=""):
    text = "---\n".join(yaml.safe_dump(one, sort_keys=False) for one in objects)
    return choose(read(text.encode(), "hpa.yaml"), name)


def _problems(*objects, name=""):
    with pytest.raises(ManifestError) as caught:
        _given(*objects, name=name)
    return caught.value.problems


def _built(*objects, said=None):
    return build(said or Description(), _given(*objects), _LOAD)


def _build_problems(*objects, said=None):
    with pytest.raises(BuildError) as caught:
        _built(*objects, said=said)
    return caught.value.problems


def test_defaults_are_filled_in():
    """Without metrics and minimum an HPA holds 80 % CPU with at least one pod."""
    given = _given({**_hpa(), "spec": {**spec(), "metrics": [], "minReplicas": None}})

    assert given.autoscaler.spec.minimum == 1
    assert given.manifest["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 80


def test_the_older_version_is_converted():
    """autoscaling/v1 knows a percentage of CPU."""
    old = spec()
    del old["metrics"]
    given = _given({**_hpa(version="v1"), "spec": {**old, "targetCPUUtilizationPercentage": 65}})

    assert given.autoscaler.spec.metrics[0].resource.target.average_utilization == 65


def test_an_hpa_is_picked_by_name():
    """Where there are several, one must be named."""
    pair = _hpa(name="web"), _hpa(name="api")

    assert _given(*pair, name="api").autoscaler.name == "api"
    assert _problems(*pair) == ("hpa.yaml: holds several HPAs, web, api: pick one with --hpa=NAME",)
    assert _problems(*pair, name="db") == ("--hpa: hpa.yaml holds no HPA db, but web, api",)
    assert _problems(_deployment(_FULL)) == ("hpa.yaml: holds no HorizontalPodAutoscaler",)


def test_every_problem_is_told_with_line_and_field():
    """As the API server would refuse it, and what it would not know at all."""
    bad = _hpa({**cpu(), "resource": {"name": "cpu", "target": {"type": "Utilization"}}})
    bad["spec"] |= {"maxReplicas": 0, "minReplica": 2}

    assert {tuple(problem.split(": ")[:2]) for problem in _problems(bad)} == {
        ("hpa.yaml:18", "spec.minReplica"),
        ("hpa.yaml:11", "spec.maxReplicas"),
        ("hpa.yaml:16", "spec.metrics[0].resource.target.averageUtilization"),
    }


def test_no_yaml_is_told_as_such():
    """A file that cannot be parsed is one problem."""
    with pytest.raises(ManifestError) as caught:
        read(b"a: [", "x.yaml")

    assert caught.value.problems[0].startswith("x.yaml: ")


def test_a_namespace_tells_hpas_of_one_name_apart():
    """And which target is meant; where nobody says one there is nothing to tell apart."""
    both = [
        _in(namespace, one)
        for namespace, replicas in (("a", 3), ("b", 4))
        for one in (_hpa(), _deployment(_FULL, replicas=replicas))
    ]
    load, said = _LOAD, Description()

    assert _problems(*both) == (
        "hpa.yaml: holds several HPAs, a/web, b/web: pick one with --hpa=NAME",
    )
    assert build(said, _given(*both, name="b/web"), load).workload.replicas == 4
    assert _built(_in("a", _hpa()), _deployment(_FULL)).workload.replicas == 3


def _in(namespace, manifest):
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def test_a_manifest_that_leaves_the_size_to_the_hpa_begins_at_its_minimum():
    """As lint wants it; at one it would begin with a step that never happens."""
    manifest = _deployment(_FULL)
    del manifest["spec"]["replicas"]

    assert _built(_hpa(minReplicas=4), manifest).workload.replicas == 4


def test_requests_limits_and_replicas_come_from_the_deployment():
    """Nothing need be assumed of them then."""
    built = _built(_hpa(), _deployment(_FULL), said=Description(work=0.02))

    assert built.workload.replicas == 3
    assert built.workload.containers == (
        Container(name="web", work=0.02, request=0.25, limit=1, memory_request=128 * 2**20),
    )
    assert built.assumptions == ()


@pytest.mark.parametrize(
    ("probe", "delay"),
    [
        pytest.param(None, 0, id="no probe: ready at once"),
        pytest.param({"initialDelaySeconds": 25}, 25, id="the probe's delay"),
        pytest.param({"periodSeconds": 5}, 10, id="a probe that does not say"),
    ],
)
def test_readiness_comes_from_the_probe(probe, delay):
    """How long a pod takes from running to ready."""
    container = _FULL if probe is None else {**_FULL, "readinessProbe": probe}

    assert _built(_hpa(), _deployment(container)).workload.ready_delay == delay


def test_a_limit_without_a_request_is_the_request():
    """As the API server fills it in."""
    built = _built(_hpa(), _deployment(_container(limits={"cpu": "2"})))

    assert built.workload.containers[0].request == 2


def test_sidecars_are_containers_and_others_follow():
    """The first container works; init containers that restart always run beside it."""
    sidecar = {**_container("proxy", requests={"cpu": "50m"}), "restartPolicy": "Always"}
    once = _container("setup", requests={"cpu": "4"})
    pod = _deployment(_FULL, _container("log"), initContainers=[sidecar, once])

    containers = _built(_hpa(), pod).workload.containers

    assert [(one.name, one.sidecar, one.request, one.work) for one in containers] == [
        ("web", False, 0.25, 0.01),
        ("log", False, None, 0),
        ("proxy", True, 0.05, 0),
    ]


def test_what_is_said_wins():
    """Flags win over the file, the file over the manifest; containers are joined by name."""
    text = "limit: 750m\nreplicas: 5\ncontainers: {web: {idle: 20m}, proxy: {work: 1ms, limit: 1}}"
    file, problems = read_description(text, "w.yaml")
    said = merged(Description(replicas=7, metric_period=30.0), file)

    workload = _built(_hpa(), _deployment(_FULL), said=said).workload

    assert problems == []
    assert (workload.replicas, workload.measuring) == (7, Measuring(period=30, window=30))
    assert [(one.name, one.request, one.limit, one.idle) for one in workload.containers] == [
        ("web", 0.25, 0.75, 0.02),
        ("proxy", None, 1, 0),
    ]


_MADE_UP = (
    "There is no manifest of Deployment web, so each pod requests 0.5 cores and is limited to 1."
)


def test_what_is_assumed_is_told():
    """Without a manifest requests are made up, and custom metrics get a meaning."""
    metric = {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "5"}}
    built = _built(_hpa({"type": "Pods", "pods": metric}, minReplicas=2))

    assert built.workload.replicas == 2
    assert built.assumptions == (
        _MADE_UP,
        "A request takes 10 ms of CPU time.",
        "Metric rps is the requests served per second by each pod.",
    )


@pytest.mark.parametrize(
    ("said", "request_", "limit"),
    [
        (Description(), 0.5, 1),
        (Description(limit=0.2), 0.2, 0.2),
        (Description(request=0.2), 0.2, 1),
        (Description(request=3.0), 3, 3),
    ],
)
def test_what_is_made_up_fits_what_is_said(said, request_, limit):
    """A limit alone is the request as well, and no request is above its limit."""
    container = _built(_hpa(), said=said).workload.containers[0]

    assert (container.request, container.limit) == (request_, limit)


def test_without_a_limit_the_request_is_what_is_demanded():
    """Such pods never saturate, which is told."""
    built = _built(_hpa(), _deployment(_container(requests={"cpu": "250m"})))

    assert built.workload.demand(100) == 4
    assert built.assumptions[1].startswith("Pods have no CPU limit")
    assert built.assumptions[2].startswith("The demand counts 25 requests per second for each pod")


_MEMORY = {
    "type": "Resource",
    "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}},
}
_GPU = {
    "type": "Resource",
    "resource": {"name": "gpu", "target": {"type": "AverageValue", "averageValue": "1"}},
}
_PROXY = {
    "type": "ContainerResource",
    "containerResource": {
        "name": "cpu",
        "container": "proxy",
        "target": {"type": "AverageValue", "averageValue": "1"},
    },
}


@pytest.mark.parametrize(
    ("objects", "said", "problem"),
    [
        pytest.param(
            [_hpa(_MEMORY)],
            None,
            "spec.metrics[0].resource.name: the workload has no memory: give it, as in "
            "--memory=200Mi",
            id="memory",
        ),
        pytest.param(
            [_hpa(maxReplicas=2_000_000)],
            None,
            "spec.maxReplicas: 2000000 pods are more than the 10000 that are simulated at most",
            id="too many pods",
        ),
        pytest.param(
            [_hpa(_GPU)],
            None,
            "spec.metrics[0].resource.name: gpu is not simulated, only cpu and memory are",
            id="other resources",
        ),
        pytest.param(
            [_hpa(_PROXY), _deployment(_FULL)],
            None,
            "spec.metrics[0].containerResource.container: pods have no proxy, only web",
            id="no such container",
        ),
        pytest.param(
            [_hpa()],
            Description(containers={"proxy": ContainerDescription(idle=0.2, limit=0.1)}),
            "container proxy: uses 0.2 cores, above its limit of 0.1",
            id="more than the limit of an idle container",
        ),
        pytest.param(
            [_hpa()],
            Description(limit=0.1, idle=0.1),
            "container app: its limit of 0.1 cores leaves nothing for requests above the 0.1 that "
            "it uses without: raise the one or lower the other",
            id="no room for requests",
        ),
        pytest.param(
            [_hpa()],
            Description(metric_window=5.0),
            "metric window: 5 s hold no two looks 15 s apart: make it at least the period",
            id="window",
        ),
        pytest.param(
            [_hpa()],
            Description(metric_period=0.001),
            "metric period: 0.001 s are too little: give at least 1s",
            id="period",
        ),
        pytest.param(
            [_hpa()],
            Description(metrics={"rps": "queue"}),
            "metrics.rps: the HPA has no such custom or external metric, it has none",
            id="no such metric",
        ),
        pytest.param(
            [_hpa()],
            Description(metrics={"rps": "depths"}),
            "metrics.rps: 'depths' is none of requests, served, queue, depth",
            id="no such figure",
        ),
        pytest.param(
            [_hpa(), _deployment(_container(requests={"cpu": "lots"}))],
            None,
            "hpa.yaml:32: spec.template.spec.containers[0].resources.requests.cpu: 'lots' is not "
            "an amount of at least 0, such as 250m, 1.5 or 128Mi",
            id="bad amount",
        ),
    ],
)
def test_refuses_what_cannot_be_simulated(objects, said, problem):
    """The field is told, and what to do."""
    assert problem in _build_problems(*objects, said=said)


def test_every_field_of_a_description_is_checked():
    """All that is wrong with a file is told at once, each with its field."""
    text = (
        "work: fast\nroom: -1\noverflow: lose\nspeed: 3\nmetrics: 4\n"
        "containers: {a: {limit: x}, b: 1}"
    )
    _, problems = read_description(text, "w.yaml")

    assert [problem.split(": ")[1] for problem in problems] == [
        "work",
        "room",
        "overflow",
        "speed",
        "metrics",
        "containers.a.limit",
        "containers.b",
    ]


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "\x00"])
def test_a_description_that_is_no_mapping(text):
    """One problem says so."""
    _, problems = read_description(text, "w.yaml")

    assert len(problems) == 1
    assert problems[0].startswith("w.yaml: is ")
