"""For every rule objects that provoke it, and near misses that do not."""

import json
from typing import Any, NamedTuple

from tests.autoscale.lint.objects import (
    NAMESPACE,
    container,
    container_resource,
    external,
    hpa,
    object_metric,
    other,
    owned_by,
    pod,
    pods_metric,
    quota,
    reference,
    resource,
    vpa,
    workload,
)
from tidegauge.autoscale.lint.podspecs import room_of
from tidegauge.autoscale.lint.surroundings import Knowledge
from tidegauge.autoscale.lint.workloads import Key

Json = dict[str, Any]


class Case(NamedTuple):
    """Objects, and the fields that the rule points at in them; none for a near miss."""

    rule: str
    what: str
    objects: list[Json]
    paths: tuple[str, ...] = ()
    knowledge: Knowledge = Knowledge()


ALL_DEPLOYMENTS = Knowledge(whole=frozenset((("Deployment", NAMESPACE),)))
ROLLOUT = Key("argoproj.io", "Rollout", NAMESPACE, "web")
ROLLOUTS = hpa(scaleTargetRef=reference(kind="Rollout", version="argoproj.io/v1alpha1"))
TWO_METRICS = ("metrics.k8s.io", "external.metrics.k8s.io")
HALF: Json = {"type": "Utilization", "averageUtilization": 50}


def _changed(manifest: Json, **fields: Any) -> Json:
    return {**manifest, **fields}


def _kept(manifest: Json) -> Json:
    return _changed(manifest, metadata={**manifest["metadata"], "uid": "u-1"})


def _room(cpu: str) -> Knowledge:
    node = {"status": {"allocatable": {"cpu": cpu, "memory": "1Ti"}}}
    away = {**node, "spec": {"unschedulable": True}}
    return Knowledge(room=room_of([node, away]))


def _up(**rules: Any) -> Json:
    return {"scaleUp": rules}


def _down(**rules: Any) -> Json:
    return {"scaleDown": rules}


def _policy(type_: str, value: int, period: int = 60) -> Json:
    return {"type": type_, "value": value, "periodSeconds": period}


def _average(value: str) -> Json:
    return {"type": "AverageValue", "averageValue": value}


def _v1(**annotations: str) -> Json:
    made = _changed(hpa(), apiVersion="autoscaling/v1")
    del made["spec"]["metrics"]
    prefix = "autoscaling.alpha.kubernetes.io/"
    made["metadata"]["annotations"] = {prefix + key: text for key, text in annotations.items()}
    return made


_RS = owned_by("ReplicaSet", "web-1", "rs-1")
_LIVE_WEB = [
    workload(uid="d-1"),
    workload("web-1", kind="ReplicaSet", uid="rs-1", owner=owned_by("Deployment", "web", "d-1")),
]
_ASLEEP = hpa(minReplicas=0, metrics=[external()])
_WOKEN = _changed(_ASLEEP, status={"conditions": [{"type": "ScaledToZero", "status": "True"}]})
_APPLIED = {"kubectl.kubernetes.io/last-applied-configuration": '{"spec":{"replicas":3}}'}
_MANAGED = {"operation": "Apply", "manager": "argocd", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
_UNPROBED = _changed(container(), readinessProbe=None)
_SIDECAR = {**container("proxy", requests={}), "restartPolicy": "Always"}

CASES = (
    Case("HPA101", "v2beta2", [_changed(hpa(), apiVersion="autoscaling/v2beta2")], ("apiVersion",)),
    Case("HPA101", "v2beta1", [_changed(hpa(), apiVersion="autoscaling/v2beta1")], ("apiVersion",)),
    Case("HPA101", "v1", [_v1()]),
    Case("HPA102", "number as text", [hpa(maxReplicas="10")], ("spec.maxReplicas",)),
    Case("HPA102", "null is absence", [hpa(minReplicas=None)]),
    Case("HPA103", "typing error", [hpa(minReplica=2)], ("spec.minReplica",)),
    Case("HPA103", "as kept", [_kept(hpa(minReplica=2))]),
    Case("HPA104", "name", [_changed(hpa(), metadata={"name": "a_b"})], ("metadata.name",)),
    Case("HPA104", "made-up name", [_changed(hpa(), metadata={"generateName": "web-"})]),
    Case("HPA105", "no maximum", [hpa(maxReplicas=None)], ("spec.maxReplicas",) * 2),
    Case("HPA105", "zero in 1.36", [_ASLEEP], ("spec.minReplicas",), Knowledge(minor=36)),
    Case("HPA105", "zero in 1.37", [_ASLEEP]),
    Case(
        "HPA106",
        "no group",
        [hpa(scaleTargetRef=reference(version="v1"))],
        ("spec.scaleTargetRef.apiVersion",),
    ),
    Case(
        "HPA106",
        "the core's controller",
        [hpa(scaleTargetRef=reference(kind="ReplicationController", version="v1"))],
    ),
    Case(
        "HPA107",
        "both figures",
        [hpa(metrics=[resource(**HALF, averageValue="1")])],
        ("spec.metrics[0].resource.target.averageValue",),
    ),
    Case("HPA107", "one figure", [hpa(metrics=[resource(**_average("1"))])]),
    Case(
        "HPA108",
        "window",
        [hpa(behavior=_up(stabilizationWindowSeconds=3601))],
        ("spec.behavior.scaleUp.stabilizationWindowSeconds",),
    ),
    Case("HPA108", "longest window", [hpa(behavior=_up(stabilizationWindowSeconds=3600))]),
    Case(
        "HPA109",
        "no JSON",
        [_v1(metrics="[{")],
        ("metadata.annotations.autoscaling.alpha.kubernetes.io/metrics",),
    ),
    Case("HPA109", "JSON", [_v1(metrics="[]", behavior=json.dumps({"ScaleUp": None}))]),
    # Targets.
    Case("HPA201", "absent", [hpa()], ("spec.scaleTargetRef.name",), ALL_DEPLOYMENTS),
    Case(
        "HPA201",
        "absent, of a kind of others",
        [ROLLOUTS],
        ("spec.scaleTargetRef.name",),
        Knowledge(missing=frozenset((ROLLOUT,))),
    ),
    Case("HPA201", "not looked for", [hpa()]),
    Case(
        "HPA201",
        "another group's of that name, which nobody may read",
        [hpa(scaleTargetRef=reference(version="example.org/v1"))],
        (),
        ALL_DEPLOYMENTS,
    ),
    Case("HPA201", "there", [hpa(), workload()], (), ALL_DEPLOYMENTS),
    Case(
        "HPA202",
        "a DaemonSet",
        [hpa(scaleTargetRef=reference(kind="DaemonSet"))],
        ("spec.scaleTargetRef.kind",),
    ),
    Case(
        "HPA202",
        "in lower case",
        [hpa(scaleTargetRef=reference(kind="deployment"))],
        ("spec.scaleTargetRef.kind",),
    ),
    Case(
        "HPA202",
        "a former group",
        [hpa(scaleTargetRef=reference(version="extensions/v1beta1"))],
        ("spec.scaleTargetRef.apiVersion",),
    ),
    Case(
        "HPA202",
        "a kind that nobody serves",
        [ROLLOUTS],
        ("spec.scaleTargetRef.kind",),
        Knowledge(unknown_kinds=frozenset((("argoproj.io", "Rollout"),))),
    ),
    Case(
        "HPA202",
        "no scale",
        [ROLLOUTS],
        ("spec.scaleTargetRef.kind",),
        Knowledge(unscalable=frozenset((ROLLOUT,))),
    ),
    Case("HPA202", "a former version", [hpa(scaleTargetRef=reference(version="apps/v1beta1"))]),
    Case("HPA202", "a kind of others", [ROLLOUTS]),
    Case(
        "HPA203",
        "a Deployment's",
        [hpa(scaleTargetRef=reference("web-1", "ReplicaSet")), *_LIVE_WEB],
        ("spec.scaleTargetRef",),
    ),
    Case(
        "HPA203",
        "nobody's",
        [hpa(scaleTargetRef=reference(kind="ReplicaSet")), workload(kind="ReplicaSet")],
    ),
    Case("HPA204", "in a file", [hpa(), workload(replicas=3)], ("spec.replicas",)),
    Case("HPA204", "left out", [hpa(), workload()]),
    Case("HPA204", "live, by nobody", [hpa(), workload(replicas=3, uid="d-1")]),
    Case(
        "HPA204",
        "live, by kubectl apply",
        [hpa(), workload(replicas=3, uid="d-1", metadata={"annotations": _APPLIED})],
        ("spec.scaleTargetRef",),
    ),
    Case(
        "HPA204",
        "live, by server-side apply",
        [hpa(), workload(replicas=3, uid="d-1", metadata={"managedFields": [_MANAGED]})],
        ("spec.scaleTargetRef",),
    ),
    Case(
        "HPA205",
        "another's template",
        [hpa(), workload(), workload("job", labels={"app": "web", "job": "x"}, kind="Job")],
        ("spec.template.metadata.labels",),
    ),
    Case(
        "HPA205",
        "a stranger's pod",
        [hpa(), *_LIVE_WEB, pod("web-1-a", owner=_RS), pod("debug")],
        ("spec.scaleTargetRef",),
    ),
    Case(
        "HPA205",
        "pods of a ReplicaSet that nobody may read",
        [hpa(), _LIVE_WEB[0], pod("web-1-a", owner=_RS)],
        (),
    ),
    Case(
        "HPA205",
        "pods of a Job",
        [hpa(), _LIVE_WEB[0], pod("job-1", owner=owned_by("Job", "job", "j-1"))],
        ("spec.scaleTargetRef",),
    ),
    Case("HPA205", "own pods", [hpa(), *_LIVE_WEB, pod("web-1-a", owner=_RS)]),
    Case("HPA205", "other labels", [hpa(), workload(), workload("job", kind="Job")]),
    Case(
        "HPA206",
        "a scale without selector",
        [ROLLOUTS],
        ("spec.scaleTargetRef",),
        Knowledge(scales={ROLLOUT: {"status": {"replicas": 1}}}),
    ),
    Case(
        "HPA206",
        "a scale with one",
        [ROLLOUTS],
        (),
        Knowledge(scales={ROLLOUT: {"status": {"selector": "app=web"}}}),
    ),
    Case("HPA207", "made at zero", [_ASLEEP, workload(replicas=0)], ("spec.replicas",)),
    Case("HPA207", "sent to zero by the HPA", [_WOKEN, workload(replicas=0)]),
    Case("HPA207", "switched off", [hpa(), workload(replicas=0)]),
    Case("HPA208", "zero", [hpa(), workload(replicas=0)], ("spec.replicas",)),
    Case("HPA208", "one", [hpa(), workload(replicas=1)]),
    # Requests and limits.
    Case(
        "HPA301",
        "a container of two",
        [hpa(), workload(containers=[container(), container("log", requests={})])],
        ("spec.metrics[0].resource.target",),
    ),
    Case(
        "HPA301",
        "a sidecar",
        [hpa(), workload(pod={"initContainers": [_SIDECAR]})],
        ("spec.metrics[0].resource.target",),
    ),
    Case(
        "HPA301",
        "injected",
        [
            hpa(),
            *_LIVE_WEB,
            pod("a", owner=_RS, containers=[container(), container("proxy", requests={})]),
        ],
        ("spec.metrics[0].resource.target",),
    ),
    Case(
        "HPA301",
        "a limit is a request",
        [hpa(), workload(containers=[container(requests={}, limits={"cpu": "1"})])],
    ),
    Case(
        "HPA301",
        "a LimitRange gives one",
        [
            hpa(),
            workload(containers=[container(requests={})]),
            other(
                "LimitRange",
                "all",
                "v1",
                limits=[{"type": "Container", "defaultRequest": {"cpu": "100m"}}],
            ),
        ],
    ),
    Case(
        "HPA301",
        "the pod has one",
        [
            hpa(),
            workload(
                containers=[container(requests={})], pod={"resources": {"requests": {"cpu": "1"}}}
            ),
        ],
    ),
    Case(
        "HPA301",
        "another container is asked for",
        [
            hpa(metrics=[container_resource()]),
            workload(containers=[container(), container("log", requests={})]),
        ],
    ),
    Case(
        "HPA301",
        "an amount needs none",
        [hpa(metrics=[resource(**_average("1"))]), workload(containers=[container(requests={})])],
    ),
    Case(
        "HPA302",
        "no such container",
        [hpa(metrics=[container_resource("main")]), workload()],
        ("spec.metrics[0].containerResource.container",),
    ),
    Case(
        "HPA302",
        "a sidecar",
        [hpa(metrics=[container_resource("proxy")]), workload(pod={"initContainers": [_SIDECAR]})],
    ),
    Case(
        "HPA303",
        "the limit is the request",
        [
            hpa(metrics=[resource(type="Utilization", averageUtilization=91)]),
            workload(containers=[container(limits={"cpu": "100m"})]),
        ],
        ("spec.metrics[0].resource.target.averageUtilization",),
    ),
    Case(
        "HPA303",
        "just above the tolerance",
        [
            hpa(metrics=[resource(type="Utilization", averageUtilization=90)]),
            workload(containers=[container(limits={"cpu": "100m"})]),
        ],
    ),
    Case(
        "HPA303",
        "a wide tolerance",
        [
            hpa(behavior=_up(tolerance="0.5")),
            workload(containers=[container(limits={"cpu": "120m"})]),
        ],
        ("spec.metrics[0].resource.target.averageUtilization",),
    ),
    Case(
        "HPA303",
        "an amount",
        [
            hpa(metrics=[container_resource(**_average("500m"))]),
            workload(containers=[container(limits={"cpu": "500m"}), container("log")]),
        ],
        ("spec.metrics[0].containerResource.target.averageValue",),
    ),
    Case(
        "HPA303",
        "one container without a limit",
        [
            hpa(metrics=[resource(**_average("500m"))]),
            workload(containers=[container(limits={"cpu": "500m"}), container("log")]),
        ],
    ),
    Case(
        "HPA304",
        "a container that is ready at once",
        [hpa(), workload(containers=[_UNPROBED])],
        ("spec.metrics[0].resource.name",),
    ),
    Case("HPA304", "a probe", [hpa(), workload()]),
    Case(
        "HPA304",
        "memory",
        [hpa(metrics=[resource("memory")]), workload(containers=[_UNPROBED])],
    ),
    Case(
        "HPA305",
        "memory",
        [hpa(metrics=[resource("memory")])],
        ("spec.metrics[0].resource.name",),
    ),
    Case("HPA305", "cpu", [hpa()]),
    # Metrics.
    Case(
        "HPA310",
        "cpu twice",
        [hpa(metrics=[resource(), resource(**HALF)])],
        ("spec.metrics[1].resource",),
    ),
    Case("HPA310", "cpu of all and of one", [hpa(metrics=[resource(), container_resource()])]),
    Case(
        "HPA310",
        "one name, two selectors",
        [hpa(metrics=[pods_metric(), pods_metric(selector={"matchLabels": {"a": "b"}})])],
    ),
    Case(
        "HPA311",
        "a total that is not there",
        [hpa(metrics=[object_metric(type="Value", averageValue="1")])],
        ("spec.metrics[0].object.target.type",),
    ),
    Case(
        "HPA311", "both", [hpa(metrics=[object_metric(type="Value", averageValue="1", value="9")])]
    ),
    Case(
        "HPA312",
        "an amount called utilisation",
        [hpa(metrics=[resource(type="Utilization", averageValue="1")])],
        ("spec.metrics[0].resource.target.type",),
    ),
    Case("HPA312", "external total", [hpa(metrics=[external(type="Value", value="1")])]),
    Case(
        "HPA313",
        "unknown operator",
        [
            hpa(
                metrics=[
                    pods_metric(selector={"matchExpressions": [{"key": "a", "operator": "Is"}]})
                ]
            )
        ],
        ("spec.metrics[0].pods.metric.selector",),
    ),
    Case(
        "HPA313",
        "no values",
        [
            hpa(
                metrics=[
                    pods_metric(selector={"matchExpressions": [{"key": "a", "operator": "In"}]})
                ]
            )
        ],
        ("spec.metrics[0].pods.metric.selector",),
    ),
    Case("HPA313", "labels", [hpa(metrics=[pods_metric(selector={"matchLabels": {"a": "b"}})])]),
    Case(
        "HPA314",
        "read as nothing",
        [hpa(metrics=[pods_metric("100P")])],
        ("spec.metrics[0].pods.target.averageValue",),
    ),
    Case("HPA314", "large", [hpa(metrics=[pods_metric("9P")])]),
    Case(
        "HPA315",
        "micro",
        [hpa(metrics=[pods_metric("1u")])],
        ("spec.metrics[0].pods.target.averageValue",),
    ),
    Case("HPA315", "milli", [hpa(metrics=[pods_metric("1m")])]),
    Case(
        "HPA316",
        "in capitals",
        [hpa(metrics=[resource("CPU")])],
        ("spec.metrics[0].resource.name",),
    ),
    Case("HPA316", "memory", [hpa(metrics=[resource("memory")])]),
    Case(
        "HPA317",
        "thousandths of bytes",
        [hpa(metrics=[resource("memory", **_average("500m"))])],
        ("spec.metrics[0].resource.target.averageValue",),
    ),
    Case("HPA317", "a mebibyte", [hpa(metrics=[resource("memory", **_average("1Mi"))])]),
    Case("HPA317", "thousandths of cpus", [hpa(metrics=[resource("cpu", **_average("500m"))])]),
    Case(
        "HPA318",
        "101 %",
        [hpa(metrics=[resource(type="Utilization", averageUtilization=101)])],
        ("spec.metrics[0].resource.target.averageUtilization",),
    ),
    Case("HPA318", "100 %", [hpa(metrics=[resource(type="Utilization", averageUtilization=100)])]),
    Case(
        "HPA319",
        "no adapter",
        [hpa(metrics=[resource(), pods_metric(), external()])],
        ("spec.metrics[1].type",),
        Knowledge(groups=frozenset(TWO_METRICS)),
    ),
    Case("HPA319", "nobody asked", [hpa(metrics=[pods_metric()])]),
    Case("HPA320", "none", [hpa(metrics=[])], ("spec",)),
    Case("HPA320", "one", [hpa()]),
    # Sizes.
    Case("HPA401", "ten", [hpa(minReplicas=10)], ("spec.maxReplicas",)),
    Case("HPA401", "nine or ten", [hpa(minReplicas=9)]),
    Case("HPA402", "eleven", [hpa(), workload(replicas=11)], ("spec.maxReplicas",)),
    Case("HPA402", "ten", [hpa(), workload(replicas=10)]),
    Case(
        "HPA403",
        "one",
        [hpa(behavior=_down(tolerance=1))],
        ("spec.behavior.scaleDown.tolerance",),
    ),
    Case("HPA403", "nearly one", [hpa(behavior=_down(tolerance="0.99"))]),
    Case(
        "HPA404", "percent", [hpa(behavior=_up(tolerance=10))], ("spec.behavior.scaleUp.tolerance",)
    ),
    Case("HPA404", "nearly one", [hpa(behavior=_up(tolerance="0.99"))]),
    Case("HPA405", "pods", [hpa(), workload(), quota(pods="9")], ("spec.maxReplicas",)),
    Case(
        "HPA405",
        "requests",
        [hpa(), workload(), quota(**{"requests.cpu": "999m"})],
        ("spec.maxReplicas",),
    ),
    Case("HPA405", "just enough", [hpa(), workload(), quota(pods="10", cpu="1")]),
    Case(
        "HPA405",
        "for others",
        [
            hpa(),
            workload(),
            other("ResourceQuota", "q", "v1", hard={"pods": "1"}, scopes=["BestEffort"]),
        ],
    ),
    Case("HPA406", "cpu", [hpa(), workload()], ("spec.maxReplicas",), _room("999m")),
    Case("HPA406", "just enough", [hpa(), workload()], (), _room("1")),
    # Behaviour.
    Case(
        "HPA501",
        "up",
        [hpa(behavior=_up(selectPolicy="Disabled"))],
        ("spec.behavior.scaleUp.selectPolicy",),
    ),
    Case("HPA501", "down", [hpa(behavior=_down(selectPolicy="Disabled"))]),
    Case(
        "HPA502",
        "down",
        [hpa(behavior=_down(selectPolicy="Disabled"))],
        ("spec.behavior.scaleDown.selectPolicy",),
    ),
    Case("HPA502", "slowest", [hpa(behavior=_down(selectPolicy="Min"))]),
    Case(
        "HPA503",
        "10 % of ten are one, and five may go",
        [hpa(behavior=_down(policies=[_policy("Percent", 10), _policy("Pods", 5)]))],
        ("spec.behavior.scaleDown.policies[0]",),
    ),
    Case(
        "HPA503",
        "the least counts",
        [hpa(behavior=_up(selectPolicy="Min", policies=[_policy("Pods", 1), _policy("Pods", 2)]))],
        ("spec.behavior.scaleUp.policies[1]",),
    ),
    Case(
        "HPA503",
        "two alike",
        [hpa(behavior=_up(policies=[_policy("Pods", 3), _policy("Pods", 3)]))],
        ("spec.behavior.scaleUp.policies[0]",),
    ),
    Case(
        "HPA503",
        "at fifty one both are the same, from there on not",
        [
            hpa(
                maxReplicas=51,
                behavior=_down(policies=[_policy("Percent", 10), _policy("Pods", 5)]),
            )
        ],
    ),
    Case(
        "HPA503",
        "another period",
        [hpa(behavior=_down(policies=[_policy("Percent", 10), _policy("Pods", 5, 120)]))],
    ),
    Case("HPA503", "the API server's own", [hpa(maxReplicas=4, behavior={})]),
    Case(
        "HPA504",
        "200 %",
        [hpa(behavior=_down(policies=[_policy("Percent", 200)]))],
        ("spec.behavior.scaleDown.policies[0].value",),
    ),
    Case("HPA504", "up", [hpa(behavior=_up(policies=[_policy("Percent", 200)]))]),
    Case(
        "HPA505",
        "5 s",
        [hpa(behavior=_up(policies=[_policy("Pods", 2, 5)]))],
        ("spec.behavior.scaleUp.policies[0].periodSeconds",),
    ),
    Case("HPA505", "15 s", [hpa(behavior=_up(policies=[_policy("Pods", 2, 15)]))]),
    Case(
        "HPA506",
        "15 s",
        [hpa(behavior=_up(stabilizationWindowSeconds=15))],
        ("spec.behavior.scaleUp.stabilizationWindowSeconds",),
    ),
    Case("HPA506", "16 s", [hpa(behavior=_up(stabilizationWindowSeconds=16))]),
    Case("HPA506", "0 s", [hpa(behavior=_up(stabilizationWindowSeconds=0))]),
    Case(
        "HPA507",
        "longer than five minutes",
        [hpa(behavior=_up(stabilizationWindowSeconds=301))],
        ("spec.behavior.scaleUp.stabilizationWindowSeconds",),
    ),
    Case("HPA507", "down", [hpa(behavior=_down(stabilizationWindowSeconds=301))]),
    Case(
        "HPA508",
        "none",
        [hpa(behavior=_down(stabilizationWindowSeconds=0))],
        ("spec.behavior.scaleDown.stabilizationWindowSeconds",),
    ),
    Case("HPA508", "the flag's", [hpa(behavior=_down(selectPolicy="Max"))]),
    Case(
        "HPA509",
        "one each ten minutes: six in an hour",
        [hpa(behavior=_up(policies=[_policy("Pods", 1, 600)]))],
        ("spec.behavior.scaleUp.policies",),
    ),
    Case(
        "HPA509",
        "eight in an hour",
        [hpa(behavior=_up(policies=[_policy("Pods", 1, 450)]))],
    ),
    Case(
        "HPA510",
        "policies of what is disabled",
        [hpa(behavior=_down(selectPolicy="Disabled", policies=[_policy("Pods", 1)]))],
        ("spec.behavior.scaleDown.policies",),
    ),
    Case(
        "HPA510",
        "policies that the API server filled in",
        [_kept(hpa(behavior=_down(selectPolicy="Disabled", policies=[_policy("Percent", 100)])))],
    ),
    Case("HPA510", "no policies", [hpa(behavior=_down(selectPolicy="Disabled"))]),
    Case(
        "HPA511",
        "1.34",
        [hpa(behavior=_up(tolerance="0.2"))],
        ("spec.behavior.scaleUp.tolerance",),
        Knowledge(minor=34),
    ),
    Case("HPA511", "1.35", [hpa(behavior=_up(tolerance="0.2"))], (), Knowledge(minor=35)),
    # Others.
    Case("HPA601", "two", [hpa(), hpa("second")], ("spec.scaleTargetRef",) * 2),
    Case("HPA601", "another target", [hpa(), hpa("b", scaleTargetRef=reference("b"))]),
    Case(
        "HPA602",
        "overlap",
        [
            hpa(),
            workload(),
            hpa("b", scaleTargetRef=reference("b")),
            workload("b", labels={"app": "web", "tier": "b"}),
        ],
        ("spec.scaleTargetRef",) * 2,
    ),
    Case(
        "HPA602",
        "none",
        [hpa(), workload(), hpa("b", scaleTargetRef=reference("b")), workload("b")],
    ),
    Case("HPA603", "of all", [hpa(), vpa()], ("spec.metrics[0].resource",)),
    Case(
        "HPA603",
        "of another resource",
        [
            hpa(),
            vpa(
                resourcePolicy={
                    "containerPolicies": [{"containerName": "*", "controlledResources": ["memory"]}]
                }
            ),
        ],
    ),
    Case("HPA603", "that only recommends", [hpa(), vpa(updatePolicy={"updateMode": "Off"})]),
    Case("HPA603", "an amount", [hpa(metrics=[resource(**_average("1"))]), vpa()]),
    Case(
        "HPA604",
        "the same Deployment",
        [hpa(), other("ScaledObject", "web", "keda.sh/v1alpha1", scaleTargetRef={"name": "web"})],
        ("spec.scaleTargetRef",),
    ),
    Case(
        "HPA604",
        "KEDA's own HPA",
        [
            hpa("keda-hpa-web"),
            other("ScaledObject", "web", "keda.sh/v1alpha1", scaleTargetRef={"name": "web"}),
        ],
    ),
)
