"""What of our kubectl's output must equal the recorded one."""

import datetime as dt
import re

from tests.transcripts.records import Command, Output

_CREATED = "2001-09-09T01:46:40Z"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

_PLACEHOLDERS = {
    "<AGE>": r"\S+",
    "<LOG>": r"[IWEF]\d{4} [\d:.]+ +\d+(?: \S+:\d+\])? ?",
    "<SERVER>": r"\S*?127\.0\.0\.1:\d+",
}

_EXPLAINED = re.compile(r"^(GROUP|KIND|VERSION|FIELD|RESOURCE):\s+(.*)$", re.MULTILINE)
_FIELD = re.compile(r"^\s+(\w+)\t(<[^>]*>)", re.MULTILINE)


def differences(command: Command, printed: Output, since: dt.datetime) -> list[str]:
    """What differs; times from `since` on are those of this run's own objects."""
    found = []
    recorded = command.recorded
    if printed.code != recorded.code:
        found.append(f"exit code {printed.code}, recorded {recorded.code}")
    compare = _explained if command.args[0] == "explain" else _text
    for stream in ("stdout", "stderr"):
        ours = _with_recorded_times(getattr(printed, stream), since)
        found += [f"{stream}: {each}" for each in compare(ours, getattr(recorded, stream))]
    return found


def _with_recorded_times(text: str, since: dt.datetime) -> str:
    def replace(found: re.Match[str]) -> str:
        return _CREATED if dt.datetime.fromisoformat(found[0]) >= since else found[0]

    return _TIME.sub(replace, text)


def _text(ours: str, recorded: str) -> list[str]:
    pattern = re.escape(recorded)
    for placeholder, meaning in _PLACEHOLDERS.items():
        pattern = pattern.replace(re.escape(placeholder), meaning)
    if re.fullmatch(pattern, ours):
        return []
    lines = zip([*ours.splitlines(), ""], [*recorded.splitlines(), ""], strict=False)
    first = next((pair for pair in lines if pair[0] != pair[1]), (ours[-80:], recorded[-80:]))
    return [f"\n      ours     {first[0]!r}\n      recorded {first[1]!r}"]


def _explained(ours: str, recorded: str) -> list[str]:
    """Descriptions are free; group, kind, version, field names and types are not."""
    found = []
    for pattern in (_EXPLAINED, _FIELD):
        own, theirs = pattern.findall(ours), pattern.findall(recorded)
        if own != theirs:
            found.append(f"{own}, recorded {theirs}")
    return found
