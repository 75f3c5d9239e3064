"""The configuration of containerd, of the network and of the kubelet, for a node on one bridge."""

import json
from pathlib import Path
from typing import Any

BRIDGE = "tidegauge0"
NETWORK = "10.231.0"
ADDRESS = f"{NETWORK}.1"
# By its Service's first address, as every pod finds the API server.
API_SERVER = ("10.96.0.1", 443)
KUBELET_PORT = 11250


def containerd(folder: Path, pause: str) -> str:
    """Its TOML, for version 1.6 as Debian has it."""
    plugin = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""\
version = 2
root = "{folder / "containerd"}"
state = "{folder / "containerd-state"}"
[grpc]
  address = "/run/containerd/containerd.sock"
[{plugin}]
  sandbox_image = "{pause}"
  # Without CAP_SYS_RESOURCE no process may be made less likely to be killed.
  restrict_oom_score_adj = true
  [{plugin}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder / "cni"}"
  [{plugin}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""


def network(folder: Path) -> str:
    """Pods on the bridge, which leads them to this machine and nowhere else."""
    addresses = {
        "type": "host-local",
        "dataDir": str(folder / "addresses"),
        "subnet": f"{NETWORK}.0/24",
        "rangeStart": f"{NETWORK}.10",
        "gateway": ADDRESS,
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": BRIDGE, "ipam": addresses}
    return json.dumps({"cniVersion": "0.4.0", "name": "node", "plugins": [bridge]})


def kubelet(folder: Path, authority: Path, certificate: Path, key: Path) -> dict[str, Any]:
    """Its file; secured as kubeadm does it, so a certificate is verified and a token reviewed."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": ADDRESS,
        "port": KUBELET_PORT,
        "healthzPort": 0,
        "readOnlyPort": 0,
        "tlsCertFile": str(certificate),
        "tlsPrivateKeyFile": str(key),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority)},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "resolvConf": "",
        # This machine's disk may be fuller than a node's should be.
        "evictionHard": {
            "memory.available": "50Mi",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
        },
        "imageGCHighThresholdPercent": 100,
        "podLogsDir": str(folder / "podlogs"),
        "volumePluginDir": str(folder / "volumeplugins"),
        "maxPods": 60,
    }
