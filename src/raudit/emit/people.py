"""Tell the log of the people: which keys count, and that the file was changed."""

from __future__ import annotations

from datetime import datetime

from raudit.log import Event, EventType, Log
from raudit.people import People


def people_changed(log: Log, people: People, *, actor: str, clock: datetime) -> bool:
    """Append ``people.changed`` if the file says something else than the log knows; whether it did.

    Called before anything is signed and before each run, so that a change made by hand is told too.
    """
    if not people:
        return False
    last: str | None = None
    counts: set[str] = set()
    for entry in log.find(type=EventType.PEOPLE_CHANGED):
        last = str(entry.body["new"])
        counts |= set(entry.body.get("enrolled", ()))
        counts -= set(entry.body.get("withdrawn", ()))
    if last == people.sha256:
        return False
    now = {name for name, valid in people.bindings().items() if valid}
    body = {
        "old": last,
        "new": str(people.sha256),
        "enrolled": sorted(now - counts),
        "withdrawn": sorted(counts - now),
        "by": actor,
    }
    log.append([Event(type=EventType.PEOPLE_CHANGED, actor=actor, body=body)], clock=clock)
    return True
