"""From events to the bytes that are appended: validated, names replaced, serialised."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from raudit import __version__
from raudit.errors import LogError
from raudit.log.events import Event, EventType, entry_bytes


def opening_of(events: Sequence[Event], *, size: int, origin: str, vkey: str) -> tuple[Event, ...]:
    """Return the entry that opens a new log, unless the events begin with it; nowhere else may it stand.

    Raises
    ------
    LogError
        If a log would be opened twice, or under another name or key than its own.
    """
    body = {"origin": origin, "vkey": vkey}
    given = [
        place for place, event in enumerate(events, size) if event.type == EventType.LOG_OPENED
    ]
    if given not in ([], [0]) or (given and {**events[0].body, **body} != dict(events[0].body)):
        raise LogError(
            "a log is opened once, by its first entry, with its own key",
            reference="log-opened-twice",
            where=origin,
            hint="leave log.opened to raudit",
        )
    if size or given:
        return ()
    return (Event(type=EventType.LOG_OPENED, body=body, actor="service:raudit"),)


def draft(event: Event, clock: datetime, pseudonym: Callable[[str], str]) -> bytes:
    """Validate an event, replace names of people, and serialise it.

    Parameters
    ----------
    event
        The event.
    clock
        Its time.
    pseudonym
        Turns a person's name into the salted digest under which it is logged.
    """
    from raudit.log.bodies import is_pseudonym, validated_body

    body = validated_body(event, pseudonym)
    actor = event.actor if is_pseudonym(event.actor) else pseudonym(event.actor)
    named = Event(type=event.type, body=body, actor=actor, run=event.run)
    return entry_bytes(
        named, body, event_id=event.id or secrets.token_hex(16), clock=clock, tool=__version__
    )
