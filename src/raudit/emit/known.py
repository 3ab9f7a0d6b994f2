"""What the entries of a log say of ids, keys, statements and people: read once a process, then what was appended.

A server tells a log of every save; reading all of it each time would make the thousandth save a thousand times as
dear as the first. What was read is held against the tree before it is relied on: if the root at that size is another
than it was, the log was edited or replaced, and all of it is read again, each entry against its stored hash.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from raudit.log import Entry, EventType, ReadableLog
from raudit.log.tree.merkle import root_at
from raudit.spelling import spelling
from raudit.statements import Kind, Word

MOST = 8
"""Logs that are kept in mind; the one that was used longest ago goes first."""

_DECIDES: dict[str, tuple[Kind, str]] = {
    EventType.REVIEW_GIVEN: (Kind.REVIEW, "question"),
    EventType.SIGNOFF_GIVEN: (Kind.SIGN_OFF, "role"),
}
"""Events that tell of a word which a later one replaces, and where they say of what."""


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
    last: dict[str, Word] = field(default_factory=dict)
    """By matter: the last review or sign-off that was told for the first time."""
    unnamed: dict[tuple[str, str, str], Word] = field(default_factory=dict)
    """By kind, checklist and question or role: the last one that was told without its matter."""
    places: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """By digest of a review or sign-off: its kind, checklist and question or role."""
    revoked: dict[tuple[str, str], int] = field(default_factory=dict)
    """By system, as compared, and id of a waiver: the last entry that took it back; no system where none was told."""
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
            self._add_word(entry, Word(index=entry.index, statement=str(statement)))
            self.statements[str(statement)] = entry.index
            self.heard[str(statement)] = entry.time
        if entry.type == EventType.WAIVER_REVOKED:
            system = spelling(str(entry.body.get("system") or ""))
            self.revoked[system, str(entry.body["waiver"])] = entry.index

    def _add_word(self, entry: Entry, word: Word) -> None:
        """Take a decision that replaces earlier ones on its matter; which that is, an old entry does not say."""
        decides = _DECIDES.get(entry.type)
        if decides is None:
            return
        kind, name = decides
        place = (str(kind), str(entry.body["checklist"]), str(entry.body[name]))
        self.places[word.statement] = place
        if entry.body.get("matter"):
            self.last[str(entry.body["matter"])] = word
        else:
            self.unnamed[place] = word

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


def known_until(log: ReadableLog, size: int) -> KnownEntries:
    """What the first entries of a log say, read anew."""
    known = KnownEntries()
    for entry in log.entries(0, size):
        known.add(entry)
    known.size, known.root = size, root_at(size, log.store.node)
    return known


def known_of(log: ReadableLog) -> KnownEntries:
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


def _still_there(known: KnownEntries, log: ReadableLog, size: int) -> bool:
    if known.size == 0:
        return True
    return known.size <= size and root_at(known.size, log.store.node) == known.root
