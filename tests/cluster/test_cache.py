"""What readers get from the caches while informers write into them."""

import pytest

from tidegauge.cluster.cache import Nodes, Pods
from tidegauge.cluster.records import Node, Pod


def pods(*names):
    cache = Pods()
    for name in names:
        namespace, _, pod = name.partition("/")
        cache.put(Pod(namespace, pod, node=f"node-of-{pod}"))
    return cache


def names(found):
    return [f"{pod.namespace}/{pod.name}" for pod in found]


def test_sorted():
    """All pods come by namespace and name, those of a namespace by name, whatever came first."""
    cache = pods("b/2", "a/9", "b/1", "a-a/1", "a/10")

    assert names(cache.all()) == ["a/10", "a/9", "a-a/1", "b/1", "b/2"]
    assert names(cache.namespace("b")) == ["b/1", "b/2"]
    assert len(cache) == 5


@pytest.mark.parametrize(
    ("change", "after"),
    [
        pytest.param(lambda c: c.put(Pod("b", "0")), ["a/1", "b/0", "b/1"], id="added"),
        pytest.param(lambda c: c.remove(("b", "1")), ["a/1"], id="removed"),
        pytest.param(lambda c: c.remove(("x", "1")), ["a/1", "b/1"], id="never-there"),
        pytest.param(lambda c: c.put(Pod("b", "1", "moved")), ["a/1", "b/1"], id="changed"),
    ],
)
def test_change(change, after):
    """A change shows in the next list; a list taken before stays as it was."""
    cache = pods("b/1", "a/1")
    before = cache.all()

    change(cache)

    assert names(before) == ["a/1", "b/1"]
    assert names(cache.all()) == after
    assert [pod for pod in cache.all() if pod.namespace == "b"] == list(cache.namespace("b"))


def test_changed_record_is_served():
    """A pod that changed is served as it is now, one by one and in lists."""
    cache = pods("a/1")
    cache.all()
    changed = Pod("a", "1", "elsewhere")

    cache.put(changed)

    assert cache.get("a", "1") is changed
    assert cache.all() == cache.namespace("a") == (changed,)


def test_heartbeat_keeps_the_lists():
    """An event that changes nothing we keep does not cost the next reader a new list."""
    cache = pods("a/1", "b/1")
    before = cache.all(), cache.namespace("a")

    cache.put(Pod("a", "1", "node-of-1"))

    assert cache.all() is before[0]
    assert cache.namespace("a") is before[1]


def test_other_namespaces_keep_their_lists():
    """A change in one namespace leaves the lists of the others."""
    cache = pods("a/1", "b/1")
    before = cache.namespace("a")

    cache.put(Pod("b", "2"))

    assert cache.namespace("a") is before


def test_unknown():
    """Nothing is known of pods and namespaces that are not there; an empty namespace is gone."""
    cache = pods("a/1")
    cache.remove(("a", "1"))

    assert cache.get("a", "1") is None
    assert cache.node_of("a", "1") is None
    assert cache.namespace("a") == cache.all() == ()
    assert list(cache.keys()) == []


def test_node_of():
    """Where the API server placed a pod."""
    assert pods("a/1").node_of("a", "1") == "node-of-1"


def nodes(*names):
    cache = Nodes()
    for name in names:
        cache.put(Node(name))
    return cache


def test_nodes_sorted():
    """Nodes come by name, whatever came first, and one by one."""
    cache = nodes("b", "a")

    assert [node.name for node in cache.all()] == ["a", "b"]
    assert cache.get("a") == Node("a")
    assert cache.get("x") is None
    assert len(cache) == 2


def test_listener():
    """A listener hears of the nodes there are, then of each change with before and after."""
    cache = nodes("a")
    heard = []

    cache.subscribe(lambda before, after: heard.append((before, after)))
    cache.put(Node("b"))
    cache.put(Node("b", ready=True))
    cache.put(Node("b", ready=True))
    cache.remove("a")
    cache.remove("a")

    assert heard == [
        (None, Node("a")),
        (None, Node("b")),
        (Node("b"), Node("b", ready=True)),
        (Node("a"), None),
    ]
    assert cache.all() == (Node("b", ready=True),)
