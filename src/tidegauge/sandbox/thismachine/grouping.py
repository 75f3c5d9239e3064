"""Processes by session, where cgroups tell nothing: a session is a pod with one container.

The counter of a session grows by what each of its processes used since the last look. What one used
between that and its end is lost, and who lives shorter than the time between two looks is not seen:
processes take their accounts with them, cgroups would keep them.

Memory is what is a process's own: shared pages and those of files count for nobody, since counting
them for each would show more than the host has.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tidegauge.sandbox.records import Container, Memory, Pod, Usage
from tidegauge.sandbox.thismachine.naming import label, subdomain
from tidegauge.sandbox.thismachine.procfiles import Process

NAMESPACE = "sessions"


@dataclass(frozen=True, slots=True)
class Seen:
    """A process with its memory in bytes and its times in nanoseconds; `start` in wall seconds."""

    process: Process
    cpu: int
    start: float
    resident: int
    shared: int

    @property
    def key(self) -> tuple[int, int]:
        """Process ids are used again."""
        return self.process.pid, self.process.start


@dataclass(slots=True)
class _Session:
    command: str
    start: float
    used: int = 0
    last: dict[tuple[int, int], int] = field(default_factory=dict)

    def take(self, members: Iterable[Seen]) -> None:
        """What its processes used; their counters never fall."""
        now = {each.key: each.cpu for each in members}
        self.used += sum(cpu - self.last.get(key, 0) for key, cpu in now.items())
        self.last = now


class Sessions:
    """Remembers each session as long as one of its processes was there in the last look."""

    def __init__(self) -> None:
        self._sessions: dict[int, _Session] = {}

    def pods(self, seen: Iterable[Seen], time: float) -> list[Pod]:
        """The sessions of these processes at that time, sorted by name."""
        members: dict[int, list[Seen]] = defaultdict(list)
        for each in seen:
            if not each.process.kernel:
                members[each.process.session].append(each)
        before, self._sessions = self._sessions, {}
        pods = [self._pod(sid, before.get(sid), of, time) for sid, of in members.items()]
        return sorted(pods, key=lambda pod: pod.name)

    def _pod(self, sid: int, session: _Session | None, members: list[Seen], time: float) -> Pod:
        if session is None or not any(each.key in session.last for each in members):
            oldest = min(members, key=lambda each: (each.process.start, each.process.pid))
            session = _Session(oldest.process.command, round(oldest.start, 3))
        session.take(members)
        self._sessions[sid] = session
        usage = Usage(time, session.used, _memory(members), processes=len(members))
        name = subdomain(f"{session.command[:200]}-{sid}")
        uid = str(uuid.uuid5(uuid.NAMESPACE_OID, f"session {sid} {session.start}"))
        container = Container(label(session.command), session.start, usage)
        return Pod(NAMESPACE, name, uid, session.start, usage, (container,))


def _memory(members: list[Seen]) -> Memory:
    resident = sum(each.resident for each in members)
    own = sum(max(each.resident - each.shared, 0) for each in members)
    return Memory(
        usage=resident,
        working_set=own,
        rss=own,
        faults=sum(each.process.faults for each in members),
        major_faults=sum(each.process.major_faults for each in members),
    )
