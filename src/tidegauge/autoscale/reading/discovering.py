"""What the API server offers, asked for as far as it is needed, each document once."""

from collections.abc import Iterable

from tidegauge.autoscale.engine.answers import Failure
from tidegauge.autoscale.engine.situation import ScaleFailure
from tidegauge.autoscale.engine.spec import MetricSpec, Reference
from tidegauge.autoscale.reading.errortexts import error_text, failure
from tidegauge.autoscale.reading.mapping import (
    CORE,
    ApiGroup,
    ApiResource,
    ResourceList,
    find,
    group_of,
    no_match,
    version_path,
)
from tidegauge.autoscale.reading.metricapis import CUSTOM, Catalogue, choose_version
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, NotFound


class Discovery:
    """Remembers what it was told, but no errors; a new one sees changes.

    Raises ClusterError where nothing is told otherwise.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._groups: dict[str, ApiGroup | None] = {"": CORE}
        self._lists: dict[tuple[str, str], ResourceList] = {}

    async def group(self, name: str) -> ApiGroup | None:
        """None where there is no such group."""
        if name not in self._groups:
            try:
                self._groups[name] = await self._client.get(f"/apis/{name}", type=ApiGroup)
            except NotFound:
                self._groups[name] = None
        return self._groups[name]

    async def resource(self, group: str, kind: str) -> ApiResource | None:
        """In the most preferred version that has the kind; None where there is no such kind."""
        found = await self.group(group)
        for version in found.by_preference if found else ():
            if got := find(group, version, await self._listed(group, version), kind):
                return got
        return None

    async def target(self, reference: Reference) -> ApiResource | ScaleFailure:
        """The resource of a scale target. Raises nothing."""
        group = group_of(reference.api_version)
        try:
            found = await self.resource(group, reference.kind)
        except ClusterError as error:
            return ScaleFailure(error_text(error, group), unmapped=True)
        return found or ScaleFailure(no_match(group, reference.kind), unmapped=True)

    async def catalogue(self, metrics: Iterable[MetricSpec]) -> Catalogue:
        """For the questions of these metrics; what fails is in it. Raises nothing."""
        metrics = tuple(metrics)
        if not any(one.type in ("Pods", "Object") for one in metrics):
            return Catalogue()
        objects = {one.object.described_object for one in metrics if one.type == "Object"}
        return Catalogue(
            custom=await self._custom(),
            described={one: await self._described(one) for one in objects},
        )

    async def _listed(self, group: str, version: str) -> ResourceList:
        key = group, version
        if key not in self._lists:
            path = version_path(group, version)
            self._lists[key] = await self._client.get(path, type=ResourceList)
        return self._lists[key]

    async def _custom(self) -> str | Failure:
        try:
            return choose_version(await self.group(CUSTOM))
        except ClusterError as error:
            return failure(error, CUSTOM)

    async def _described(self, described: Reference) -> str | Failure:
        group = group_of(described.api_version)
        try:
            found = await self.resource(group, described.kind)
        except ClusterError as error:
            return failure(error, group)
        return found.qualified if found else Failure(no_match(group, described.kind))
