import pytest

from tidegauge.kubelet.addressing import AddressRules, BadTargetError, Skipped, target_for
from tidegauge.kubelet.target import Target

RULES = AddressRules()
ADDRESSES = (
    ("Hostname", "n1"),
    ("InternalIP", "10.0.0.1"),
    ("InternalIP", "fd00::1"),
    ("ExternalIP", "192.0.2.1"),
    ("InternalDNS", "n1.internal"),
)


def ask(addresses=ADDRESSES, status_port=0, annotations=None, rules=RULES):
    return target_for("n1", addresses, status_port, annotations or {}, rules)


CANDIDATES = {
    "the first of each type, then the others": (
        ("InternalIP", "ExternalIP", "Hostname"),
        ("10.0.0.1", "192.0.2.1", "n1", "fd00::1"),
    ),
    "the order is the flag's": (("Hostname", "InternalIP"), ("n1", "10.0.0.1", "fd00::1")),
    "only the types that are named": (("InternalDNS",), ("n1.internal",)),
    "a type that the node lacks is passed over": (("ExternalDNS", "Hostname"), ("n1",)),
}


@pytest.mark.parametrize(("types", "expected"), CANDIDATES.values(), ids=CANDIDATES)
def test_addresses_are_tried_by_the_order_of_types(types, expected):
    """The incumbent's choice comes first; what it never tries comes after."""
    assert ask(rules=AddressRules(types=types)).addresses == expected


def test_an_address_is_tried_once():
    """Virtual nodes give one address under several types."""
    addresses = (("InternalIP", "10.0.0.1"), ("ExternalIP", "10.0.0.1"), ("Hostname", "n1"))

    assert ask(addresses).addresses == ("10.0.0.1", "n1")


@pytest.mark.parametrize(
    "addresses",
    [(), (("InternalDNS", "n1.internal"),), (("InternalIP", "10.0.0.1\r\nX: y"),)],
    ids=["none", "another type", "not an address"],
)
def test_a_node_without_a_usable_address_is_named(addresses):
    """The error says which types were looked for, what was there, and the flag."""
    with pytest.raises(BadTargetError) as caught:
        ask(addresses)

    assert caught.value.cause == "no_address"
    text = str(caught.value)
    assert text.startswith("node n1: ")
    assert "InternalIP, ExternalIP, Hostname" in text
    assert "--kubelet-preferred-address-types" in text
    assert all(repr(address) in text for _, address in addresses)


PORTS = {
    "the status port wins": (10260, {}, RULES, 10260),
    "the flag's where there is none": (0, {}, AddressRules(port=10270), 10270),
    "the flag's when told so": (10260, {}, AddressRules(use_status_port=False), 10250),
    "the flag's when the status is absurd": (70_000, {}, RULES, 10250),
    "the annotation wins": (10260, {"tidegauge.dev/kubelet-port": "443"}, RULES, 443),
}


@pytest.mark.parametrize(("status", "annotations", "rules", "port"), PORTS.values(), ids=PORTS)
def test_the_port_is_the_most_special_one(status, annotations, rules, port):
    """Annotation before status before flag."""
    assert ask(status_port=status, annotations=annotations, rules=rules).port == port


def test_a_plain_node_is_asked_for_its_resource_metrics_by_address():
    """Nothing annotated: the usual path, and the certificate must be for the address."""
    assert ask() == Target(
        "n1", ("10.0.0.1", "192.0.2.1", "n1", "fd00::1"), 10250, "/metrics/resource", None
    )


NAMES = {
    "the dialled address as a rule": ({}, RULES, None),
    "the node's name if the flag says so": ({}, AddressRules(verify_node_name=True), "n1"),
    "the annotation's": ({"tidegauge.dev/kubelet-server-name": "a.b"}, RULES, "a.b"),
    "an IP too": ({"tidegauge.dev/kubelet-server-name": "fd00::9"}, RULES, "fd00::9"),
}


@pytest.mark.parametrize(("annotations", "rules", "name"), NAMES.values(), ids=NAMES)
def test_the_certificate_is_checked_for(annotations, rules, name):
    """One name for all nodes by rule, or one by annotation."""
    assert ask(annotations=annotations, rules=rules).server_name == name


PATHS = {
    "as it is": ("/metrics/custom", "/metrics/custom"),
    "no query can be smuggled in": ("/a?b=c#d", "/a%3Fb=c%23d"),
    "a percent sign is a percent sign": ("/a%2f", "/a%252f"),
    "empty means the usual": ("", "/metrics/resource"),
}


@pytest.mark.parametrize(("annotation", "path"), PATHS.values(), ids=PATHS)
def test_the_path_annotation_is_a_path_and_nothing_else(annotation, path):
    """It goes into a URL's path, as Go would put it there."""
    assert ask(annotations={"metrics.k8s.io/resource-metrics-path": annotation}).path == path


def test_a_node_can_opt_out():
    """And then nothing else about it is looked at."""
    assert ask((), annotations={"tidegauge.dev/scrape": "false"}) == Skipped("n1")
    assert isinstance(ask(annotations={"tidegauge.dev/scrape": "true"}), Target)


BAD = [
    ("tidegauge.dev/scrape", "False"),
    ("tidegauge.dev/kubelet-port", "0"),
    ("tidegauge.dev/kubelet-port", "65536"),
    ("tidegauge.dev/kubelet-port", "https"),
    ("tidegauge.dev/kubelet-port", "-1"),
    ("tidegauge.dev/kubelet-port", "٤٤٣"),
    ("tidegauge.dev/kubelet-port", "9" * 5000),
    ("metrics.k8s.io/resource-metrics-path", "metrics"),
    ("metrics.k8s.io/resource-metrics-path", "http://evil/"),
    ("metrics.k8s.io/resource-metrics-path", "/a b"),
    ("metrics.k8s.io/resource-metrics-path", "/a\r\nHost: b"),
    ("metrics.k8s.io/resource-metrics-path", "/é"),
    ("metrics.k8s.io/resource-metrics-path", "/" + "a" * 2000),
    ("tidegauge.dev/kubelet-server-name", "*.example"),
    ("tidegauge.dev/kubelet-server-name", "a..b"),
    ("tidegauge.dev/kubelet-server-name", ".a"),
    ("tidegauge.dev/kubelet-server-name", "a\nb"),
    ("tidegauge.dev/kubelet-server-name", "x" * 64),
]


@pytest.mark.parametrize(("annotation", "value"), BAD, ids=[f"{a}={v[:12]!a}" for a, v in BAD])
def test_a_bad_annotation_is_named_with_a_remedy(annotation, value):
    """The node is not asked some other way than the annotation wanted."""
    with pytest.raises(BadTargetError) as caught:
        ask(annotations={annotation: value})

    assert caught.value.cause == "bad_annotation"
    assert caught.value.node == "n1"
    assert str(caught.value).startswith(f"node n1: annotation {annotation}: ")
    assert str(caught.value).endswith("or remove it")
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("address", "authority"), [("10.0.0.1", "10.0.0.1:443"), ("fd00::1", "[fd00::1]:443")]
)
def test_ipv6_is_bracketed(address, authority):
    """Else its last group would be the port."""
    assert Target("n1", (address,), 443).authority(address) == authority
