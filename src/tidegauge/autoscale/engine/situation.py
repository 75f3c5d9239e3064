"""All that a decision depends on."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tidegauge.autoscale.engine.answers import Answers
from tidegauge.autoscale.engine.memory import Memory
from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.profiles import NEWEST, Profile
from tidegauge.autoscale.engine.settings import Settings
from tidegauge.autoscale.engine.spec import Spec
from tidegauge.autoscale.engine.status import Status
from tidegauge.units.selectors import LabelSelector


class Autoscaler(Struct, frozen=True, kw_only=True):
    """The HPA object."""

    namespace: str
    name: str
    generation: int = 1
    spec: Spec
    status: Status = Status()

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def reference(self) -> str:
        """The target, as upstream's errors name it."""
        target = self.spec.scale_target_ref
        return f"{target.kind}/{self.namespace}/{target.name}"


class Scale(Struct, frozen=True):
    """The target's scale subresource."""

    replicas: int
    status_replicas: int
    selector: str


class ScaleFailure(Struct, frozen=True):
    """The scale could not be read; with the error's text."""

    message: str
    unmapped: bool = False
    """The kind of the target was not found, so nothing was asked for."""


class Situation(Struct, frozen=True, kw_only=True):
    """One reconcile's inputs."""

    autoscaler: Autoscaler
    scale: Scale | ScaleFailure
    pods: Sequence[Pod]
    """Of the namespace; the scale's selector is applied to them."""
    answers: Answers
    others: Mapping[str, LabelSelector] = {}
    """The selectors of the namespace's other HPAs, by `namespace/name`."""
    registered: bool = True
    """False: the HPA was deleted while this went on."""
    memory: Memory = Memory()
    now: float
    """Seconds; all other times are on the same clock."""
    settings: Settings = Settings()
    profile: Profile = NEWEST
