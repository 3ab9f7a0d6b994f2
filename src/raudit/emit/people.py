"""Change people.yaml, and tell the log of the people: which keys count, and that the file was changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from raudit.emit.known import known_of
from raudit.errors import PeopleError
from raudit.files import locked, write_whole
from raudit.log import Event, EventType, Log
from raudit.people import People, parse_people
from raudit.yamltext import nearest

EMPTY = "schema: raudit.people/1\npeople: []\n"


def change_people(
    path: Path, edit: Callable[[Any], None], log: Log | None, *, actor: str, clock: datetime
) -> People:
    """Edit people.yaml under its lock and tell the log; comments stay.

    Parameters
    ----------
    edit
        Changes the parsed file in place.

    Raises
    ------
    PeopleError
        If the file would be refused; it is not written then.
    """
    from raudit.checklists.splice import dump, text_yaml

    with locked(path):
        yaml = text_yaml()
        text = path.read_text(encoding="utf-8") if path.exists() else EMPTY
        parse_people(text, source=path.name)
        document = yaml.load(text)
        if hasattr(document.get("people"), "fa"):
            document["people"].fa.set_block_style()
        edit(document)
        after = dump(document, yaml)
        people = parse_people(after, source=path.name)
        write_whole(path, after.encode())
        if log is not None:
            people_changed(log, people, actor=actor, clock=clock)
    return people


def entry_of(document: Any, person: str) -> Any:
    """A person's entry in the parsed file.

    Raises
    ------
    PeopleError
        If there is none.
    """
    found = [entry for entry in document["people"] if entry["id"] == person]
    if not found:
        raise PeopleError(
            f"there is no person '{person}'",
            reference="person-unknown",
            hint=nearest(person, [str(entry["id"]) for entry in document["people"]]),
        )
    return found[0]


def people_changed(log: Log, people: People, *, actor: str, clock: datetime) -> bool:
    """Append ``people.changed`` if the file says something else than the log knows; whether it did.

    Called before anything is signed and before each run, so that a change made by hand is told too.
    """
    if not people:
        return False
    known = known_of(log)
    last, counts = known.people, known.bindings
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
