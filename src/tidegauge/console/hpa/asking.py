"""From flags to a reader of the cluster, for the verbs that look at one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from msgspec import Struct

from tidegauge.autoscale.engine.profiles import PROFILES, nearest
from tidegauge.autoscale.reading.reader import Reader
from tidegauge.cluster.client import Client
from tidegauge.console.clusterflags import Cluster, access_of
from tidegauge.console.declaring import Flag
from tidegauge.console.hpa.controllerflags import Controlling
from tidegauge.console.kinds import TEXT
from tidegauge.units.clock import SystemClock


@dataclass(frozen=True, kw_only=True)
class Deciding(Controlling):
    """Those of a controller that runs cannot be read from outside."""

    profile: Annotated[
        str,
        Flag(
            TEXT,
            "Version of Kubernetes whose ways the controller has.",
            choices=tuple(PROFILES),
            default="the API server's, or the nearest older one",
        ),
    ] = ""


class _Version(Struct):
    """What `/version` answers; some providers add a plus sign to the minor."""

    major: str = ""
    minor: str = ""


class Asker(Struct, frozen=True):
    """`namespace` is the one to look at unless another is named."""

    reader: Reader
    namespace: str
    profile: str


@asynccontextmanager
async def asker(
    cluster: Cluster, deciding: Deciding, environ: Mapping[str, str]
) -> AsyncIterator[Asker]:
    """Raises ClusterError where there is no cluster, or it says no."""
    access, clock = access_of(cluster, environ), SystemClock()
    async with Client(access, clock, environ=environ) as client:
        profile = deciding.profile or await _profile(client)
        settings = deciding.controller.settings
        reader = Reader(client, clock, settings, PROFILES[profile])
        yield Asker(reader, access.namespace, profile)


async def _profile(client: Client) -> str:
    version = await client.get("/version", type=_Version)
    return nearest(_number(version.major), _number(version.minor))


def _number(text: str) -> int:
    return int("".join(filter(str.isdecimal, text)) or 0)
