"""The flags of `tidegauge controller`, declared once, and the way from a command line to options.

Names, defaults and meanings are kube-controller-manager's, as far as it has them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, NamedTuple

from tidegauge.autoscale.controller.electing import Terms
from tidegauge.autoscale.controller.leading import JITTER
from tidegauge.autoscale.controller.options import (
    ConfigMapPlace,
    LeasePlace,
    Options,
    new_identity,
)
from tidegauge.autoscale.engine.profiles import PROFILES
from tidegauge.console import goflags
from tidegauge.console.commandline import FlagError, flag_faults, values, vocabulary
from tidegauge.console.decidingflags import Deciding
from tidegauge.console.declaring import Flag, declare
from tidegauge.console.kinds import (
    DURATION,
    FILE,
    HOST_PORT,
    INTEGER,
    SWITCH,
    TEXT,
    WORDS,
    HostPort,
)
from tidegauge.console.options import Logging

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,240}[a-z0-9])?")
"""Of what is named so or begins so: `-memory-63` must fit in 253 letters, too."""
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_FILE = "file:"
_MOMENT = 0.001
"""The shortest of spans that must not be nothing."""

_PROBED = HostPort("0.0.0.0", 8080)  # noqa: S104  (a pod's probes come from its node)

DEAD = {
    "horizontal-pod-autoscaler-upscale-delay": "Kubernetes has dropped it",
    "horizontal-pod-autoscaler-downscale-delay": "Kubernetes has dropped it",
}
"""Accepted as kube-controller-manager accepted them, so that its arguments can be moved over."""


@dataclass(frozen=True, kw_only=True)
class General:
    title: ClassVar = "General"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False
    version: Annotated[bool, Flag(SWITCH, "Show the version and exit.")] = False
    kubeconfig: Annotated[
        str,
        Flag(FILE, "Kubeconfig for the API server.", default="the service account of the pod"),
    ] = ""
    namespaces: Annotated[
        tuple[str, ...],
        Flag(
            WORDS,
            "Namespaces whose HPAs are looked after; in others nothing is read or written.",
            short="n",
            default="all",
        ),
    ] = ()
    metrics_bind_address: Annotated[
        HostPort | None,
        Flag(
            HOST_PORT,
            "Where /metrics, /healthz, /livez and /readyz are served over plain HTTP; empty for "
            "nowhere.",
        ),
    ] = _PROBED


@dataclass(frozen=True, kw_only=True)
class Autoscaling(Deciding):
    title: ClassVar = "Autoscaling"

    concurrent_horizontal_pod_autoscaler_syncs: Annotated[
        int, Flag(INTEGER, "How many HPAs are looked at at a time.", at_least=1, at_most=1000)
    ] = 5
    memory: Annotated[
        str,
        Flag(
            TEXT,
            "Where recommendations and scale events are kept over a restart: configmap, file:PATH "
            "for a single controller, or none, as kube-controller-manager does it.",
        ),
    ] = "configmap"


@dataclass(frozen=True, kw_only=True)
class Election:
    title: ClassVar = "Leader election"

    leader_elect: Annotated[
        bool, Flag(SWITCH, "Work only while holding a Lease, so that replicas can stand by.")
    ] = True
    leader_elect_lease_duration: Annotated[
        float,
        Flag(DURATION, "How long others keep off after the leader's last sign.", at_least=1),
    ] = 15.0
    leader_elect_renew_deadline: Annotated[
        float,
        Flag(DURATION, "How long the leader works without having renewed.", at_least=_MOMENT),
    ] = 10.0
    leader_elect_retry_period: Annotated[
        float,
        Flag(DURATION, "How often the Lease is renewed, or looked at.", at_least=_MOMENT),
    ] = 2.0
    leader_elect_resource_lock: Annotated[
        str, Flag(TEXT, "The kind of lock.", choices=("leases",))
    ] = "leases"
    leader_elect_resource_name: Annotated[
        str, Flag(TEXT, "Name of the Lease, and what the ConfigMaps of --memory begin with.")
    ] = "tidegauge-controller"
    leader_elect_resource_namespace: Annotated[
        str, Flag(TEXT, "Namespace of the Lease and of these ConfigMaps.")
    ] = "kube-system"


SECTIONS = (General, Autoscaling, Election, Logging)

FLAGS = declare(SECTIONS)
"""In the order of `--help`."""


@dataclass(frozen=True, kw_only=True)
class ControllerOptions(Logging, Election, Autoscaling, General):
    """What the flags say. Durations are seconds; files are paths, empty where not given."""

    @property
    def controller(self) -> Options:
        """What of it the controller itself needs."""
        return Options(
            sync_period=self.horizontal_pod_autoscaler_sync_period,
            workers=self.concurrent_horizontal_pod_autoscaler_syncs,
            settings=self.settings,
            profile=PROFILES[self.profile],
            namespaces=self.namespaces,
            lease=self._lease if self.leader_elect else None,
            memory=self._memory,
        )

    @property
    def _lease(self) -> LeasePlace:
        return LeasePlace(
            namespace=self.leader_elect_resource_namespace,
            name=self.leader_elect_resource_name,
            identity=new_identity(),
            terms=Terms(
                lease_duration=self.leader_elect_lease_duration,
                renew_deadline=self.leader_elect_renew_deadline,
                retry_period=self.leader_elect_retry_period,
            ),
        )

    @property
    def _memory(self) -> ConfigMapPlace | Path | None:
        if self.memory.startswith(_FILE):
            return Path(self.memory.removeprefix(_FILE))
        if self.memory == "none":
            return None
        return ConfigMapPlace(
            namespace=self.leader_elect_resource_namespace, name=self.leader_elect_resource_name
        )


class Parsed(NamedTuple):
    options: ControllerOptions
    warnings: tuple[str, ...] = ()
    """One for each flag that was given and does nothing."""


def parse(arguments: Sequence[str]) -> Parsed:
    """Options from the arguments after the command's name. FlagError lists all that is wrong.

    When help or the version is asked for, nothing else is checked.
    """
    given = goflags.read(arguments, vocabulary(FLAGS, dict.fromkeys(DEAD, True)))
    read, unreadable = values(given.texts, FLAGS)
    options = ControllerOptions(**read)
    if options.help or options.version:
        return Parsed(options)
    if found := [*given.problems, *unreadable, *flag_faults(FLAGS, read), *_problems(options)]:
        raise FlagError(found)
    dead = [f"--{name} has no effect: {why}" for name, why in DEAD.items() if name in given.texts]
    return Parsed(options, tuple(dead))


def _problems(options: ControllerOptions) -> Iterator[str]:
    yield from _names(options)
    yield from _election(options)
    yield from _memory(options)


def _names(options: ControllerOptions) -> Iterator[str]:
    namespaces = [name for name in options.namespaces if name.strip()]
    for flag, name in (
        *(("namespaces", name) for name in namespaces),
        ("leader-elect-resource-namespace", options.leader_elect_resource_namespace),
    ):
        if not _NAMESPACE.fullmatch(name):
            yield (
                f"--{flag}: {name!r} cannot be a namespace: use lower-case letters, digits and "
                "dashes, at most 63"
            )
    name = options.leader_elect_resource_name
    if not _NAME.fullmatch(name):
        yield (
            f"--leader-elect-resource-name: {name!r} cannot be a name: use lower-case letters, "
            "digits, dashes and dots, at most 242"
        )


def _election(options: ControllerOptions) -> Iterator[str]:
    duration, deadline = options.leader_elect_lease_duration, options.leader_elect_renew_deadline
    if duration <= deadline:
        yield (
            "--leader-elect-lease-duration: must be longer than --leader-elect-renew-deadline, or "
            "two would work at once: give half as much again"
        )
    if deadline <= options.leader_elect_retry_period * JITTER:
        yield (
            f"--leader-elect-renew-deadline: must be over {JITTER} times "
            "--leader-elect-retry-period, or one slow answer would cost the lease"
        )


def _memory(options: ControllerOptions) -> Iterator[str]:
    said = options.memory
    if said not in ("configmap", "none") and not said.startswith(_FILE):
        yield f"--memory: {said!r} is neither configmap, none, nor file:PATH"
    elif said.startswith(_FILE):
        path = Path(said.removeprefix(_FILE))
        if path.is_dir():
            yield f"--memory: {path} is a directory: give the path of a file"
        elif not path.parent.is_dir():
            yield f"--memory: there is no directory {path.parent}: make it, or give another path"
