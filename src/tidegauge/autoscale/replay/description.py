"""A workload as people describe it: in a file, by flags, and by the manifest of a Deployment."""

from collections.abc import Callable, Mapping
from typing import Any

import yaml
from msgspec import Struct
from msgspec.structs import asdict

from tidegauge.autoscale.replay.measuring import Figure
from tidegauge.units.duration import parse_duration
from tidegauge.units.quantities import QuantityError, parse

DEFAULT_WORK = 0.01
"""CPU seconds per request, of a web service that does little more than ask a database."""


class ContainerDescription(Struct, frozen=True, kw_only=True):
    """What is None was not said. Cores, bytes and seconds; see `workload.Container`."""

    work: float | None = None
    idle: float | None = None
    starting: float | None = None
    request: float | None = None
    limit: float | None = None
    memory: float | None = None
    memory_per_rate: float | None = None
    memory_request: float | None = None


class Description(ContainerDescription, frozen=True, kw_only=True):
    """The fields of a container are those of the one that does the work."""

    container: str | None = None
    """Its name."""
    replicas: int | None = None
    start_delay: float | None = None
    ready_delay: float | None = None
    room: int | None = None
    overflow: str | None = None
    """`queue` or `drop`."""
    metric_period: float | None = None
    metric_window: float | None = None
    metric_delay: float | None = None
    metrics: Mapping[str, str] | None = None
    """What custom and external metrics tell of the load: a `Figure`, or a column's name."""
    containers: Mapping[str, ContainerDescription] | None = None
    """Further ones, or more about known ones, by name."""


def amount(text: str) -> float:
    """Cores or bytes."""
    try:
        value = parse(text).nano / 1e9
    except QuantityError:
        value = -1.0
    if value < 0:
        raise ValueError("is not an amount of at least 0, such as 250m, 1.5 or 128Mi")
    return value


def seconds(text: str) -> float:
    try:
        value = parse_duration(text) / 1e9
    except ValueError:
        value = -1.0
    if value < 0:
        raise ValueError("is not a duration of at least 0, such as 15s, 1m30s or 20ms")
    return value


def count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError("is not a whole number of at least 0")
    return int(text)


def overflow(text: str) -> str:
    if text not in ("queue", "drop"):
        raise ValueError("is neither queue nor drop")
    return text


_CONTAINER = {
    "work": seconds,
    "idle": amount,
    "starting": amount,
    "request": amount,
    "limit": amount,
    "memory": amount,
    "memory_per_rate": amount,
    "memory_request": amount,
}

_WORKLOAD: dict[str, Callable[[str], Any]] = {
    **_CONTAINER,
    "container": str,
    "replicas": count,
    "start_delay": seconds,
    "ready_delay": seconds,
    "room": count,
    "overflow": overflow,
    "metric_period": seconds,
    "metric_window": seconds,
    "metric_delay": seconds,
}


def read(text: str, source: str) -> tuple[Description, list[str]]:
    """A YAML file's description, and all that is wrong with it, each naming the field."""
    try:
        json = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Description(), [f"{source}: is no YAML: {' '.join(str(error).split())}"]
    if not isinstance(json, dict):
        return Description(), [f"{source}: is not a mapping of fields such as `work: 10ms`"]
    problems: list[str] = []
    found = _read_fields(json, _WORKLOAD, f"{source}: ", problems, ("metrics", "containers"))
    metrics = _mapping(json, "metrics", source, problems)
    containers = {
        str(name): ContainerDescription(
            **_read_fields(one, _CONTAINER, f"{source}: containers.{name}.", problems)
        )
        for name, one in _mapping(json, "containers", source, problems).items()
    }
    description = Description(
        **found,
        metrics={str(name): str(what) for name, what in metrics.items()} or None,
        containers=containers or None,
    )
    return description, problems


def _mapping(json: Mapping[str, Any], name: str, source: str, problems: list[str]) -> Any:
    found = json.get(name) or {}
    if isinstance(found, dict):
        return found
    problems.append(f"{source}: {name}: is not a mapping by name")
    return {}


def _read_fields(
    json: Any,
    fields: Mapping[str, Callable[[str], Any]],
    where: str,
    problems: list[str],
    others: tuple[str, ...] = (),
) -> dict[str, Any]:
    if not isinstance(json, dict):
        problems.append(f"{where.rstrip('.')}: is not a mapping of fields")
        return {}
    known = {camel(name): name for name in fields}
    found = {}
    for name, value in json.items():
        if name in known and value is not None:
            try:
                found[known[name]] = fields[known[name]](str(value))
            except ValueError as error:
                problems.append(f"{where}{name}: {str(value)!r} {error}")
        elif name not in known and name not in others:
            problems.append(f"{where}{name}: there is no such field; {', '.join(known)} are known")
    return found


def camel(name: str) -> str:
    """A field's name as files have it."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def merged(stronger: Description, weaker: Description) -> Description:
    """What the stronger one does not say, as the weaker has it; mappings are joined by name."""
    containers = {**(weaker.containers or {})}
    for name, one in (stronger.containers or {}).items():
        known = containers.get(name, ContainerDescription())
        containers[name] = ContainerDescription(**asdict(known) | said(one))
    return Description(
        **{
            **asdict(weaker),
            **said(stronger),
            "metrics": {**(weaker.metrics or {}), **(stronger.metrics or {})} or None,
            "containers": containers or None,
        }
    )


def said(description: ContainerDescription) -> dict[str, Any]:
    """The fields that say something."""
    return {name: value for name, value in asdict(description).items() if value is not None}


FIGURES = tuple(figure.value for figure in Figure)
