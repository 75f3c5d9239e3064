"""For each value of the chart something else than its default; `given` is what must be set too."""

from typing import Any

_PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
_SOME = {"a": "b"}
_PORT = {"httpGet": {"path": "/livez", "port": 1}}
_CERT_MANAGER = {"tls": {"type": "cert-manager"}}
_ISSUER = {"tls": {"type": "cert-manager", "certManager": {"existingIssuer": {"enabled": True}}}}
_MONITOR = {"serviceMonitor": {"enabled": True}}
_PROMETHEUS = {"serviceMonitor": {"enabled": True, "prometheus": {"serviceAccount": "p"}}}
_POLICY = {"networkPolicy": {"enabled": True}}
_HA = {"ha": True}
_CONTROLLER = {"controller": {"enabled": True}}
_PEERS: list[dict[str, Any]] = [{"namespaceSelector": {}}]


def _cert_manager(**values: Any) -> dict[str, Any]:
    return {"given": _CERT_MANAGER, "tls": {"certManager": values}}


def _monitor(**values: Any) -> dict[str, Any]:
    return {"given": _MONITOR, "serviceMonitor": values}


def _policy(**values: Any) -> dict[str, Any]:
    return {"given": _POLICY, "networkPolicy": values}


SAMPLES: dict[str, dict[str, Any]] = {
    "ha": _HA,
    "replicas": {"replicas": 3},
    "clusterNodes": {"clusterNodes": 900},
    "image.repository": {"image": {"repository": "registry.example/tidegauge"}},
    "image.tag": {"image": {"tag": "next"}},
    "image.digest": {"image": {"digest": f"sha256:{'0' * 64}"}},
    "image.pullPolicy": {"image": {"pullPolicy": "Always"}},
    "imagePullSecrets": {"imagePullSecrets": [{"name": "registry"}]},
    "nameOverride": {"nameOverride": "other"},
    "fullnameOverride": {"fullnameOverride": "other"},
    "namespaceOverride": {"namespaceOverride": "other"},
    "commonLabels": {"commonLabels": _SOME},
    "serviceAccount.create": {"serviceAccount": {"create": False}},
    "serviceAccount.annotations": {"serviceAccount": {"annotations": _SOME}},
    "serviceAccount.name": {"serviceAccount": {"name": "other"}},
    "serviceAccount.secrets": {"serviceAccount": {"secrets": [{"name": "other"}]}},
    "rbac.create": {"rbac": {"create": False}},
    "apiService.create": {"apiService": {"create": False}},
    "apiService.annotations": {"apiService": {"annotations": _SOME}},
    "apiService.insecureSkipTLSVerify": {"apiService": {"insecureSkipTLSVerify": True}},
    "apiService.caBundle": {"apiService": {"caBundle": _PEM}},
    "tls.type": _CERT_MANAGER,
    "tls.clusterDomain": {"given": _CERT_MANAGER, "tls": {"clusterDomain": "c.example"}},
    "tls.existingSecret.name": {
        "tls": {"type": "existingSecret", "existingSecret": {"name": "mine"}}
    },
    "tls.certManager.addInjectorAnnotations": _cert_manager(addInjectorAnnotations=False),
    "tls.certManager.existingIssuer.enabled": _cert_manager(existingIssuer={"enabled": True}),
    "tls.certManager.existingIssuer.kind": {
        "given": _ISSUER,
        "tls": {"certManager": {"existingIssuer": {"kind": "ClusterIssuer"}}},
    },
    "tls.certManager.existingIssuer.name": {
        "given": _ISSUER,
        "tls": {"certManager": {"existingIssuer": {"name": "mine"}}},
    },
    "tls.certManager.duration": _cert_manager(duration="2160h"),
    "tls.certManager.renewBefore": _cert_manager(renewBefore="720h"),
    "tls.certManager.annotations": _cert_manager(annotations=_SOME),
    "tls.certManager.labels": _cert_manager(labels=_SOME),
    "defaultArgs": {"defaultArgs": ["--metric-resolution=30s"]},
    "args": {"args": ["--v=4"]},
    "containerPort": {"containerPort": 8443},
    "hostNetwork.enabled": {"hostNetwork": {"enabled": True}},
    "hostUsers": {"hostUsers": False},
    "deploymentAnnotations": {"deploymentAnnotations": _SOME},
    "podAnnotations": {"podAnnotations": _SOME},
    "podLabels": {"podLabels": _SOME},
    "podSecurityContext": {"podSecurityContext": {"fsGroup": 1000}},
    "securityContext": {"securityContext": {"runAsUser": 2000}},
    "priorityClassName": {"priorityClassName": "system-node-critical"},
    "schedulerName": {"schedulerName": "mine"},
    "revisionHistoryLimit": {"revisionHistoryLimit": 0},
    "updateStrategy": {"updateStrategy": {"type": "Recreate"}},
    "shutdownDelaySeconds": {"shutdownDelaySeconds": 0},
    "podDisruptionBudget.enabled": {"given": _HA, "podDisruptionBudget": {"enabled": False}},
    "podDisruptionBudget.minAvailable": {"given": _HA, "podDisruptionBudget": {"minAvailable": 1}},
    "podDisruptionBudget.maxUnavailable": {
        "given": _HA,
        "podDisruptionBudget": {"maxUnavailable": "50%"},
    },
    "podDisruptionBudget.unhealthyPodEvictionPolicy": {
        "given": _HA,
        "podDisruptionBudget": {"unhealthyPodEvictionPolicy": "IfHealthyBudget"},
    },
    "startupProbe": {"startupProbe": _PORT},
    "livenessProbe": {"livenessProbe": _PORT},
    "readinessProbe": {"readinessProbe": _PORT},
    "service.type": {"service": {"type": "NodePort"}},
    "service.port": {"service": {"port": 8443}},
    "service.annotations": {"service": {"annotations": _SOME}},
    "service.labels": {"service": {"labels": _SOME}},
    "service.ipFamilyPolicy": {"service": {"ipFamilyPolicy": "PreferDualStack"}},
    "service.ipFamilies": {"service": {"ipFamilies": ["IPv6", "IPv4"]}},
    "service.trafficDistribution": {"service": {"trafficDistribution": "PreferClose"}},
    "metrics.enabled": {"metrics": {"enabled": True}},
    "serviceMonitor.enabled": _MONITOR,
    "serviceMonitor.additionalLabels": _monitor(additionalLabels=_SOME),
    "serviceMonitor.interval": _monitor(interval="30s"),
    "serviceMonitor.scrapeTimeout": _monitor(scrapeTimeout="5s"),
    "serviceMonitor.metricRelabelings": _monitor(metricRelabelings=[{"action": "drop"}]),
    "serviceMonitor.relabelings": _monitor(relabelings=[{"action": "drop"}]),
    "serviceMonitor.prometheus.serviceAccount": _monitor(prometheus={"serviceAccount": "p"}),
    "serviceMonitor.prometheus.namespace": {
        "given": _PROMETHEUS,
        "serviceMonitor": {"prometheus": {"namespace": "other"}},
    },
    "networkPolicy.enabled": _POLICY,
    "networkPolicy.ingressFrom": _policy(ingressFrom=_PEERS),
    "networkPolicy.kubeletPorts": _policy(kubeletPorts=[10255]),
    "networkPolicy.apiServerPorts": _policy(apiServerPorts=[8443]),
    "resources": {"resources": {"limits": {"memory": "1Gi"}}},
    "extraVolumes": {"extraVolumes": [{"name": "more", "emptyDir": {}}]},
    "extraVolumeMounts": {"extraVolumeMounts": [{"name": "more", "mountPath": "/more"}]},
    "tmpVolume": {"tmpVolume": {"emptyDir": {"medium": "Memory"}}},
    "nodeSelector": {"nodeSelector": {"pool": "system"}},
    "tolerations": {"tolerations": [{"operator": "Exists"}]},
    "affinity": {"affinity": {"podAffinity": {}}},
    "topologySpreadConstraints": {"topologySpreadConstraints": [{"maxSkew": 1}]},
    "controller.enabled": _CONTROLLER,
    "controller.replicas": {"given": _CONTROLLER, "controller": {"replicas": 3}},
    "controller.args": {"given": _CONTROLLER, "controller": {"args": ["--v=4"]}},
    "controller.resources": {
        "given": _CONTROLLER,
        "controller": {"resources": {"limits": {"memory": "1Gi"}}},
    },
    "dnsConfig": {"dnsConfig": {"nameservers": ["10.0.0.10"]}},
}
