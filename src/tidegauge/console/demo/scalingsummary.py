"""What a demo's autoscaling amounts to: the steps, and whether its promises were kept. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidegauge.autoscale.replay.figures import clock
from tidegauge.console.demo.courses import Course, Courses
from tidegauge.console.demo.picture import AutoscalerRow


@dataclass(frozen=True)
class ScalingFigures:
    """`period` is the controller's, in seconds; None where there was none."""

    period: float | None = None
    courses: Courses = field(default_factory=lambda: Courses(0.0))

    def unfounded(self) -> Iterator[str]:
        """What must not be, whatever is broken."""
        for step in self.courses.unfounded:
            yield f"{step}: nothing was to be scaled by metrics that nobody had"

    def late(self, rows: Sequence[AutoscalerRow], seconds: float, limit: float) -> Iterator[str]:
        """HPAs that were not looked at in time, where nothing is broken on purpose.

        The controller begins within `limit` seconds; `seconds` have passed since the start.
        """
        for row in rows if self.period is not None else ():
            latest = max(limit, seconds - row.age) + (self.period or 0.0)
            course = self.courses.all.get(row.key)
            if course is None and seconds > latest:
                yield f"{row.key}: was to be looked at by the controller, and never was"
            elif course and course.first > latest:
                yield f"{row.key}: was to be looked at within {latest:g}s, not {course.first:.1f}s"

    def count(self, rows: Sequence[AutoscalerRow]) -> str:
        steps = sum(len(self._course(row).steps) for row in rows)
        return f"{_count(steps, 'step')} of {_count(len(rows), 'HPA')}"

    def steps(self, rows: Sequence[AutoscalerRow]) -> Iterator[str]:
        """Of all HPAs, in the order in which they were taken."""
        found = ((step, row.key) for row in rows for step in self._course(row).steps)
        for step, key in sorted(found):
            yield f"    {clock(step.at)}  {key}  {step.before}→{step.after}  {step.why}"

    def as_json(self, row: AutoscalerRow) -> dict[str, Any]:
        course = self._course(row)
        return {
            "namespace": row.namespace,
            "name": row.name,
            "target": row.target,
            "usage": row.usage,
            "minReplicas": row.minimum,
            "maxReplicas": row.maximum,
            "replicas": row.wanted,
            "readyReplicas": row.ready,
            "now": course.now,
            "steps": [
                {
                    "seconds": round(step.at, 1),
                    "from": step.before,
                    "to": step.after,
                    "reason": step.why,
                }
                for step in course.steps
            ],
        }

    def _course(self, row: AutoscalerRow) -> Course:
        """An empty one for who was not looked at yet, or by another controller."""
        return self.courses.all.get(row.key, Course(0.0, row.said))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
