"""The flags by which a command that looks at a cluster finds it, as kubectl does."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from tidegauge.cluster.access import Access, in_cluster
from tidegauge.cluster.errors import KubeconfigError
from tidegauge.cluster.kubeconfig import kubeconfig_paths, load_kubeconfig
from tidegauge.console.declaring import Flag
from tidegauge.console.kinds import FILE, TEXT


@dataclass(frozen=True, kw_only=True)
class Cluster:
    title: ClassVar = "Cluster"

    kubeconfig: Annotated[
        str,
        Flag(
            FILE,
            "Kubeconfig to use.",
            default="KUBECONFIG, else ~/.kube/config, else the service account of the pod",
        ),
    ] = ""
    context: Annotated[str, Flag(TEXT, "Context of it.", default="its current one")] = ""


def access_of(options: Cluster, environ: Mapping[str, str]) -> Access:
    """Raises KubeconfigError where none of the ways leads to a cluster."""
    if options.kubeconfig:
        return load_kubeconfig([Path(options.kubeconfig)], options.context)
    home = environ.get("HOME", "")
    paths = kubeconfig_paths(environ, Path(home or "/"))
    if environ.get("KUBECONFIG") or any(path.exists() for path in paths):
        return load_kubeconfig(paths, options.context)
    try:
        return in_cluster(environ)
    except KubeconfigError as error:
        raise KubeconfigError(
            f"there is no kubeconfig at {', '.join(map(str, paths))}, and {error}"
        ) from error
