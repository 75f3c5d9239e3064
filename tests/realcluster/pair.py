"""Two replicas behind one Service as kube-apiserver's aggregation layer sees them, and clients.

There is no kubelet and no endpoints controller here: `Pair` plays their part, with their delays.
"""

import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from tests.deploy.helm import NAMESPACE, RELEASE, Manifest, Rendered, render
from tests.realcluster import pki
from tests.realcluster.charted import TIDEGAUGE
from tests.realcluster.client import Client
from tests.realcluster.controlplane import ControlPlane
from tests.realcluster.process import Process, wait_until

# A kubelet looks at its containers each second, and what it says of a pod is in the endpoints
# within another one. Of a deleted pod they know sooner; this is taken for both.
NOTICED_SECONDS = 2.0
PROBE_SECONDS = 1.0
READY_SECONDS = 60.0
_SLICE = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices/{RELEASE}"
# Which objects need a cluster with nodes.
_RUNS = ("Deployment", "PodDisruptionBudget")


def install(plane: ControlPlane, port: int, values: Manifest) -> Rendered:
    """Apply what the chart renders, with a Service whose endpoints are ours to say."""
    rendered = render(values)
    for manifest in rendered:
        if manifest["kind"] == "Service":
            (https,) = manifest["spec"]["ports"]
            spec = {"ports": [{**https, "targetPort": port}]}
            plane.apply({**manifest, "spec": spec})
        elif manifest["kind"] not in _RUNS:
            plane.apply(manifest)
    return rendered


class Member(Process):
    """A server with the arguments of the chart's container, at an address and of a group (gid)."""

    def __init__(
        self,
        plane: ControlPlane,
        rendered: Rendered,
        where: tuple[str, int],
        group: int,
        *flags: str,
    ) -> None:
        self.address, self.port = where
        self.group = group
        name = f"member-{group}"
        config = plane.folder / "kubeconfigs" / f"{name}.kubeconfig"
        user = {"token": plane.service_account_token(NAMESPACE, RELEASE)}
        pki.replace_file(config, pki.kubeconfig(plane.url, plane.authority.certificate, user))
        given = [
            argument
            for argument in rendered.container["args"]
            if not argument.startswith(("--secure-port", "--metric-resolution"))
        ]
        outside = [
            f"--kubeconfig={config}",
            f"--bind-address={self.address}",
            f"--secure-port={self.port}",
        ]
        in_group = ["setpriv", f"--regid={group}", "--clear-groups"]
        command = [*in_group, TIDEGAUGE, *given, *outside, *flags]
        super().__init__(name, command, plane.folder / "logs" / f"{name}.log")
        self._stranger = Client(f"https://{self.address}:{self.port}", None)

    def ready(self) -> bool:
        """What a readiness probe sees."""
        try:
            return self._stranger.send("GET", "/readyz").status == 200
        except OSError:
            return False

    def wait_ready(self) -> None:
        """Probed as often as a kubelet would, until it is ready."""
        wait_until(self.ready, f"{self.name} ready", READY_SECONDS, every=PROBE_SECONDS)

    def close(self) -> None:
        """End the process, without its delay, and the probe's connection."""
        self._stranger.close()
        self.kill()


@dataclass(frozen=True)
class Pair:
    """Both replicas; each method plays what happens to one of them to its end."""

    plane: ControlPlane
    members: tuple[Member, Member]

    def start(self) -> None:
        """Both, from nothing to ready endpoints."""
        for member in self.members:
            member.start()
        for member in self.members:
            member.wait_ready()
        self.lead_to(self.members)

    def lead_to(self, ready: Iterable[Member]) -> None:
        """What the endpoints controller writes: these are ready, and the other is not."""
        there = {member.address for member in ready}
        endpoints = [
            {"addresses": [each.address], "conditions": {"ready": each.address in there}}
            for each in self.members
        ]
        manifest = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": RELEASE,
                "namespace": NAMESPACE,
                "labels": {"kubernetes.io/service-name": RELEASE},
            },
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": [{"name": "https", "port": self.members[0].port, "protocol": "TCP"}],
        }
        kind = {"Content-Type": "application/apply-patch+yaml"}
        path = f"{_SLICE}?fieldManager=endpoints&force=true"
        self.plane.admin.request("PATCH", path, manifest, kind)

    def replace(self, member: Member) -> int | None:
        """Its pod is deleted, as by a drain or a roll-out, and a new one started; the exit code."""
        stopping = threading.Thread(target=member.stop)
        stopping.start()
        time.sleep(NOTICED_SECONDS)
        self.lead_to(self._others(member))
        stopping.join()
        code = member.exit_code
        self._again(member)
        return code

    def kill(self, member: Member) -> None:
        """It dies without a word; its kubelet notices, and starts it again."""
        member.kill()
        time.sleep(NOTICED_SECONDS)
        self.lead_to(self._others(member))
        self._again(member)

    def _again(self, member: Member) -> None:
        member.start()
        member.wait_ready()
        self.lead_to(self.members)

    def _others(self, member: Member) -> list[Member]:
        return [each for each in self.members if each is not member]


class Asked(NamedTuple):
    """A request through kube-apiserver: when, for how many seconds, and what came of it."""

    at: float
    seconds: float
    status: int
    items: int
    said: str


@dataclass
class Asking:
    """Clients that ask in an even beat, whether or not they were answered; a context manager."""

    client: Client
    path: str
    per_second: float = 20.0
    asked: list[Asked] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        # Enough for answers that take seconds.
        self._pool = ThreadPoolExecutor(100)
        self._beat = threading.Thread(target=self._run)
        self._beat.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._beat.join()
        self._pool.shutdown()

    def failures(self) -> list[Asked]:
        """What was not answered with 200."""
        return [each for each in self.asked if each.status != 200]

    def _run(self) -> None:
        began, number = time.monotonic(), 0
        while not self._done.wait(max(0.0, began + number / self.per_second - time.monotonic())):
            self._pool.submit(self._ask)
            number += 1

    def _ask(self) -> None:
        began, clock = time.time(), time.monotonic()
        try:
            answer = self.client.send("GET", self.path)
            status, said = answer.status, answer.body
        except OSError as error:
            status, said = 0, repr(error).encode()
        items = len(answer.json()["items"]) if status == 200 else 0
        shown = "" if status == 200 else said[:300].decode()
        self.asked.append(Asked(began, time.monotonic() - clock, status, items, shown))
