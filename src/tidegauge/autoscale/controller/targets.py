"""The scale subresources of targets: read, and written with a new size."""

import asyncio
import random
from typing import Any, NamedTuple

import msgspec

from tidegauge.autoscale.controller.patience import patiently
from tidegauge.autoscale.controller.writing import NotLeadingError, Writer
from tidegauge.autoscale.engine.rescaling import Refused, Step, rescaling
from tidegauge.autoscale.engine.situation import Autoscaler, Scale, ScaleFailure
from tidegauge.autoscale.reading import objects
from tidegauge.autoscale.reading.discovering import Discovery
from tidegauge.autoscale.reading.errortexts import error_text
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError, Conflict
from tidegauge.units.clock import Clock

PAUSE, PAUSE_JITTER = 0.01, 0.1
"""Seconds before a size is written again after a conflict; client-go's default retry."""

DISCOVERED_SECONDS = 30.0
"""As long as kube-controller-manager believes what discovery said."""


class Target(NamedTuple):
    """A scale subresource as it was read."""

    path: str
    asked: str
    """As errors of client-go name it."""
    manifest: dict[str, Any]
    scale: Scale


class Targets:
    """Of all HPAs."""

    def __init__(self, client: Client, writer: Writer, clock: Clock) -> None:
        self._client = client
        self._writer = writer
        self._clock = clock
        self._discovery = Discovery(client)
        self._discovered = clock.monotonic()

    @property
    def discovery(self) -> Discovery:
        """What the API server offers, not older than `DISCOVERED_SECONDS`."""
        now = self._clock.monotonic()
        if now - self._discovered >= DISCOVERED_SECONDS:
            self._discovery, self._discovered = Discovery(self._client), now
        return self._discovery

    async def read(self, autoscaler: Autoscaler) -> Target | ScaleFailure:
        reference = autoscaler.spec.scale_target_ref
        if reference.api_version.count("/") > 1:
            return ScaleFailure("the reference is malformed")  # which the engine says itself
        resource = await self.discovery.target(reference)
        if isinstance(resource, ScaleFailure):
            return resource
        path = resource.path(autoscaler.namespace, reference.name, "scale")
        asked = f"{resource.qualified} {reference.name}"
        try:
            manifest = await self._get(path)
            return Target(path, asked, manifest, objects.scale(manifest))
        except ClusterError as error:
            return ScaleFailure(error_text(error, asked))
        except msgspec.ValidationError as error:
            return ScaleFailure(str(error))

    async def rescale(self, target: Target, replicas: int) -> str | None:
        """None, or why it was refused in the end. Raises NotLeadingError."""
        steps = rescaling()
        step = next(steps)
        while True:
            refused: Refused | None = None
            try:
                if step is Step.READ:
                    target = await self._read_again(target)
                else:
                    await self._write(target, replicas)
            except NotLeadingError:
                raise
            except ClusterError as error:
                refused = Refused(error_text(error, target.asked), isinstance(error, Conflict))
            try:
                step = steps.send(refused)
            except StopIteration as end:
                text: str | None = end.value
                return text

    async def _read_again(self, target: Target) -> Target:
        await asyncio.sleep(PAUSE * (1 + PAUSE_JITTER * random.random()))  # noqa: S311  (spreads load)
        return target._replace(manifest=await self._get(target.path))

    async def _get(self, path: str) -> dict[str, Any]:
        return await patiently(lambda: self._client.get(path, type=dict[str, Any]))

    async def _write(self, target: Target, replicas: int) -> None:
        spec = {**target.manifest.get("spec", {}), "replicas": replicas}
        body = {**target.manifest, "spec": spec}
        await self._writer.write("PUT", target.path, body, type=msgspec.Raw)
