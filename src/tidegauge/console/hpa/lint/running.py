"""From manifests, or a cluster, to located findings."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from tidegauge.autoscale.lint.access import Json
from tidegauge.autoscale.lint.findings import Finding, Found, Severity, place_of
from tidegauge.autoscale.lint.judging import findings, is_autoscaler, is_ignored
from tidegauge.autoscale.lint.refusals import TWICE
from tidegauge.autoscale.lint.surroundings import Knowledge
from tidegauge.console.hpa.lint.files import Source, groups


class Located(Struct, frozen=True):
    """A finding, and where it is in a file; live objects are in none."""

    finding: Finding
    file: str = ""
    line: int = 0


class Report(Struct, frozen=True):
    """What a run of lint has to say."""

    autoscalers: int
    """How many were judged."""
    found: tuple[Located, ...]
    notes: tuple[str, ...] = ()
    """What could not be looked at, and what follows from that."""

    def number(self, severity: Severity) -> int:
        """Of findings of just this severity."""
        return sum(each.finding.severity is severity for each in self.found)


def lint_files(sources: Sequence[Source], knowledge: Knowledge) -> Report:
    """Judge the HPAs of manifests, each with the objects that belong to it."""
    found = [each for group in groups(sources) for each in _judged(group, knowledge)]
    number = sum(is_autoscaler(source.document.manifest) for source in sources)
    return Report(number, tuple(found))


def lint_live(objects: Iterable[Json], knowledge: Knowledge, notes: Iterable[str]) -> Report:
    """Judge the HPAs of a cluster."""
    objects = list(objects)
    found = tuple(map(Located, findings(objects, knowledge)))
    return Report(sum(map(is_autoscaler, objects)), found, tuple(notes))


def _judged(group: Sequence[Source], knowledge: Knowledge) -> Iterator[Located]:
    by_place = {place_of(source.document.manifest).object: source for source in reversed(group)}
    yield from _written_twice(group)
    for finding in findings((source.document.manifest for source in group), knowledge):
        source = by_place[finding.place.object]
        yield Located(finding, source.file, source.document.line(finding.place.path))


def _written_twice(group: Iterable[Source]) -> Iterator[Located]:
    for file, document in group:
        manifest = document.manifest
        if not is_autoscaler(manifest) or is_ignored(manifest, TWICE.id):
            continue
        for path, line in document.twice():
            found = Found(path, f"{path} is written twice")
            yield Located(TWICE.finding(place_of(manifest), found), file, line)
