"""Rules about what pods may use at most, where a metric is held against it."""

from collections.abc import Iterator

from tidegauge.autoscale.engine.pods import Pod
from tidegauge.autoscale.engine.profiles import NEWEST
from tidegauge.autoscale.engine.requests import requests_by_pod
from tidegauge.autoscale.engine.spec import ResourceSource
from tidegauge.autoscale.engine.tolerance import Tolerance
from tidegauge.autoscale.lint.access import Json
from tidegauge.autoscale.lint.findings import Found, Severity, rule
from tidegauge.autoscale.lint.podspecs import lacks_container, limit
from tidegauge.autoscale.lint.requests import request_problem
from tidegauge.autoscale.lint.sources import is_share, resource_sources
from tidegauge.autoscale.lint.subject import Subject
from tidegauge.autoscale.lint.tolerances import tolerance
from tidegauge.units.quantities import DECIMAL_SI, milli_quantity


@rule(
    "HPA303",
    Severity.ERROR,
    "The limits keep usage below the target",
    why="Usage cannot pass the limits: CPU is throttled there, and memory gets the container "
    "killed. If the figure at the limits is still within tolerance of the target, this metric "
    "never scales up.",
    remedy="Lower the target, raise the limits, or lower the requests.",
)
def unreachable_target(subject: Subject) -> Iterator[Found]:
    allowed = tolerance(subject)
    for path, source in resource_sources(subject):
        reaches = [_most(pod, spec, source) for pod, spec in subject.pods]
        known = [each for each in reaches if each is not None]
        if known and len(known) == len(reaches) and not _ever_above(known, source, allowed):
            figure = "averageUtilization" if is_share(source) else "averageValue"
            yield Found(f"{path}.target.{figure}", _explain(max(known), source, allowed))


def _most(pod: Pod, spec: Json, source: ResourceSource) -> int | None:
    """The most that the metric can show of such a pod: percent, or milli-units."""
    most = limit(spec, source.name, source.container)
    if most is None or not is_share(source):
        return most
    if request_problem(pod, source) or lacks_container(spec, source.container):
        return None
    request = requests_by_pod((pod,), source.container, source.name, NEWEST)[pod.name]
    return most * 100 // request if request else None


def _goal(source: ResourceSource) -> int:
    value, share = source.target.average_value, source.target.average_utilization
    return value.milli if value is not None else share or 0


def _ever_above(most: list[int], source: ResourceSource, allowed: Tolerance) -> bool:
    goal = _goal(source)
    return not goal or any(
        one > goal and not allowed.holds(float(one) / float(goal)) for one in most
    )


def _explain(most: int, source: ResourceSource, allowed: Tolerance) -> str:
    top = allowed.band[1]
    if is_share(source):
        return (
            f"at its limits a pod uses {most} % of its request for {source.name}, and only more "
            f"than {source.target.average_utilization} % x {top:g} scales up"
        )
    shown = milli_quantity(most, DECIMAL_SI)
    return (
        f"at its limits a pod uses {shown} of {source.name}, and only more than "
        f"{source.target.average_value} x {top:g} scales up"
    )
