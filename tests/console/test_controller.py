"""`tidegauge controller`: its flags, its documentation, and the process that they start."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tests.realcluster.process import free_port
from tidegauge.autoscale.controller import ConfigMapPlace, LeasePlace, Options
from tidegauge.autoscale.controller.electing import Terms
from tidegauge.autoscale.controller.measures import Measures
from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.console.commandline import FlagError
from tidegauge.console.controlleroptions import FLAGS, parse
from tidegauge.console.exits import Exit
from tidegauge.console.main import main
from tidegauge.console.wording import tables
from tidegauge.sandbox.apiserver.server import ApiServer

DOCUMENT = (Path(__file__).parents[2] / "docs" / "controller.md").read_text("utf-8")
SECONDS = 10.0


def test_defaults() -> None:
    """Those of kube-controller-manager, with a Lease and a memory."""
    options = parse([]).options.controller

    assert options.lease is not None
    assert options == Options(
        sync_period=15.0,
        workers=5,
        settings=Settings(),
        profile=PROFILES["1.37"],
        namespaces=(),
        lease=LeasePlace(
            namespace="kube-system",
            name="tidegauge-controller",
            identity=options.lease.identity,
            terms=Terms(lease_duration=15.0, renew_deadline=10.0, retry_period=2.0),
        ),
        memory=ConfigMapPlace(namespace="kube-system", name="tidegauge-controller"),
    )


def test_flags() -> None:
    """Each of upstream's flags arrives where it is meant to."""
    options = parse(
        [
            "--horizontal-pod-autoscaler-sync-period=2s",
            "--horizontal-pod-autoscaler-tolerance=0.25",
            "--horizontal-pod-autoscaler-downscale-stabilization=1m",
            "--horizontal-pod-autoscaler-cpu-initialization-period=3s",
            "--horizontal-pod-autoscaler-initial-readiness-delay=4s",
            "--concurrent-horizontal-pod-autoscaler-syncs=9",
            "--profile=1.26",
            "--namespaces=a,b",
            "--leader-elect=false",
            "--memory=none",
        ]
    ).options.controller

    assert options == Options(
        sync_period=2.0,
        workers=9,
        settings=Settings(
            tolerance=0.25,
            downscale_stabilization=60.0,
            cpu_initialization_period=3.0,
            initial_readiness_delay=4.0,
        ),
        profile=PROFILES["1.26"],
        namespaces=("a", "b"),
    )


def test_memory_in_a_file(tmp_path: Path) -> None:
    """The file need not be there yet, its directory must."""
    path = tmp_path / "memories"

    assert parse([f"--memory=file:{path}"]).options.controller.memory == path


def test_flags_that_kubernetes_has_dropped() -> None:
    """They are let pass, so that arguments can be moved over, and do nothing."""
    (warning,) = parse(["--horizontal-pod-autoscaler-upscale-delay=3m"]).warnings

    assert warning.startswith("--horizontal-pod-autoscaler-upscale-delay has no effect")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--horizontal-pod-autoscaler-sync-period=0s"], "0s is too little"),
        (["--horizontal-pod-autoscaler-tolerance=-1"], "-1 is too little"),
        (["--horizontal-pod-autoscaler-tolerance=nan"], "'nan' is not a number"),
        (["--concurrent-horizontal-pod-autoscaler-syncs=0"], "0 is too little"),
        (["--profile=1.12"], "'1.12' is none of 1.26, 1.32, 1.33, 1.37"),
        (["--namespaces=Shop"], "--namespaces: 'Shop' cannot be a namespace"),
        (["--namespaces=a.b"], "--namespaces: 'a.b' cannot be a namespace"),
        (["--leader-elect-resource-namespace=a/b"], "'a/b' cannot be a namespace"),
        ([f"--leader-elect-resource-name={'a' * 243}"], "cannot be a name: "),
        (["--namespaces=a,"], "--namespaces: has an empty entry"),
        (["--leader-elect-resource-name="], "--leader-elect-resource-name: '' cannot be a name"),
        (["--leader-elect-lease-duration=10s"], "must be longer than --leader-elect-renew"),
        (["--leader-elect-retry-period=9s"], "--leader-elect-renew-deadline: must be over"),
        (["--leader-elect-resource-lock=endpoints"], "'endpoints' is none of leases"),
        (["--memory=somewhere"], "--memory: 'somewhere' is neither"),
        (["--memory=file:/nowhere/at/all"], "there is no directory /nowhere/at"),
        (["--memory=file:/"], "--memory: / is a directory"),
        (["--metrics-bind-address=8080"], "is not an address with a port"),
        (["--kubeconfig=/nowhere"], "cannot read /nowhere"),
    ],
    ids=repr,
)
def test_what_cannot_be_used_is_told(arguments: list[str], told: str) -> None:
    """Naming the flag, and what would be right."""
    with pytest.raises(FlagError) as caught:
        parse(arguments)
    (problem,) = caught.value.problems
    assert told in problem
    assert problem.startswith("--")


def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """Help and version are fine, bad flags are not."""
    assert main(["controller", "--help"]) == Exit.FINE
    assert "--horizontal-pod-autoscaler-sync-period" in capsys.readouterr().out
    assert main(["controller", "--version"]) == Exit.FINE
    assert main(["controller", "--sync=1"]) == Exit.BAD_INPUT
    assert "tidegauge controller: --sync: no such flag" in capsys.readouterr().err


def test_docs_have_every_flag_as_declared() -> None:
    """docs/controller.md holds the tables that the declarations make."""
    assert "\n".join(tables(FLAGS)).strip() in DOCUMENT


def test_docs_have_every_family() -> None:
    """Each family of our own is explained by its full name."""
    registry = CollectorRegistry()
    Measures(registry)
    ours = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in registry.collect()
        if family.name.startswith("tidegauge_")
    }

    assert len(ours) == 9
    assert [name for name in sorted(ours) if f"`{name}`" not in DOCUMENT] == []


async def page(port: int, path: str) -> str:
    """One of the plain pages, head and body; empty while nobody listens."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return ""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode())
    text = await reader.read()
    writer.close()
    await writer.wait_closed()
    return text.decode()


async def test_process(tmp_path: Path) -> None:
    """It becomes ready, leads, serves its pages, and ends in order when told to."""
    api = ApiServer()
    await api.start()
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tidegauge",
        "controller",
        f"--kubeconfig={api.kubeconfig(tmp_path / 'admin.conf')}",
        f"--metrics-bind-address=127.0.0.1:{port}",
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            while "\ntidegauge_controller_leading 1.0" not in await page(port, "/metrics"):
                await asyncio.sleep(0.05)
            ready, nowhere = await page(port, "/readyz"), await page(port, "/")
            process.send_signal(signal.SIGTERM)
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
        await api.stop()

    assert process.returncode == Exit.FINE
    assert ready.endswith("\r\n\r\nok")
    assert nowhere.startswith("HTTP/1.1 404")
    assert "see /metrics, /healthz, /livez, /readyz" in nowhere
    lease = api.storage.get("leases", "kube-system", "tidegauge-controller")
    assert lease is not None
    assert lease["spec"].get("holderIdentity", "") == ""
    said = [json.loads(line)["event"] for line in errors.splitlines()]
    assert said[0] == "started"
    assert said[-1] == "stopping"
