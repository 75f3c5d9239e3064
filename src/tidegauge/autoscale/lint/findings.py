"""What lint says: rules, and what they found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from tidegauge.autoscale.lint.access import Json, text_at

if TYPE_CHECKING:
    from tidegauge.autoscale.lint.subject import Subject


class Severity(StrEnum):
    """From bad to harmless."""

    ERROR = "error"
    """It is refused, never scales, or works against something else."""
    WARNING = "warning"
    """It works, but hardly as meant."""
    INFO = "info"
    """Good to know; may be on purpose."""

    def reaches(self, least: "Severity") -> bool:
        """Whether it is at least as bad."""
        order = list(Severity)
        return order.index(self) <= order.index(least)


class Place(Struct, frozen=True, kw_only=True):
    """A field of an object. The namespace is empty where the object says none."""

    kind: str
    namespace: str = ""
    name: str
    path: str = ""
    """As the API server writes it: `spec.metrics[0].resource.target`; empty for the whole."""

    @property
    def object(self) -> str:
        """The object as people name it."""
        return f"{self.kind} {self.namespace}/{self.name}".replace(" /", " ")


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that one rule found."""

    rule: str
    severity: Severity
    autoscaler: Place
    """The HPA it is about, as a whole."""
    place: Place
    """The field to look at, which may be another object's."""
    message: str
    """What is the case, in one sentence."""
    why: str
    remedy: str
    """What to do: a sentence, a command or some YAML."""


class Found(Struct, frozen=True):
    """What a rule's check yields: a field of the HPA unless `place` says another object's."""

    path: str
    message: str
    remedy: str = ""
    """Where the case allows a more exact one than the rule's."""
    place: Place | None = None


Check = Callable[["Subject"], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of fault. Its id is never given to another."""

    id: str
    severity: Severity
    title: str
    why: str
    remedy: str
    check: Check = field(repr=False)

    def findings(self, subject: "Subject") -> Iterator[Finding]:
        """Of one HPA."""
        for found in self.check(subject):
            yield self.finding(subject.place(), found)

    def finding(self, autoscaler: Place, found: Found) -> Finding:
        """What was found, with what the rule has to say about it."""
        kind, namespace, name = autoscaler.kind, autoscaler.namespace, autoscaler.name
        return Finding(
            rule=self.id,
            severity=self.severity,
            autoscaler=autoscaler,
            place=found.place or Place(kind=kind, namespace=namespace, name=name, path=found.path),
            message=found.message,
            why=self.why,
            remedy=found.remedy or self.remedy,
        )


def rule(
    id_: str, severity: Severity, title: str, *, why: str, remedy: str
) -> Callable[[Check], Rule]:
    """Make a check a rule."""
    return lambda check: Rule(id_, severity, title, why, remedy, check)


def place_of(manifest: Json, path: str = "") -> Place:
    """Where an object's field is."""
    name = text_at(manifest, "metadata.name") or text_at(manifest, "metadata.generateName")
    namespace = text_at(manifest, "metadata.namespace")
    return Place(kind=text_at(manifest, "kind"), namespace=namespace, name=name, path=path)
