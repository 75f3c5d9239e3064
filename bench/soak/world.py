"""A cluster in which nothing stays: its pods, nodes and labels, and how its kubelets are doing."""

import itertools
from collections.abc import Iterator
from random import Random

from bench.soak.history import History
from bench.soak.nodes import Node, Pod
from tidegauge.kubelet.addressing import PORT, SCRAPE
from tidegauge.sandbox.resourcetext import PodKey

NAMESPACES = 8

NODE_CHANGE_PERIODS = 8
"""A node goes, and two minutes later its pods go and another one comes."""

ILL_PERIODS = 20
"""At most; longer than usage stays fresh, so that there is silence."""

ILLNESSES = ("refuses", "hangs", "garbles", "cuts", "repeats", "is another")
_ODD: tuple[dict[str, str], ...] = ({SCRAPE: "false"}, {PORT: "none"}, {}, {}, {})
"""Annotations of new nodes: one is left out, one can't be asked until somebody mends it."""


class World:
    """Changes once a period; `history` is what its API server tells of that."""

    def __init__(self, nodes: int, pods: int, now: float, seed: int = 1) -> None:
        self.chance = Random(seed)
        self.history = History()
        self.nodes: dict[str, Node] = {}
        self._lost: Node | None = None
        self.gone_pods = self.gone_nodes = 0
        self._pods = pods
        self._serial = itertools.count(1)
        for _ in range(nodes):
            self._node_comes(self._new_name(), now, {})

    def change(
        self, period: int, now: float, *, replaced: int, scattered: bool = False
    ) -> list[PodKey]:
        """One period's changes; `replaced` pods, `scattered` each into a namespace of its own.

        Returns the pods that have come in place of others.
        """
        come = []
        if period % NODE_CHANGE_PERIODS == 0:
            self._node_changes(now)
        for _ in range(replaced):
            node = self._any()
            self._pod_goes(node, self.chance.choice(node.pods))
            come.append(self._job_comes(node, now, scattered=scattered))
        for _ in range(1 + replaced // 8):
            self._containers_change(now)
            self._labels_change()
            self._pods_move(now)
        for _ in range(replaced if scattered else 1):
            self._node_says()
        self._health()
        return come

    def heal(self, now: float) -> None:
        """All nodes are there, and all is well."""
        if self._lost:
            self._node_changes(now)
        for node in self.nodes.values():
            node.ills = ""
            if node.annotations:
                node.annotations = {}
                self.history.node("MODIFIED", node)

    def initial(self, resource: str) -> Iterator[bytes]:
        """All there is, as the events that begin a watch; a lost node's pods are there still."""
        if resource == "nodes":
            return self.history.nodes(self.nodes.values())
        return self.history.pods([*self.nodes.values(), *filter(None, [self._lost])])

    def namespace(self) -> str:
        """One that lasts."""
        return f"team-{self.chance.randrange(NAMESPACES)}"

    def any_pod(self) -> PodKey:
        return self.chance.choice(self._any().pods).key

    def _any(self) -> Node:
        return self.chance.choice(list(self.nodes.values()))

    def _node_changes(self, now: float) -> None:
        if self._lost is None:
            node = self._lost = self._any()
            del self.nodes[node.name]
            self.gone_nodes += 1
            self.history.node("DELETED", node)
            return
        for pod in list(self._lost.pods):
            self._pod_goes(self._lost, pod)
        name = self._lost.name if self.gone_nodes % 2 else self._new_name()  # half of them return
        self._lost = None
        self._node_comes(name, now, self.chance.choice(_ODD))

    def _new_name(self) -> str:
        return f"node-{next(self._serial):08}"

    def _node_comes(self, name: str, now: float, annotations: dict[str, str]) -> None:
        node = Node(name, annotations, labels={"kubernetes.io/hostname": name})
        self.nodes[name] = node
        self.history.node("ADDED", node)
        for _ in range(self._pods):
            self._job_comes(node, now)

    def _node_says(self) -> None:
        """A heartbeat of which we see nothing, or a new label."""
        node = self._any()
        node.labels["tidegauge.test/rev"] = str(self.chance.randrange(10**9))
        self.history.node("MODIFIED", node)

    def _health(self) -> None:
        """About one node in twenty is ill."""
        for node in self.nodes.values():
            node.ill_periods -= 1
            if node.ill_periods <= 0:
                ill = self.chance.random() < 1 / (2 * ILL_PERIODS)
                node.ills = self.chance.choice(ILLNESSES) if ill else ""
                node.ill_periods = self.chance.randrange(1, ILL_PERIODS) if ill else 1

    def _job_comes(self, node: Node, now: float, *, scattered: bool = False) -> PodKey:
        """A pod whose name and labels are its own."""
        number = next(self._serial)
        namespace = f"run-{number:08}" if scattered else self.namespace()
        labels = {"app": f"app-{number % 50}", "controller-uid": f"uid-{number:08}"}
        born = now - self.chance.randrange(3)
        pod = Pod(namespace, f"job-{number:08}", labels, born, self.chance.uniform(0.001, 0.5))
        self._pod_comes(node, pod)
        return pod.key

    def _pods_move(self, now: float) -> None:
        """As of StatefulSets, two pods come back under their names, on each other's node."""
        nodes = self.chance.sample(list(self.nodes.values()), 2)
        pods = [self.chance.choice(node.pods) for node in nodes]
        for node, pod in zip(nodes, pods, strict=True):
            self._pod_goes(node, pod)
        for node, pod in zip(reversed(nodes), pods, strict=True):
            pod.start(now)
            self._pod_comes(node, pod)

    def _pod_comes(self, node: Node, pod: Pod) -> None:
        node.add(pod)
        self.history.pod("ADDED", node, pod)

    def _pod_goes(self, node: Node, pod: Pod) -> None:
        node.remove(pod)
        self.gone_pods += 1
        self.history.pod("DELETED", node, pod)

    def _containers_change(self, now: float) -> None:
        """Those of one pod restart, one of another exits."""
        self.chance.choice(self._any().pods).start(now - 1)
        self.chance.choice(self._any().pods).exited = True

    def _labels_change(self) -> None:
        node = self._any()
        pod = self.chance.choice(node.pods)
        pod.labels = {**pod.labels, "rev": str(self.chance.randrange(10**9))}
        self.history.pod("MODIFIED", node, pod)
