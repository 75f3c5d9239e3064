"""An explanation: texts for a person, figures for a script; times are UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct


class Outcome(StrEnum):
    """What becomes of the target's size at the controller's next look."""

    UP = "up"
    DOWN = "down"
    STAYS = "stays"
    BLOCKED = "blocked"
    """Something is broken: the size stays, whatever the load."""
    UNKNOWN = "unknown"
    """Too much could not be read."""


class Verdict(Struct, frozen=True, kw_only=True):
    outcome: Outcome
    current: int | None
    """The target's size; None where it could not be read."""
    desired: int | None
    wanted: int | None = None
    """What the metrics ask for, before anything held it back."""
    headline: str
    why: str


class Outlook(Struct, frozen=True, kw_only=True, rename="camel"):
    """The next change of size, should load and pods stay as they are."""

    at: datetime
    desired: int
    at_latest: bool
    """It may come earlier: when what holds it back was recommended is not known."""


class LeftOut(Struct, frozen=True):
    """A pod whose usage does not count."""

    pod: str
    group: str
    reason: str
    assumed: str = ""
    """The usage that is guessed for it."""


class Measure(Struct, frozen=True, kw_only=True, rename="camel"):
    """One metric: usage against target makes a ratio, the ratio a proposal."""

    name: str
    type: str
    usage: str = ""
    target: str = ""
    detail: str = ""
    """What the figures are made of."""
    ratio: float | None = None
    rebalanced: float | None = None
    """The ratio with the guesses for pods that were left out."""
    counted: int | None = None
    """The pods that the ratio is multiplied by."""
    proposal: int | None = None
    course: str = ""
    """How the ratio became the proposal."""
    decides: bool = False
    pods: Mapping[str, int] = {}
    """How many are in each group."""
    left_out: tuple[LeftOut, ...] = ()
    error: str = ""


class Hold(Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that held the size back, or would have."""

    by: str
    text: str
    until: datetime | None = None
    at_latest: bool = False


class Claim(Struct, frozen=True):
    """A part of the status that is not as it would be written now."""

    about: str
    claimed: str
    found: str


class Standing(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the status is worth."""

    stale: bool
    text: str
    changed: datetime | None = None
    claims: tuple[Claim, ...] = ()


class Lack(Struct, frozen=True):
    """What is missing to decide, or to decide better; the remedy as commands or YAML."""

    problem: str
    remedy: tuple[str, ...] = ()


class Explanation(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of one HPA at one moment."""

    namespace: str
    name: str
    target: str
    at: datetime
    profile: str
    """The version of Kubernetes whose rules were used."""
    minimum: int
    maximum: int
    verdict: Verdict
    outlook: Outlook | None = None
    metrics: tuple[Measure, ...] = ()
    holds: tuple[Hold, ...] = ()
    status: Standing
    missing: tuple[Lack, ...] = ()
    assumed: tuple[str, ...] = ()


def moment(at: float) -> datetime:
    """Whole seconds are enough for a person, and for a controller that looks every 15."""
    return datetime.fromtimestamp(int(at), UTC)
