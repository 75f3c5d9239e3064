"""What the chart renders: by default, for two replicas, and for each value that can be set."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.deploy.helm import CHART, HELM, HELM_3, ROOT, Manifest, Refused, Rendered, helm, render
from tests.deploy.helm import render_text as text_of
from tests.deploy.samples import SAMPLES
from tests.realcluster.versions import Binary
from tidegauge.autoscale.controller.keeping import MOST_SHARDS
from tidegauge.console.controlleroptions import parse as parse_controller
from tidegauge.console.flags import parse
from tidegauge.console.kinds import HostPort

DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
SELECTOR = {"app.kubernetes.io/name": "tidegauge", "app.kubernetes.io/instance": "tidegauge"}


FREE = {"securityContext", "nodeSelector", "tmpVolume", "resources"}


def leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The path of each value that is no group of others; a map that may hold anything is one."""
    for key, value in values.items():
        free = key.endswith("Probe") or key in FREE
        if isinstance(value, dict) and value and not free:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key


@pytest.mark.parametrize("by", [HELM, HELM_3], ids=lambda binary: binary.version)
@pytest.mark.parametrize("values", [{}, {"ha": True}], ids=["one", "ha"])
def test_both_lines_of_helm_render_the_same(by: Binary, values: Manifest) -> None:
    """Whoever has not moved to Helm 4 yet gets the same objects."""
    assert render(values, by=by) == render(values)


@pytest.mark.parametrize("values", [{}, {"ha": True}, SAMPLES["commonLabels"]], ids=str)
def test_rendering_is_deterministic(values: Manifest) -> None:
    """Nothing is drawn by chance or taken from the clock, so GitOps sees no drift."""
    again = helm("template", "tidegauge", str(CHART), values=json.dumps(values))

    assert again == text_of(json.dumps(values), HELM)


@pytest.mark.parametrize("path", sorted(leaves(DEFAULTS)))
def test_every_value_has_an_effect(path: str) -> None:
    """There is no value that only looks as if it did something."""
    before = {key: value for key, value in SAMPLES[path].items() if key == "given"}
    given = before.get("given", {})
    change = {key: value for key, value in SAMPLES[path].items() if key != "given"}

    assert render(merged(given, change)) != render(given)


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> Manifest:
    """Both, the other first."""
    both = dict(one)
    for key, value in other.items():
        below = both.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            both[key] = merged(below, value)
        else:
            both[key] = value
    return both


@pytest.mark.parametrize("path", sorted(leaves(DEFAULTS)))
def test_every_default_may_be_written_out(path: str) -> None:
    """The schema takes the chart's own defaults, so values.yaml can be copied and changed."""
    value: Any = DEFAULTS
    for key in path.split("."):
        value = value[key]
    for key in reversed(path.split(".")):
        value = {key: value}

    assert render(value) == render()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"replica": 2}, "additional properties 'replica' not allowed"),
        ({"image": {"repo": "x"}}, "additional properties 'repo' not allowed"),
        ({"addonResizer": {"enabled": True}}, "'/addonResizer/enabled'"),
        ({"rbac": {"pspEnabled": True}}, "'/rbac/pspEnabled'"),
        ({"ha": "yes"}, "'/ha': got string, want boolean"),
        ({"replicas": "two"}, "'/replicas': got string, want null or integer"),
        ({"containerPort": 70000}, "'/containerPort'"),
        ({"tls": {"type": "helm"}}, "'/tls/type'"),
        ({"args": ["metric-resolution=15s"]}, "'/args/0'"),
        ({"apiService": {"caBundle": "LS0tLS1="}}, "'/apiService/caBundle'"),
        ({"service": {"ipFamilies": ["IPv5"]}}, "'/service/ipFamilies/0'"),
        ({"podLabels": {"a": 1}}, "'/podLabels/a': got number, want string"),
        ({"podDisruptionBudget": {"minAvailable": "half"}}, "'/podDisruptionBudget/minAvailable'"),
        ({"image": {"digest": "latest"}}, "'/image/digest'"),
        ({"image": {"repository": "some where"}}, "'/image/repository'"),
        ({"image": {"tag": "a: b"}}, "'/image/tag'"),
        ({"image": {"tag": 1.1}}, "'/image/tag': got number, want string"),
        ({"priorityClassName": "a\nb"}, "'/priorityClassName'"),
        ({"fullnameOverride": "1st"}, "'/fullnameOverride'"),
        ({"fullnameOverride": "my.server"}, "'/fullnameOverride'"),
        ({"namespaceOverride": "a.b"}, "'/namespaceOverride'"),
        (
            {"commonLabels": {"app.kubernetes.io/version": "2"}},
            "'/commonLabels/app.kubernetes.io~1version'",
        ),
        (
            {"podLabels": {"app.kubernetes.io/name": "other"}},
            "'/podLabels/app.kubernetes.io~1name'",
        ),
        ({"podDisruptionBudget": {"enabled": True}}, "set ha, or minAvailable: 1"),
        (
            {"ha": True, "podDisruptionBudget": {"minAvailable": 1, "maxUnavailable": 1}},
            "podDisruptionBudget: minAvailable and maxUnavailable exclude each other",
        ),
        (
            {"networkPolicy": {"enabled": True}, "hostNetwork": {"enabled": True}},
            "networkPolicy.enabled: has no effect on pods in the host's network",
        ),
        (
            {"image": {"repository": "registry.k8s.io/metrics-server/metrics-server"}},
            "image.repository: this is metrics-server's image",
        ),
        ({"tls": {"type": "existingSecret"}}, "tls.existingSecret.name: name the Secret"),
        (
            {"tls": {"type": "none"}, "serviceMonitor": {"enabled": True}},
            "serviceMonitor.enabled: with tls.type none no certificate can be verified",
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("by", [HELM, HELM_3], ids=lambda binary: binary.version)
def test_a_mistake_is_refused(by: Binary, values: Manifest, said: str) -> None:
    """A misspelt, ill-typed or contradicting value is named, before anything is installed."""
    with pytest.raises(Refused) as refused:
        render(values, by=by)

    assert said in str(refused.value)


FIELD: dict[str, Manifest] = {
    "kind": {"replicas": 1, "args": ["--kubelet-insecure-tls"]},
    "other network": {
        "replicas": 2,
        "hostNetwork": {"enabled": True},
        "containerPort": 4443,
        "defaultArgs": ["--cert-dir=/tmp", "--kubelet-use-node-status-port"],
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
    },
    "monitored": {
        "metrics": {"enabled": True},
        "serviceMonitor": {"enabled": True, "additionalLabels": {"release": "prometheus"}},
        "apiService": {"create": True, "insecureSkipTLSVerify": True, "caBundle": ""},
    },
    "certified": {
        "tls": {
            "type": "cert-manager",
            "certManager": {
                "existingIssuer": {"enabled": True, "kind": "ClusterIssuer", "name": "internal"},
                "duration": "2160h",
            },
        },
        "serviceAccount": {"create": True, "name": "metrics-server"},
        "rbac": {"create": True},
    },
    "copied whole": {
        "rbac": {"create": True, "pspEnabled": False},
        "addonResizer": {
            "enabled": False,
            "image": {"repository": "registry.k8s.io/autoscaling/addon-resizer", "tag": "1.8.23"},
            "nanny": {"cpu": "0m", "minClusterSize": 100},
        },
        "tls": {
            "type": "metrics-server",
            "helm": {"certDurationDays": 365, "lookup": True},
            "existingSecret": {"name": "", "lookup": True},
        },
    },
}


@pytest.mark.parametrize("name", FIELD)
def test_values_of_metrics_server_move_over(name: str) -> None:
    """As they are written for its chart, but for the image; its flags are known to us."""
    flags = render(FIELD[name]).container["args"][1:]

    assert set(FIELD[name].get("args", [])) <= set(flags)
    parse([flag for flag in flags if "=/certificates/" not in flag])  # files of the pod


@pytest.mark.parametrize("release", ["my.release", "1st"])
def test_a_release_whose_name_no_service_can_have(release: str) -> None:
    """Helm takes it, the API server would not."""
    with pytest.raises(Refused, match="set fullnameOverride"):
        helm("template", release, str(CHART))

    assert helm("template", release, str(CHART), values='{"fullnameOverride": "tidegauge"}')


LOOKS_LIKE_ANOTHER_TYPE = ("123", "1e3", "true", "null")
ALL = {
    "ha": True,
    "controller": {"enabled": True},
    "networkPolicy": {"enabled": True},
    "serviceMonitor": {"enabled": True, "prometheus": {"serviceAccount": "p"}},
}
"""Every object but cert-manager's."""


@pytest.mark.parametrize("text", LOOKS_LIKE_ANOTHER_TYPE)
@pytest.mark.parametrize("tls", ["managed", "cert-manager"])
def test_a_name_stays_a_text(text: str, tls: str) -> None:
    """Whatever else YAML could take it for, as of a namespace that is called by its year."""
    named: Manifest = {
        "namespaceOverride": text,
        "nameOverride": text,
        "serviceAccount": {"name": text},
        "priorityClassName": text,
        "schedulerName": text,
        "image": {"tag": text, "repository": text},
        "tls": {
            "type": tls,
            "certManager": {"existingIssuer": {"enabled": True, "name": text}},
        },
        "commonLabels": {"text": text},
        "podAnnotations": {"text": text},
        "service": {"labels": {"text": text}, "trafficDistribution": text},
        "serviceMonitor": {"prometheus": {"serviceAccount": text, "namespace": text}},
    }

    for manifest in render(merged(ALL, named)):
        for path, value in scalars(manifest):
            if path[-1] not in NUMBERS | SWITCHES:
                assert isinstance(value, str), (manifest["kind"], path, value)


NUMBERS = {
    *("replicas", "containerPort", "port", "periodSeconds", "timeoutSeconds", "failureThreshold"),
    *("maxSurge", "maxUnavailable", "maxSkew", "terminationGracePeriodSeconds", "size"),
    *("runAsUser", "runAsGroup", "groupPriorityMinimum", "versionPriority"),
}
SWITCHES = {
    *("automountServiceAccountToken", "enableServiceLinks", "readOnly", "runAsNonRoot"),
    *("allowPrivilegeEscalation", "readOnlyRootFilesystem"),
}


def scalars(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each value that is neither map nor list, with the keys that lead to it."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from scalars(below, (*path, key))
    elif isinstance(value, list):
        for below in value:
            yield from scalars(below, path)
    else:
        yield path, value


def test_more_labels_and_annotations_take_the_place_of_the_charts() -> None:
    """A key that is said twice stands there once, as the one object's own value says it."""
    default, ours = "kubectl.kubernetes.io/default-container", "cert-manager.io/inject-ca-from"
    rendered = render(
        merged(
            ALL,
            {
                "commonLabels": {"team": "all"},
                "service": {"labels": {"team": "service"}},
                "serviceMonitor": {
                    "additionalLabels": {"team": "monitor", "app.kubernetes.io/instance": "own"}
                },
                "podAnnotations": {default: "sidecar"},
                "apiService": {"annotations": {ours: "a/b"}},
                "tls": {"type": "cert-manager", "certManager": {"labels": {"team": "issuer"}}},
            },
        )
    )
    (server, _) = _server_and_controller(rendered)
    teams = {
        kind: rendered.one(kind)["metadata"]["labels"]["team"]
        for kind in ("Service", "ServiceMonitor", "Certificate", "PodDisruptionBudget")
    }

    assert list(teams.values()) == ["service", "monitor", "issuer", "all"]
    (monitor,) = rendered.of("ServiceMonitor")
    assert monitor["metadata"]["labels"]["app.kubernetes.io/instance"] == "own"
    assert server["spec"]["template"]["metadata"]["annotations"][default] == "sidecar"
    assert {each["metadata"]["annotations"][ours] for each in rendered.of("APIService")} == {"a/b"}


def test_a_slow_node_may_start_it() -> None:
    """What is not started yet is given longer than what was alive and answers no more."""
    container = render().container
    startup, liveness = container["startupProbe"], container["livenessProbe"]

    assert startup["failureThreshold"] * startup["periodSeconds"] >= 120
    assert liveness["failureThreshold"] * liveness["periodSeconds"] >= 60


def every_selector(rendered: Rendered) -> Iterator[Manifest]:
    """Whatever is meant to find the pods."""
    yield rendered.one("Service")["spec"]["selector"]
    yield rendered.one("Deployment")["spec"]["selector"]["matchLabels"]
    yield rendered.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    yield rendered.one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"]
    spec = rendered.pod["spec"]
    (apart,) = spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    yield apart["labelSelector"]["matchLabels"]
    yield spec["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]


def test_every_selector_finds_the_pods() -> None:
    """And nothing else of the same chart in another release."""
    values = {"ha": True, "networkPolicy": {"enabled": True}, "podLabels": {"team": "a"}}
    rendered = render(values)

    assert rendered.pod["metadata"]["labels"] == {**SELECTOR, "team": "a"}
    assert list(every_selector(rendered)) == [SELECTOR] * 6


@pytest.mark.parametrize("values", [{}, {"ha": True}, {"hostNetwork": {"enabled": True}}], ids=str)
def test_every_port_is_the_containers(values: Manifest) -> None:
    """Probes and Service ask where the server listens."""
    rendered = render(values)
    container = rendered.container
    (port,) = container["ports"]
    probes = [container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]

    assert f"--secure-port={port['containerPort']}" in container["args"]
    assert {probe["port"] for probe in probes} == {port["name"]}
    assert rendered.one("Service")["spec"]["ports"][0]["targetPort"] == port["name"]
    assert [probe["path"] for probe in probes] == ["/livez", "/livez", "/readyz"]


@pytest.mark.parametrize("path", ["ha", "metrics.enabled", "hostNetwork.enabled"])
def test_the_server_takes_the_arguments(path: str) -> None:
    """Every flag of the chart is one of `tidegauge serve`, with a value it takes."""
    command, *flags = render(SAMPLES[path]).container["args"]
    options = parse(flags).options

    assert command == "serve"
    assert options.cert_secret == "tidegauge-tls"
    assert options.inject_ca_bundle == ("v1.metrics.k8s.io", "v1beta1.metrics.k8s.io")
    assert {"/livez", "/readyz"} <= set(options.authorization_always_allow_paths)


def test_both_versions_are_registered_and_verified() -> None:
    """Kubectl asks for v1, the autoscaler for v1beta1; no certificate goes unverified."""
    rendered = render()
    services = rendered.of("APIService")

    assert [each["metadata"]["name"] for each in services] == [
        "v1.metrics.k8s.io",
        "v1beta1.metrics.k8s.io",
    ]
    assert all(each["spec"]["service"]["name"] == "tidegauge" for each in services)
    assert not [each for each in rendered.strings() if "insecure" in each.lower()]


def test_one_replica_is_replaced_without_a_gap() -> None:
    """The new pod serves before the old one ends; there is nothing to budget or to spread."""
    rendered = render()
    deployment = rendered.one("Deployment")["spec"]

    assert deployment["replicas"] == 1
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert not rendered.of("PodDisruptionBudget")
    assert "podAntiAffinity" not in rendered.pod["spec"]["affinity"]
    assert "topologySpreadConstraints" not in rendered.pod["spec"]


def test_two_replicas_are_never_both_away() -> None:
    """Not by a lost node, a drain or a roll-out, which needs no third node either."""
    rendered = render({"ha": True})
    deployment = rendered.one("Deployment")["spec"]

    assert deployment["replicas"] == 2
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert rendered.one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    (apart,) = rendered.pod["spec"]["affinity"]["podAntiAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert apart["topologyKey"] == "kubernetes.io/hostname"
    # Else a cluster of one node, or with one left, could never roll: the old pod keeps the new off.
    assert apart["matchLabelKeys"] == ["pod-template-hash"]


@pytest.mark.parametrize(
    "bound", [{"minAvailable": 1}, {"maxUnavailable": "50%"}, {"minAvailable": 0}], ids=str
)
def test_a_budget_that_was_given_is_kept(bound: Manifest) -> None:
    """Also for a number of replicas of one's own, and the zero that is no absence."""
    rendered = render({"replicas": 3, "podDisruptionBudget": {"enabled": True, **bound}})
    spec = rendered.one("PodDisruptionBudget")["spec"]

    assert {key: spec[key] for key in bound} == bound
    assert len(spec) == 3  # with the selector, and what holds for pods that are not ready


def test_the_hosts_network_is_a_recipe() -> None:
    """The kubelet's port is free, names of Services resolve, and no port is needed twice."""
    rendered = render({"hostNetwork": {"enabled": True}})
    spec = rendered.pod["spec"]

    assert spec["hostNetwork"] is True
    assert spec["dnsPolicy"] == "ClusterFirstWithHostNet"
    assert rendered.container["ports"][0]["containerPort"] == 4443
    assert rendered.one("Deployment")["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == 0


def test_an_affinity_of_ones_own_replaces_that_part_alone() -> None:
    """Who pins it to a pool keeps the two replicas apart."""
    own: Manifest = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
    affinity = render({"ha": True, "affinity": {"nodeAffinity": own}}).pod["spec"]["affinity"]

    assert affinity["nodeAffinity"] == own
    assert (
        affinity["podAntiAffinity"]
        == (render({"ha": True}).pod["spec"]["affinity"]["podAntiAffinity"])
    )


def test_what_the_server_may() -> None:
    """Not a verb more than it uses; never nodes/proxy, never all Secrets or ConfigMaps."""
    rendered = render()
    rules = {
        (verb, resource): rule.get("resourceNames")
        for role in [*rendered.of("ClusterRole")[:1], *rendered.of("Role")]
        for rule in role["rules"]
        for verb in rule["verbs"]
        for resource in rule["resources"]
    }

    registered = ["v1.metrics.k8s.io", "v1beta1.metrics.k8s.io"]
    assert rules == {
        ("get", "nodes/metrics"): None,
        ("list", "nodes"): None,
        ("watch", "nodes"): None,
        ("list", "pods"): None,
        ("watch", "pods"): None,
        ("get", "apiservices"): registered,
        ("patch", "apiservices"): registered,
        ("get", "secrets"): ["tidegauge-tls"],
        ("patch", "secrets"): ["tidegauge-tls"],
    }


@pytest.mark.parametrize(
    ("values", "lacking"),
    [
        ({"apiService": {"create": False}}, "apiservices"),
        ({"apiService": {"caBundle": "-----BEGIN CERTIFICATE-----\nx"}}, "apiservices"),
        ({"tls": {"type": "cert-manager"}}, "apiservices"),
        ({"tls": {"type": "cert-manager"}}, "secrets"),
        ({"tls": {"type": "none"}}, "secrets"),
        ({"tls": {"type": "existingSecret", "existingSecret": {"name": "mine"}}}, "secrets"),
    ],
    ids=str,
)
def test_a_right_goes_with_what_needs_it(values: Manifest, lacking: str) -> None:
    """Who brings certificates grants no right to write any."""
    rendered = render(values)
    rules = [
        rule for kind in ("ClusterRole", "Role") for r in rendered.of(kind) for rule in r["rules"]
    ]

    assert not [rule for rule in rules if lacking in rule.get("resources", ())]


def test_the_controller_is_another_workload() -> None:
    """No request to the server reaches it, and it has an account of its own."""
    rendered = render({"controller": {"enabled": True}, "ha": True})
    server, controller = _server_and_controller(rendered)
    labels = controller["spec"]["template"]["metadata"]["labels"]
    selector = rendered.one("Service")["spec"]["selector"]

    assert not selector.items() <= labels.items()
    assert controller["spec"]["selector"]["matchLabels"] == labels
    accounts = [
        each["spec"]["template"]["spec"]["serviceAccountName"] for each in (server, controller)
    ]
    assert accounts == ["tidegauge", "tidegauge-controller"]
    assert controller["spec"]["replicas"] == 2


def _server_and_controller(rendered: Rendered) -> list[Manifest]:
    named = {each["metadata"]["name"]: each for each in rendered.of("Deployment")}
    return [named["tidegauge"], named["tidegauge-controller"]]


def test_the_controllers_rights_are_the_documented_ones() -> None:
    """Those that docs/controller.md lists are the chart's, rule by rule."""
    page = (ROOT / "docs" / "controller.md").read_text()
    block = page.partition("### Rights")[2].partition("```yaml\n")[2].partition("```")[0]
    documented = {each["kind"]: each for each in yaml.safe_load_all(block)}
    there = {
        each["kind"]: each
        for each in render({"controller": {"enabled": True}})
        if each["metadata"]["name"] == "tidegauge-controller"
    }

    assert there["ClusterRole"]["rules"] == documented["ClusterRole"]["rules"]
    rules, written = there["Role"]["rules"], documented["Role"]["rules"]
    # All that may ever be needed are the chart's to name; the page names the first and the number.
    names = rules[-1].pop("resourceNames")
    assert written[-1].pop("resourceNames") == names[:1]
    assert names == [f"tidegauge-controller-memory-{number}" for number in range(MOST_SHARDS)]
    assert f"{MOST_SHARDS} at most" in page
    assert rules == written


def test_the_controller_changes_nothing_of_others_in_its_namespace() -> None:
    """In kube-system lie the settings of DNS, of kube-proxy and of who is believed."""
    rendered = render({"controller": {"enabled": True}})
    for role in rendered.of("Role"):
        for rule in role["rules"]:
            assert rule.get("resourceNames") or rule["verbs"] == ["create"], rule


def test_the_controller_takes_its_arguments() -> None:
    """Its Lease lies in the namespace that its Role is for."""
    rendered = render({"controller": {"enabled": True}})
    _, controller = _server_and_controller(rendered)
    (container,) = controller["spec"]["template"]["spec"]["containers"]
    command, *flags = container["args"]
    options = parse_controller(flags).options

    assert command == "controller"
    assert (
        options.leader_elect_resource_namespace == rendered.of("Role")[0]["metadata"]["namespace"]
    )
    assert options.leader_elect_resource_name == "tidegauge-controller"
    assert options.metrics_bind_address == HostPort("0.0.0.0", 8080)


def test_the_certificate_of_cert_manager() -> None:
    """It carries the name that kube-apiserver verifies, and its authority is put in."""
    rendered = render({"tls": {"type": "cert-manager"}})
    certificate = rendered.one("Certificate")
    injected = {
        each["metadata"]["annotations"]["cert-manager.io/inject-ca-from"]
        for each in rendered.of("APIService")
    }

    assert "tidegauge.kube-system.svc" in certificate["spec"]["dnsNames"]
    assert injected == {"kube-system/tidegauge"}
    (mounted,) = (each for each in rendered.pod["spec"]["volumes"] if "secret" in each)
    assert mounted["secret"]["secretName"] == certificate["spec"]["secretName"]
    assert "--tls-cert-file=/certificates/tls.crt" in rendered.container["args"]
    # Else Helm could not make its own where tls.type changes, or would take cert-manager's away.
    assert certificate["spec"]["secretName"] != render().one("Secret")["metadata"]["name"]


def test_prometheus_verifies_too() -> None:
    """By the name and the authority that kube-apiserver goes by, and with a token of its own."""
    monitor = render({"serviceMonitor": {"enabled": True}}).one("ServiceMonitor")
    (endpoint,) = monitor["spec"]["endpoints"]

    assert endpoint["tlsConfig"] == {
        "serverName": "tidegauge.kube-system.svc",
        "ca": {"secret": {"name": "tidegauge-tls", "key": "ca.crt"}},
    }
    assert endpoint["bearerTokenFile"]


def test_open_metrics_leave_the_probes_alone() -> None:
    """Opening /metrics keeps the health paths open, or liveness would need the API server."""
    args = render({"metrics": {"enabled": True}}).container["args"]

    assert "--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics" in args


@pytest.mark.parametrize(
    ("nodes", "requests"),
    [
        (1, {"cpu": "50m", "memory": "105Mi"}),
        (100, {"cpu": "50m", "memory": "105Mi"}),
        (1000, {"cpu": "95m", "memory": "186Mi"}),
        (5000, {"cpu": "295m", "memory": "550Mi"}),
    ],
)
def test_requests_follow_the_clusters_size(nodes: int, requests: Manifest) -> None:
    """By the measured figures of docs/install.md; no limit that would end it under load."""
    assert render({"clusterNodes": nodes}).container["resources"] == {"requests": requests}
