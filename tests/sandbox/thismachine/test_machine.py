"""One look at a host: from files of cgroups and /proc to nodes and pods."""

import os
import shutil
from pathlib import Path

import pytest

from tests.clock import ManualClock
from tests.sandbox.thismachine.trees import BOOT, HYBRID_MOUNTS, V1_MOUNTS, V2_MOUNTS, Host
from tidegauge.sandbox.records import Pod
from tidegauge.sandbox.thismachine import walking
from tidegauge.sandbox.thismachine.machine import (
    BY_CGROUPS,
    BY_SESSIONS,
    Machine,
    UnsupportedError,
)

ID = "0123456789ab" + "c" * 52
OTHER = "ba9876543210" + "d" * 52
UID = "5f1c5a3e-9d0b-4c57-8f34-1a2b3c4d5e6f"
KUBE_POD = f"kubepods.slice/kubepods-pod{UID.replace('-', '_')}.slice"


def machine_of(host: Host, clock: ManualClock | None = None) -> Machine:
    return Machine("host", clock or ManualClock(), host.root)


def pods_of(host: Host) -> dict[str, Pod]:
    return {f"{pod.namespace}/{pod.name}": pod for pod in machine_of(host).look().pods}


def test_totals_of_the_node(tmp_path: Path) -> None:
    """From /proc/stat and /proc/meminfo, stamped when they were read."""
    clock = ManualClock()

    node = machine_of(Host(tmp_path, V2_MOUNTS, swap_kib=50), clock).look()

    assert node.usage.cpu == 15 * 10**9
    assert node.usage.memory.working_set == 400_000 * 1024
    assert (node.usage.swap, node.swap_capacity) == (50 * 1024, 50 * 1024)
    assert (node.start, node.usage.time) == (BOOT, clock.now())
    assert node.memory_capacity == 1_000_000 * 1024


def test_version_2(tmp_path: Path) -> None:
    """A service is a pod whose totals are its container's."""
    host = Host(tmp_path, V2_MOUNTS)
    host.group2("system.slice", cpu_us=99, memory=99)
    host.group2("system.slice/ssh.service", cpu_us=5, memory=3000, swap=7)

    (pod,) = pods_of(host).values()

    assert (pod.namespace, pod.name) == ("system", "ssh")
    (container,) = pod.containers
    assert container.usage == pod.usage
    assert (pod.usage.cpu, pod.usage.memory.working_set) == (5000, 2000)
    assert (pod.usage.swap, pod.usage.swap_limit) == (7, 4096)


def test_version_1(tmp_path: Path) -> None:
    """Each figure from its own hierarchy; a group that is in one of them only is left out."""
    host = Host(tmp_path, V1_MOUNTS)
    host.group1("system.slice/ssh.service", cpu_ns=5000, memory=3000)
    host.group1("system.slice/odd.service", cpu_ns=5000)
    host.group1("process_api/x", memory=3000)

    (pod,) = pods_of(host).values()

    assert pod.name == "ssh"
    assert (pod.usage.cpu, pod.usage.memory.working_set, pod.usage.swap) == (5000, 2000, None)


def test_both_versions(tmp_path: Path) -> None:
    """On hybrid hosts CPU may be in version 2 where memory is in version 1."""
    host = Host(tmp_path, HYBRID_MOUNTS)
    host.group1("system.slice/ssh.service", memory=3000)
    host.write("sys/fs/cgroup/unified/system.slice/ssh.service/cpu.stat", "usage_usec 5\n")

    (pod,) = pods_of(host).values()

    assert (pod.usage.cpu, pod.usage.memory.working_set) == (5000, 2000)


def test_a_pod_of_kubernetes(tmp_path: Path) -> None:
    """Its totals are its own group's, and names come from the kubelet's logs."""
    host = Host(tmp_path, V2_MOUNTS)
    host.group2(KUBE_POD, cpu_us=100, memory=9000)
    host.group2(f"{KUBE_POD}/cri-containerd-{ID}.scope", cpu_us=60, memory=3000)
    host.group2(f"{KUBE_POD}/cri-containerd-{OTHER}.scope", cpu_us=30, memory=4000)
    host.write(f"var/log/pods/shop_web-x_{UID}/app/0.log", "")
    host.write(f"var/log/containers/web-x_shop_app-{ID}.log", "")

    pods = pods_of(host)

    pod = pods["shop/web-x"]
    assert pod.uid == UID
    assert [each.name for each in pod.containers] == ["app", "ba9876543210"]
    assert (pod.usage.cpu, pod.usage.memory.working_set) == (100_000, 8000)


def test_a_pod_without_containers_is_left_out(tmp_path: Path) -> None:
    """The kubelet makes its group before any container runs."""
    host = Host(tmp_path, V2_MOUNTS)
    host.group2(KUBE_POD, cpu_us=100, memory=9000)
    host.group2("system.slice/ssh.service", cpu_us=5, memory=3000)

    assert list(pods_of(host)) == ["system/ssh"]


def test_a_docker_container_has_its_name(tmp_path: Path) -> None:
    """As Docker keeps it."""
    host = Host(tmp_path, V2_MOUNTS)
    host.group2(f"system.slice/docker-{ID}.scope", cpu_us=5, memory=3000)
    host.write(f"var/lib/docker/containers/{ID}/config.v2.json", '{"Name":"/web_1"}')

    assert list(pods_of(host)) == ["docker/web-1"]


@pytest.mark.parametrize(("procs", "shown"), [("17\n", ["my/my.slice"]), ("", [])])
def test_a_slice_that_holds_processes_only(tmp_path: Path, procs: str, shown: list[str]) -> None:
    """It is a pod itself; an empty one is none."""
    host = Host(tmp_path, V2_MOUNTS)
    host.group2("my.slice", cpu_us=5, memory=3000, procs=procs)
    host.group2("system.slice/ssh.service", cpu_us=5, memory=3000)

    assert list(pods_of(host)) == [*shown, "system/ssh"]


def test_names_that_come_out_the_same_are_told_apart(tmp_path: Path) -> None:
    """Both pods are there."""
    host = Host(tmp_path, V2_MOUNTS)
    host.group2("system.slice/a_b.service", cpu_us=5, memory=3000)
    host.group2("system.slice/a-b.service", cpu_us=6, memory=3000)

    pods = pods_of(host)

    assert len(pods) == 2
    assert all(name.startswith("system/a-b") for name in pods)


def test_a_start_stays_as_long_as_the_group_lives(tmp_path: Path) -> None:
    """A directory's time may move while it lives; a new group under its name starts anew."""
    host = Host(tmp_path, V2_MOUNTS)
    group = tmp_path / "sys/fs/cgroup/system.slice/ssh.service"
    host.group2("system.slice/ssh.service", cpu_us=5, memory=3000)
    os.utime(group, (BOOT + 50, BOOT + 50))
    machine = machine_of(host)

    first = machine.look().pods[0].start
    os.utime(group, (BOOT + 500, BOOT + 500))
    second = machine.look().pods[0].start
    shutil.move(group, tmp_path / "away")
    host.group2("system.slice/ssh.service", cpu_us=1, memory=3000)
    os.utime(group, (BOOT + 700, BOOT + 700))
    third = machine.look().pods[0].start

    assert (first, second, third) == (BOOT + 50, BOOT + 50, BOOT + 700)


def test_the_oldest_process_tells_the_start_too(tmp_path: Path) -> None:
    """The kernel may have made the directory's inode anew since."""
    host = Host(tmp_path, V2_MOUNTS)
    host.process(17, "sshd", session=17, ticks=1, start=2000)
    host.group2("system.slice/ssh.service", cpu_us=5, memory=3000, procs="17\n99\n")

    assert machine_of(host).look().pods[0].start == BOOT + 20


def test_a_walk_ends_at_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look is not whole then, and what was found is told."""
    monkeypatch.setattr(walking, "MAX_GROUPS", 3)
    host = Host(tmp_path, V2_MOUNTS)
    for number in range(5):
        host.group2(f"system.slice/s{number}.service", cpu_us=5, memory=3000)

    node = machine_of(host).look()

    assert not node.whole
    assert len(node.pods) == 2


def test_deep_trees_are_cut(tmp_path: Path) -> None:
    """A group that nests without end holds nobody up."""
    host = Host(tmp_path, V2_MOUNTS)
    host.group2("/".join(["a.slice"] * 30), cpu_us=5, memory=3000)

    assert not machine_of(host).look().whole


def test_without_cgroups_sessions_are_shown(tmp_path: Path) -> None:
    """A session is a pod, named after the oldest command in it; kernel threads are none."""
    host = Host(tmp_path, V2_MOUNTS)
    host.process(2, "kthreadd", session=0, ticks=9, start=1, kernel=True)
    host.process(40, "Bash", session=40, ticks=10, start=100)
    host.process(41, "burn", session=40, ticks=25, start=200)
    machine = machine_of(host)

    (pod,) = machine.look().pods

    assert machine.grouped_by == BY_SESSIONS
    assert (pod.namespace, pod.name) == ("sessions", "bash-40")
    assert [each.name for each in pod.containers] == ["bash"]
    assert (pod.usage.cpu, pod.start) == (350_000_000, BOOT + 1)
    assert pod.usage.memory.working_set == 2 * 200 * os.sysconf("SC_PAGE_SIZE")
    assert pod.usage.processes == 2


def test_a_session_never_uses_less_than_before(tmp_path: Path) -> None:
    """What ended keeps its share; what came adds its own."""
    host = Host(tmp_path, V2_MOUNTS)
    host.process(40, "bash", session=40, ticks=10, start=100)
    host.process(41, "burn", session=40, ticks=25, start=200)
    machine = machine_of(host)

    machine.look()
    shutil.rmtree(tmp_path / "proc/41")
    host.process(40, "bash", session=40, ticks=12, start=100)
    host.process(42, "burn", session=40, ticks=3, start=300)
    (pod,) = machine.look().pods

    assert pod.usage.cpu == (10 + 25 + 2 + 3) * 10_000_000
    assert pod.start == BOOT + 1


def test_a_session_id_used_again_is_another_session(tmp_path: Path) -> None:
    """With a start and a counter of its own."""
    host = Host(tmp_path, V2_MOUNTS)
    host.process(40, "bash", session=40, ticks=10, start=100)
    machine = machine_of(host)

    before = machine.look().pods[0]
    host.process(40, "zsh", session=40, ticks=1, start=900)
    after = machine.look().pods[0]

    assert (after.name, after.start, after.usage.cpu) == ("zsh-40", BOOT + 9, 10_000_000)
    assert after.uid != before.uid


def test_cgroups_that_appear_later_are_taken(tmp_path: Path) -> None:
    """As when Docker's first container starts."""
    host = Host(tmp_path, V2_MOUNTS)
    machine = machine_of(host)
    machine.look()

    host.group2(f"docker/{ID}", cpu_us=5, memory=3000)
    machine.look()

    assert machine.grouped_by == BY_CGROUPS


def test_without_linux_it_says_so(tmp_path: Path) -> None:
    """Instead of figures out of nothing."""
    with pytest.raises(UnsupportedError, match="run this on Linux"):
        Machine("host", ManualClock(), tmp_path)
