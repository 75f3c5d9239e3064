"""Which questions an HPA's metrics put to the metric APIs, and what the answers are worth.

Questions are hashable, and equal ones have equal answers: who looks after many HPAs asks each once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from tidegauge.autoscale.engine.answers import Answers, Failure, PodUsage, PodValue
from tidegauge.autoscale.engine.labelselector import selector_fault
from tidegauge.autoscale.engine.spec import MetricName, MetricSpec, Reference
from tidegauge.autoscale.reading.mapping import ApiGroup, group_of, segment, version_path
from tidegauge.autoscale.reading.metriclists import (
    external_values,
    object_value,
    pod_usages,
    pod_values,
)

Answer: TypeAlias = Sequence[PodUsage] | Sequence[PodValue] | Sequence[int] | int | Failure

RESOURCE, CUSTOM, EXTERNAL = "metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io"

_CUSTOM_VERSIONS = ("v1beta1", "v1beta2")


_Decode: TypeAlias = Callable[[bytes], Answer]


class Question(Struct, frozen=True):
    """A GET request for JSON."""

    decode: _Decode
    path: str
    params: tuple[tuple[str, str], ...]
    resource: str
    """As authorization and upstream's errors name it."""
    name: str = ""
    subresource: str = ""

    @property
    def asked(self) -> str:
        """As client-go's errors end."""
        return f"{self.resource} {self.name}".rstrip()

    @property
    def access(self) -> tuple[str, str]:
        """The verb and the resource that a Role has to grant."""
        verb = "get" if self.name else "list"
        return verb, "/".join(filter(None, (self.resource, self.subresource)))

    def answer(self, body: bytes) -> Answer:
        """A body that cannot be read is a failure, too."""
        try:
            return self.decode(body)
        except ValueError as error:
            return Failure(str(error))


class Catalogue(Struct, frozen=True, kw_only=True):
    """What discovery said, as far as metrics of the types Pods and Object need it."""

    custom: str | Failure = Failure(f"no custom metrics API ({CUSTOM}) registered")
    """The version of the custom metrics API."""
    described: Mapping[Reference, str | Failure] = {}
    """The qualified resource of each object that a metric describes."""


class Questions(Struct, frozen=True, kw_only=True):
    """In the form of `Answers`; a failure stands where there is no use asking."""

    resource: Question | None = None
    pods: Mapping[MetricName, Question | Failure] = {}
    object: Mapping[tuple[Reference, MetricName], Question | Failure] = {}
    external: Mapping[MetricName, Question | Failure] = {}

    def __iter__(self) -> Iterator[Question]:
        """Each once."""
        asked = (self.resource, *self.pods.values(), *self.object.values(), *self.external.values())
        return iter(dict.fromkeys(one for one in asked if isinstance(one, Question)))

    def answers(self, got: Mapping[Question, Answer]) -> Answers:
        """What the engine wants, by what each question got."""

        def of(asked: Question | Failure | None) -> Any:
            return got.get(asked, ()) if isinstance(asked, Question) else asked or ()

        return Answers(
            resource=of(self.resource),
            pods={metric: of(asked) for metric, asked in self.pods.items()},
            object={key: found for key, asked in self.object.items() if (found := of(asked)) != ()},
            external={metric: of(asked) for metric, asked in self.external.items()},
        )


def questions(
    metrics: Iterable[MetricSpec], namespace: str, selector: str, catalogue: Catalogue
) -> Questions:
    """`selector` is the scale's. What cannot be asked for, such as by a bad selector, is left out:
    the engine refuses it before it looks for an answer.
    """
    metrics = tuple(metrics)
    ask = _Asking(namespace, selector, catalogue)
    by_usage = any(one.type in ("Resource", "ContainerResource") for one in metrics)
    pods = [one.pods.metric for one in metrics if one.type == "Pods"]
    objects = [one.object for one in metrics if one.type == "Object"]
    external = [one.external.metric for one in metrics if one.type == "External"]
    return Questions(
        resource=ask.resource() if by_usage else None,
        pods={metric: ask.pods(metric) for metric in pods if _sound(metric)},
        object={
            (one.described_object, one.metric): ask.object(one.described_object, one.metric)
            for one in objects
            if _sound(one.metric)
        },
        external={metric: ask.external(metric) for metric in external if _sound(metric)},
    )


def choose_version(custom: ApiGroup | None) -> str | Failure:
    """Of the custom metrics API, the preferred version if upstream knows it, else the first known;
    None where there is no such group.
    """
    if custom is None:
        return Catalogue().custom
    known = (version for version in custom.by_preference if version in _CUSTOM_VERSIONS)
    return next(known, Failure("no known available metric versions found"))


class _Asking(Struct, frozen=True):
    namespace: str
    selector: str
    catalogue: Catalogue

    def _path(self, group: str, version: str, *parts: str) -> str:
        where = ("namespaces", self.namespace, *parts)
        return "/".join((version_path(group, version), *map(segment, where)))

    def resource(self) -> Question:
        path = self._path(RESOURCE, "v1beta1", "pods")
        params = _params(labelSelector=self.selector)
        return Question(pod_usages, path, params, f"pods.{RESOURCE}")

    def pods(self, metric: MetricName) -> Question | Failure:
        selected = {"labelSelector": self.selector}
        return self._custom(pod_values, ("pods", "*", metric.name), metric, selected)

    def object(self, described: Reference, metric: MetricName) -> Question | Failure:
        """A namespace is asked for by the HPA's own, whatever name is given."""
        group = group_of(described.api_version)
        if (group, described.kind) == ("", "Namespace"):
            return self._custom(object_value, ("metrics", metric.name), metric)
        resource = self.catalogue.described.get(described, Failure("it was not looked up"))
        if isinstance(resource, Failure):
            kind = f"{described.kind}.{group}" if group else described.kind
            return Failure(f"unable to map kind {kind} to resource: {resource.message}")
        return self._custom(object_value, (resource, described.name, metric.name), metric)

    def external(self, metric: MetricName) -> Question:
        path = self._path(EXTERNAL, "v1beta1", metric.name)
        params = _params(labelSelector=query(metric.selector))
        return Question(external_values, path, params, f"{metric.name}.{EXTERNAL}")

    def _custom(
        self,
        decode: _Decode,
        parts: tuple[str, ...],
        metric: MetricName,
        selected: Mapping[str, str] | None = None,
    ) -> Question | Failure:
        version = self.catalogue.custom
        if isinstance(version, Failure):
            return version
        params = _params(**(selected or {}), metricLabelSelector=query(metric.selector))
        resource, name, *subresource = parts
        path = self._path(CUSTOM, version, *parts)
        return Question(decode, path, params, f"{resource}.{CUSTOM}", name, *subresource)


def _params(**params: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in params.items() if value)


def _sound(metric: MetricName) -> bool:
    return selector_fault(metric.selector) is None


def query(selector: Mapping[str, Any] | None) -> str:
    """A LabelSelector as text; none and an empty one ask for everything."""
    labels = (selector or {}).get("matchLabels") or {}
    terms = [(key, f"{key}={value}") for key, value in labels.items()]
    for expression in (selector or {}).get("matchExpressions") or ():
        key = expression.get("key", "")
        terms.append((key, _term(key, expression)))
    return ",".join(text for _key, text in sorted(terms, key=lambda term: term[0]))


def _term(key: str, expression: Mapping[str, Any]) -> str:
    operator = expression["operator"]
    if operator == "Exists":
        return key
    if operator == "DoesNotExist":
        return f"!{key}"
    values = ",".join(sorted(expression.get("values") or ()))
    return f"{key} {operator.lower()} ({values})"
