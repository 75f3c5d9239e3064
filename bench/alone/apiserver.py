"""The embedded API server with a fleet in its store, as a process of its own.

    python -m bench.alone.apiserver --nodes N --pods P --containers C --kubelet-port K --folder DIR

It writes a kubeconfig and the certificates that the others need (`files`), prints `ready`, and
serves until SIGTERM. Objects are put into its store, without a request for each: 300,000 pods
take it some seconds and, as they share what is alike, 400 MB; listed once they take 600 MB more.
"""

import argparse
import asyncio
import gc
import signal
from pathlib import Path
from typing import Any, NamedTuple

from tests.realcluster import placing
from tests.realcluster.fleet import Fleet
from tests.realcluster.pki import Pair, replace_file
from tidegauge.sandbox.apiserver.defaults import fill_in
from tidegauge.sandbox.apiserver.identities import ADMIN, METRICS, SERVER_NAMES
from tidegauge.sandbox.apiserver.server import ApiServer
from tidegauge.sandbox.apiserver.storage import Storage

READY = "ready"


class Files(NamedTuple):
    """What is written for the other processes; pairs are a certificate and its key."""

    kubeconfig: Path
    """Of the metrics server's service account."""

    authority: Path
    client: tuple[Path, Path]
    """Of an administrator."""

    serving: tuple[Path, Path]
    """For this machine's names: serves the metrics server and all kubelets."""


def files(folder: Path) -> Files:
    """Where they are."""
    pairs = [(folder / f"{name}.crt", folder / f"{name}.key") for name in ("client", "serving")]
    return Files(folder / "metrics-server.kubeconfig", folder / "ca.crt", *pairs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.alone.apiserver", description=__doc__)
    for name in ("nodes", "pods", "containers", "kubelet-port"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    args = parser.parse_args()
    asyncio.run(
        _serve(Fleet(args.nodes, args.pods, args.containers), args.kubelet_port, args.folder)
    )


async def _serve(fleet: Fleet, kubelet_port: int, folder: Path) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    api = ApiServer()
    gc.disable()  # all that is made now stays, and each round would look at all of it again
    fill(api.storage, fleet, kubelet_port)
    gc.freeze()
    gc.enable()
    await api.start()
    _write(api, folder)
    print(READY, flush=True)
    await stopped.wait()
    await api.stop()


def fill(storage: Storage, fleet: Fleet, kubelet_port: int) -> None:
    """Put in a fleet's nodes, and its pods as kubelets say that they run."""
    for index in range(fleet.nodes):
        node = fleet.node_manifest(index, kubelet_port)
        fill_in("nodes", node)
        storage.create("nodes", node)
    model = _running(fleet)
    for index in range(fleet.nodes):
        spec = model["spec"] | {"nodeName": fleet.node_name(index)}
        for number, (namespace, name) in enumerate(fleet.pod_names(index)):
            labels = model["metadata"]["labels"] | {"workload": fleet.workload(index, number)}
            metadata = {"namespace": namespace, "name": name, "labels": labels}
            storage.create("pods", model | {"metadata": metadata, "spec": spec})


def _running(fleet: Fleet) -> dict[str, Any]:
    """The pod that all others are copies of."""
    pod = fleet.model_manifest()
    fill_in("pods", pod)
    return pod | {"status": pod["status"] | placing.running_status(fleet.container_names())}


def _write(api: ApiServer, folder: Path) -> None:
    where, authority = files(folder), api.identities.authority
    api.kubeconfig(where.kubeconfig, METRICS, token=True)
    replace_file(where.authority, authority.certificate)
    for name, made in (
        ("client", api.identities.client_pair(ADMIN)),
        ("serving", authority.server(*SERVER_NAMES)),
    ):
        Pair(made.certificate, made.key).write(folder, name)


if __name__ == "__main__":
    main()
