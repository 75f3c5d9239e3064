"""The band around one in which a ratio of usage to target changes nothing."""

from msgspec import Struct

from tidegauge.autoscale.engine.profiles import Profile


class Tolerance(Struct, frozen=True):
    """Up and down as fractions; which test they are put to is the version's."""

    up: float
    down: float
    two_sided: bool = True

    @property
    def band(self) -> tuple[float, float]:
        """The least and the greatest ratio that changes nothing."""
        return 1.0 - (self.down if self.two_sided else self.up), 1.0 + self.up

    def holds(self, ratio: float) -> bool:
        """Whether the ratio is near enough to one. Both ends belong to it; NaN does not."""
        if self.two_sided:
            least, greatest = self.band
            return least <= ratio <= greatest
        return abs(1.0 - ratio) <= self.up


def tolerance_of(
    default: float, up: float | None, down: float | None, profile: Profile
) -> Tolerance:
    """The flag's tolerance, or those of the HPA's behaviour where they are set and heeded."""
    if not profile.tolerance_by_direction:
        up = down = None
    return Tolerance(
        default if up is None else up,
        default if down is None else down,
        profile.two_sided_tolerance,
    )
