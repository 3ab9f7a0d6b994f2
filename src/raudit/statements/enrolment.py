"""What a log knows of keys and statements, and what it says against one: order of enrolment, and the last word.

Whatever speaks for a statement is taken only from entries that are vouched for; a doubt is heard from any entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from raudit.canonical import Sha256, digest
from raudit.people import binding
from raudit.sentences import say
from raudit.spelling import spelling
from raudit.statements.statement import Kind, Statement

CLOCKS_DIFFER = timedelta(hours=1)
"""By how much the clocks of who signs and of who tells the log may be apart."""

REPLACED = say("a later decision replaced it")

Place = tuple[str, str, str]
"""Kind, checklist and question or role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A decision that a log was told of."""

    index: int
    """The entry."""
    statement: str
    """Digest of the statement that makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What a log knows of keys and statements; all indices are of entries."""

    origin: str
    size: int
    vouched: int | None = None
    """Only of so many first entries a key vouches; None for all, as for whoever holds the log's own key."""
    enrolled: Mapping[str, int]
    """By binding of key and person: the first entry that enrolled it."""
    withdrawn: Mapping[str, int]
    """By binding: the entry that withdrew it."""
    statements: Mapping[str, int]
    """By digest of a statement: the entry that says it was given."""
    last: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    """By ``matter_of`` a review or sign-off: the last one told, of the entries vouched for and of all."""
    unnamed: Mapping[Place, tuple[Word, ...]] = field(default_factory=dict)
    """The same by place, of those told without a matter, as earlier versions wrote them."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """By digest of a review or sign-off: its place as the log has it."""
    revoked: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By system, as compared, and id of a waiver: the last entry that took it back; no system where none was told."""
    heard: Mapping[str, str] = field(default_factory=dict)
    """By digest of a statement: when the log was told of it, ISO 8601."""
    root_at: Callable[[int], str]
    """Root hash at a size, 64 hexadecimal digits."""

    def vouches(self, index: int) -> bool:
        """Whether an entry may speak for something."""
        return self.vouched is None or index < self.vouched

    def told(self, statement: str) -> int | None:
        """The entry that tells of a statement; None if none does that is vouched for."""
        index = self.statements.get(statement)
        return index if index is not None and self.vouches(index) else None


def matter(statement: Statement | None) -> tuple[str, ...]:
    """What a review or a sign-off decides, whatever it decides; nothing for what is not decided again."""
    name = {Kind.REVIEW: "question", Kind.SIGN_OFF: "role"}.get(statement.kind) if statement else ""
    if statement is None or not name:
        return ()
    of = str(statement.decided.get(name))
    return statement.kind, statement.system, statement.subjects.get("checklist", ""), of


def matter_of(statement: Statement) -> Sha256:
    """Digest of what a review or a sign-off decides: of two on one matter, the later one holds."""
    return digest(list(matter(statement)))


def order_fault(
    statement: Statement, fingerprint: str, own: str, enrolment: Enrolment
) -> tuple[bool, str]:
    """Whether the log enrolled the key before the statement, and did not withdraw it before it was given.

    Returns
    -------
    tuple
        Whether the log speaks against it, rather than not for it; and why, or nothing.
    """
    bound = binding(statement.person, fingerprint)
    enrolled = enrolment.enrolled.get(bound)
    if enrolled is None:
        return True, say("the log never enrolled this key for this person")
    if not enrolment.vouches(enrolled):
        return False, say("no signed checkpoint of the log covers the entry that enrolled the key")
    told = enrolment.told(own)
    seen = statement.log
    if seen is not None and seen.origin == enrolment.origin and seen.size <= enrolment.size:
        if seen.root != enrolment.root_at(seen.size):
            return True, say("the log that the signer saw is not this log")
        if enrolled >= seen.size:
            return True, say("the log enrolled the key only after the statement")
    elif told is None:
        return True, say(
            "neither the statement nor the log says that it came after the key's enrolment"
        )
    if told is not None and told < enrolled:
        return True, say("the log enrolled the key only after the statement")
    if own in enrolment.heard and _is_ahead(statement.at, enrolment.heard[own]):
        return True, say("it is dated later than the log heard of it")
    gone = enrolment.withdrawn.get(bound)
    if gone is not None and (told is None or gone < told):
        return True, say("the key was withdrawn before the log learnt of the statement")
    return False, ""


def _is_ahead(at: datetime, heard: str) -> bool:
    """Whether the time that it gives had not come when the log heard of it: till then it would be the last word."""
    return at > datetime.fromisoformat(heard) + CLOCKS_DIFFER


def _taken_back(statement: Statement, enrolment: Enrolment) -> int | None:
    """The last entry that took a waiver back in its system, or in one of which either side does not say the name."""
    waiver, system = str(statement.decided.get("waiver")), spelling(statement.system)
    return max(
        (
            index
            for (named, gone), index in enrolment.revoked.items()
            if gone == waiver and (not named or not system or named == system)
        ),
        default=None,
    )


def later_word(statement: Statement, own: str, enrolment: Enrolment) -> str:
    """Why a statement is not the last word by what the log heard, or cannot be told to be; empty if it is."""
    if statement.kind is Kind.APPROVAL:
        gone = _taken_back(statement, enrolment)
        if gone is not None and _came_before(statement, own, gone, enrolment):
            return say("the waiver was taken back since")
        return ""
    if not matter(statement):
        return ""
    named = enrolment.last.get(str(matter_of(statement)), ())
    if any(_replaces(word, statement, own, enrolment) for word in named):
        return REPLACED
    unclear = [
        word.index
        for place, words in enrolment.unnamed.items()
        for word in words
        if _may_be(statement, enrolment.places.get(own), place)
        and _replaces(word, statement, own, enrolment)
    ]
    if not unclear:
        return ""
    return say(
        "whether a later decision replaced it cannot be told: the log does not say what entry "
        "{index} was about",
        index=max(unclear),
    )


def _replaces(word: Word, statement: Statement, own: str, enrolment: Enrolment) -> bool:
    return word.statement != own and _came_before(statement, own, word.index, enrolment)


def _may_be(statement: Statement, known: Place | None, place: Place) -> bool:
    """Whether an entry without a matter may be about the same; a statement names no checklist but by digest."""
    if known is not None:
        return place == known
    kind, _system, _checklist, of = matter(statement)
    return (place[0], place[2]) == (kind, of)


def _came_before(statement: Statement, own: str, index: int, enrolment: Enrolment) -> bool:
    """Whether a statement came before an entry: told before, or, if never told, made by someone who had not seen it."""
    told = enrolment.told(own)
    if told is not None:
        return told < index
    seen = statement.log
    return seen is not None and seen.origin == enrolment.origin and seen.size <= index
