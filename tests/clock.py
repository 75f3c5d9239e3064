"""A clock that a test moves by hand."""

from dataclasses import dataclass


@dataclass
class ManualClock:
    """Starts at 2026-11-23T12:00:00Z; both hands move together unless one is set."""

    wall: float = 1_795_435_200.0
    running: float = 1_000.0

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.running

    def advance(self, seconds: float) -> None:
        self.wall += seconds
        self.running += seconds
