"""What a cgroup is, by its path, and how it is called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.sandbox.thismachine.names import (
    Names,
    containers_in,
    docker_name,
    podman_names,
    pods_in,
)
from tidegauge.sandbox.thismachine.naming import Place, Role, label, place, subdomain

ID = "0123456789ab" + "c" * 52
UID = "5f1c5a3e-9d0b-4c57-8f34-1a2b3c4d5e6f"
UNDERSCORED = UID.replace("-", "_")
STATIC = "0123456789abcdef0123456789abcdef"

KUBE = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"

UNITS = {
    "system.slice/ssh.service": ("system", "ssh", "service"),
    "system.slice/system-getty.slice/getty@tty1.service": ("system", "getty-tty1", "service"),
    "system.slice/dev\\x2dthing.service": ("system", "dev-thing", "service"),
    "init.scope": ("host", "init.scope", "scope"),
    "user.slice/user-1000.slice/session-3.scope": ("user-1000", "session-3.scope", "scope"),
    "user.slice/user-1000.slice/user@1000.service/app.slice/Foo_Bar.service": (
        "user-1000",
        "foo-bar",
        "service",
    ),
    "user.slice/user-1000.slice/user@1000.service/init.scope": (
        "user-1000",
        "init.scope",
        "scope",
    ),
    f"system.slice/docker-{ID}.scope": ("docker", "0123456789ab", "container"),
    f"docker/{ID}": ("docker", "0123456789ab", "container"),
    f"machine.slice/libpod-{ID}.scope": ("podman", "0123456789ab", "container"),
    f"libpod_parent/libpod-{ID}": ("podman", "0123456789ab", "container"),
    f"user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope": (
        "podman",
        "0123456789ab",
        "container",
    ),
    f"system.slice/nerdctl-{ID}.scope": ("containerd", "0123456789ab", "container"),
    f"default/{ID}": ("default", "0123456789ab", "container"),
    "openrc/sshd": ("openrc", "sshd", "group"),
    "lxc.payload.web/system.slice/nginx.service": ("lxc-payload-web", "nginx", "service"),
}


@pytest.mark.parametrize("path", UNITS)
def test_a_service_or_container_is_a_pod_of_one_container(path: str) -> None:
    """Under its slice's or its runtime's name."""
    found = place(tuple(path.split("/")))

    assert found.role is Role.UNIT
    assert (found.namespace, found.pod, found.container) == UNITS[path]


GROUPS = {
    "": "host",
    "system.slice": "system",
    "kubepods.slice": "kubepods",
    "kubepods.slice/kubepods-burstable.slice": "kubepods",
    "kubepods/besteffort": "kubepods",
    "user.slice": "user",
    "user.slice/user-1000.slice": "user-1000",
    "user.slice/user-1000.slice/user@1000.service": "user-1000",
    "user.slice/user-1000.slice/user@1000.service/app.slice": "user-1000",
    "docker": "docker",
    "openrc": "openrc",
}


@pytest.mark.parametrize("path", GROUPS)
def test_a_slice_holds_others(path: str) -> None:
    """It gives them its name as namespace."""
    found = place(tuple(filter(None, path.split("/"))))

    assert (found.role, found.namespace) == (Role.GROUP, GROUPS[path])


PODS = {
    f"{KUBE}{UNDERSCORED}.slice": ("kubepods", f"pod-{UID}", UID),
    f"kubepods.slice/kubepods-pod{UNDERSCORED}.slice": ("kubepods", f"pod-{UID}", UID),
    f"kubepods/burstable/pod{UID}": ("kubepods", f"pod-{UID}", UID),
    f"kubepods/pod{STATIC}": ("kubepods", f"pod-{STATIC}", STATIC),
    f"kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{UNDERSCORED}.slice": (
        "kubepods",
        f"pod-{UID}",
        UID,
    ),
    f"machine.slice/machine-libpod_pod_{ID}.slice": ("podman", "pod-0123456789ab", ID),
}


@pytest.mark.parametrize("path", PODS)
def test_pods_of_containers_are_known(path: str) -> None:
    """Of the kubelet, with either driver, and of Podman."""
    found = place(tuple(path.split("/")))

    assert found.role is Role.POD
    assert (found.namespace, found.pod, found.identity) == PODS[path]


CHILDREN = {
    f"cri-containerd-{ID}.scope": Role.CONTAINER,
    f"crio-{ID}.scope": Role.CONTAINER,
    f"docker-{ID}.scope": Role.CONTAINER,
    ID: Role.CONTAINER,
    f"libpod-{ID}.scope": Role.CONTAINER,
    f"crio-conmon-{ID}.scope": Role.NOTHING,
    f"libpod-conmon-{ID}.scope": Role.NOTHING,
}


@pytest.mark.parametrize("pod", PODS)
@pytest.mark.parametrize("child", CHILDREN)
def test_what_stands_in_a_pod(pod: str, child: str) -> None:
    """Containers of every runtime, but not those who watch over them."""
    found = place((*pod.split("/"), child))

    assert found.role is CHILDREN[child]
    if found.role is Role.CONTAINER:
        assert (found.container, found.identity) == ("0123456789ab", ID)


@pytest.mark.parametrize(
    "name", ["proc-sys.mount", "dbus.socket", "a.swap", f"libpod-conmon-{ID}.scope"]
)
def test_what_runs_nothing_is_not_shown(name: str) -> None:
    """Mounts and the like have accounts too, of no interest."""
    assert place(("system.slice", name)).role is Role.NOTHING


@given(st.lists(st.text(min_size=1), max_size=8).map(tuple))
def test_any_path_gets_names_that_kubernetes_admits(path: tuple[str, ...]) -> None:
    """Whatever directories are called."""
    found = place(path)

    labels = [found.namespace, found.container]
    assert all(
        re.fullmatch("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", text) or not text for text in labels
    )
    assert_subdomain(found.pod)


@given(st.text())
def test_any_text_becomes_a_name(text: str) -> None:
    """Never an empty one."""
    assert_subdomain(subdomain(text))
    assert subdomain(text)
    assert re.fullmatch("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", label(text))


def assert_subdomain(text: str) -> None:
    part = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    assert not text or re.fullmatch(rf"{part}(\.{part})*", text)
    assert len(text) <= 253


LOG = f"web-7c9f_shop_app-{ID}.log"


def test_the_kubelets_log_names_tell_pods_and_containers() -> None:
    """Other files there are passed over."""
    assert pods_in([f"shop_web-7c9f_{UID}", "README", "a_b_c"]) == {UID: ("shop", "web-7c9f")}
    assert containers_in([LOG, "README", "a_b.log"]) == {ID: "app"}


@pytest.mark.parametrize(
    ("config", "name"),
    [(b'{"Name":"/web","Other":[1]}', "web"), (b"{}", ""), (b"", ""), (b'{"Name":3}', "")],
)
def test_dockers_file_tells_a_name(config: bytes, name: str) -> None:
    """Or nothing, when it has another form."""
    assert docker_name(config) == name


def test_podmans_file_tells_names() -> None:
    """By id; who has none is left out."""
    content = b'[{"id":"a","names":["web","x"],"layer":"l"},{"id":"b"}]'

    assert podman_names(content) == {"a": "web"}
    assert podman_names(b"[1") == {}


def test_readable_names_replace_ids() -> None:
    """A pod by its UID, a container by its id; what is unknown keeps its own."""
    names = Names({UID: ("shop", "web-7c9f")}, {ID: "My_App"})
    pod = place(tuple(f"{KUBE}{UNDERSCORED}.slice".split("/")))
    inside = place((*f"{KUBE}{UNDERSCORED}.slice".split("/"), f"crio-{ID}.scope"))
    alone = place(("docker", ID))
    service = place(("system.slice", "ssh.service"))

    assert names.of(pod) == Place(Role.POD, "shop", "web-7c9f", identity=UID)
    assert names.of(inside).container == "my-app"
    assert names.of(alone) == Place(Role.UNIT, "docker", "my-app", "container", ID)
    assert names.of(service) is service
