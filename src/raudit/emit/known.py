"""What the entries of a log say of ids, keys, statements and people: read once a process, then what was appended.

A server tells a log of every save; reading all of it each time would make the thousandth save a thousand times as
dear as the first. What was read is held against the tree before it is relied on: if the root at that size is another
than it was, the log was edited or replaced, and all of it is read again, each entry against its stored hash.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from raudit.log import Entry, EventType, Log
from raudit.log.tree.merkle import root_at

MOST = 8
"""Logs that are kept in mind; the one that was used longest ago goes first."""


@dataclass(slots=True)
class KnownEntries:
    """What the first ``size`` entries say."""

    size: int = 0
    root: bytes = b""
    ids: dict[str, int] = field(default_factory=dict)
    """Index by id of an event."""
    enrolled: dict[str, int] = field(default_factory=dict)
    """By binding of key and person: the first entry that enrolled it."""
    withdrawn: dict[str, int] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)
    """By digest of a statement: the entry that says it was given."""
    signed: dict[tuple[str, str], str] = field(default_factory=dict)
    """By digest of answers and role: the statement of the last sign-off that was told for the first time."""
    reviewed: dict[str, str] = field(default_factory=dict)
    """By digest of what is reviewed: the statement of the last review that was told for the first time."""
    heard: dict[str, str] = field(default_factory=dict)
    """By digest of a statement: the time of the entry that says it was given."""
    people: str | None = None
    """Digest of people.yaml as the log knows it."""
    bindings: set[str] = field(default_factory=set)
    """Bindings of keys that count by what the log was told."""

    def add(self, entry: Entry) -> None:
        """Take the next entry."""
        self.ids[entry.id] = entry.index
        if entry.type == EventType.PEOPLE_CHANGED:
            self._add_people(entry)
        statement = entry.body.get("statement")
        if statement and str(statement) not in self.statements:
            body = entry.body
            if entry.type == EventType.SIGNOFF_GIVEN:
                self.signed[str(body["answers"]), str(body["role"])] = str(statement)
            if entry.type == EventType.REVIEW_GIVEN and body.get("matter"):
                self.reviewed[str(body["matter"])] = str(statement)
            self.statements[str(statement)] = entry.index
            self.heard[str(statement)] = entry.time

    def _add_people(self, entry: Entry) -> None:
        enrolled = [str(name) for name in entry.body.get("enrolled", ())]
        withdrawn = [str(name) for name in entry.body.get("withdrawn", ())]
        for name in enrolled:
            self.enrolled.setdefault(name, entry.index)
            self.withdrawn.pop(name, None)
        for name in withdrawn:
            self.withdrawn.setdefault(name, entry.index)
        self.people = str(entry.body["new"])
        self.bindings |= set(enrolled)
        self.bindings -= set(withdrawn)


_known: OrderedDict[tuple[str, str], KnownEntries] = OrderedDict()
_lock = Lock()


def known_of(log: Log) -> KnownEntries:
    """What a log says by now. It reads entries and judges none: whoever relies on it verifies the log first."""
    name = (log.store.location, log.origin)
    with _lock:
        known = _known.get(name)
        size = log.size
        if known is None or not _still_there(known, log, size):
            known = KnownEntries()
        for entry in log.entries(known.size, size):
            known.add(entry)
        if size != known.size:
            known.size, known.root = size, root_at(size, log.store.node)
        _known[name] = known
        _known.move_to_end(name)
        while len(_known) > MOST:
            _known.popitem(last=False)
        return known


def _still_there(known: KnownEntries, log: Log, size: int) -> bool:
    if known.size == 0:
        return True
    return known.size <= size and root_at(known.size, log.store.node) == known.root
