"""What a controller can be told."""

import socket
from pathlib import Path
from uuid import uuid4

from msgspec import Struct, field

from tidegauge.autoscale.controller.electing import Terms
from tidegauge.autoscale.engine.profiles import NEWEST, Profile
from tidegauge.autoscale.engine.settings import Settings


def new_identity() -> str:
    """A name that no other candidate has, on this host or elsewhere."""
    return f"{socket.gethostname()}_{uuid4()}"


class LeasePlace(Struct, frozen=True, kw_only=True):
    """The Lease to hold while working."""

    namespace: str = "kube-system"
    name: str = "tidegauge-controller"
    identity: str = field(default_factory=new_identity)
    terms: Terms = Terms()


class ConfigMapPlace(Struct, frozen=True, kw_only=True):
    """ConfigMaps for memories: `NAME-memory-0` and so on."""

    namespace: str = "kube-system"
    name: str = "tidegauge-controller"


class Options(Struct, frozen=True, kw_only=True):
    """Times in seconds. The defaults are kube-controller-manager's; without election or keeping."""

    sync_period: float = 15.0
    workers: int = 5
    """HPAs that are looked at at a time."""
    settings: Settings = Settings()
    profile: Profile = NEWEST
    namespaces: tuple[str, ...] = ()
    """None means all."""
    lease: LeasePlace | None = None
    """None: nobody else does this work."""
    memory: ConfigMapPlace | Path | None = None
    """Where memories are kept for who comes next; None: nowhere, as upstream."""
