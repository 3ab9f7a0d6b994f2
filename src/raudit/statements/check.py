"""Check statements offline: who said what, and is it proven.

A signature proves *this key*; people.yaml says whose it is; only the log proves that it said so before
the statement was made. Each is told apart, and what cannot be told is said to be so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from raudit.canonical import Sha256, digest, sha256
from raudit.dsse import PAYLOAD_TYPE, pre_authentication_encoding
from raudit.people import Key, People, binding
from raudit.statements.envelope import Envelope, open_envelope, verifies
from raudit.statements.passkey import passkey_fault
from raudit.statements.statement import Kind, Statement, in_words

CLOCKS_DIFFER = timedelta(hours=1)
"""By how much the clocks of who signs and of who tells the log may be apart."""


class Standing(StrEnum):
    """What checking a statement came to."""

    PROVEN = "proven"
    """Signed by a key of this person that counted then."""
    UNPROVEN = "unproven"
    """Intact as far as can be told, but something is missing that would prove it."""
    FALSE = "false"
    """It contradicts itself, its signature, the people or the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One statement, checked."""

    standing: Standing
    detail: str
    """Why, in words."""
    statement: Statement | None = None
    """What is stated; None for bytes that are no statement."""
    sha256: Sha256 = field(default=Sha256(""))
    """Digest of the statement's bytes."""
    key: str = ""
    """Kind and fingerprint of the key."""
    replaced: bool = False
    """Whether a later proven statement decided the same matter: it was said, and counts no more."""

    @property
    def proven(self) -> bool:
        """Whether it is proven who said so, and it is still the last word."""
        return self.standing is Standing.PROVEN and not self.replaced

    @property
    def text(self) -> str:
        """One line: who, what, and how that is known."""
        if self.statement is None:
            return self.detail
        return (
            f"{self.statement.person}, {in_words(self.statement)}: {self.standing}, {self.detail}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What a log knows of keys and statements; all indices are of entries."""

    origin: str
    size: int
    enrolled: Mapping[str, int]
    """By binding of key and person: the first entry that enrolled it."""
    withdrawn: Mapping[str, int]
    """By binding: the entry that withdrew it."""
    statements: Mapping[str, int]
    """By digest of a statement: the entry that says it was given."""
    signed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By digest of answers and role: the statement of the last sign-off that the log was told of."""
    reviewed: Mapping[str, str] = field(default_factory=dict)
    """By ``matter_of`` a review: the statement of the last one that the log was told of."""
    heard: Mapping[str, str] = field(default_factory=dict)
    """By digest of a statement: when the log was told of it, ISO 8601."""
    root_at: Callable[[int], str]
    """Root hash at a size, 64 hexadecimal digits."""


def check_statements(
    envelopes: Iterable[bytes], people: People, *, enrolment: Enrolment | None = None
) -> tuple[Outcome, ...]:
    """Check every statement; nothing is asked of any network, and hostile bytes give outcomes, never exceptions.

    Parameters
    ----------
    envelopes
        DSSE envelopes.
    people
        Whose keys count.
    enrolment
        What the log knows; without it the order of enrolment and statement is not checked, and the outcome says so.
    """
    said = [check_statement(envelope, people, enrolment=enrolment) for envelope in envelopes]
    last: dict[tuple[str, ...], Outcome] = {}
    told = enrolment.statements if enrolment is not None else {}
    for item in sorted(said, key=lambda item: _when(item, told)):
        if item.proven and (matter := _matter(item.statement)):
            last[matter] = item
    return tuple(_in_force(item, last.get(_matter(item.statement)), enrolment) for item in said)


def _when(item: Outcome, told: Mapping[str, int]) -> tuple[float, float]:
    """When it was said, and, within one second, when the log heard of it."""
    if item.statement is None:
        return 0, 0
    return item.statement.at.timestamp(), told.get(item.sha256, math.inf)


def _matter(statement: Statement | None) -> tuple[str, ...]:
    """What a review or a sign-off decides, whatever it decides; nothing for what is not decided again."""
    name = {Kind.REVIEW: "question", Kind.SIGN_OFF: "role"}.get(statement.kind) if statement else ""
    if statement is None or not name:
        return ()
    of = str(statement.decided.get(name))
    return statement.kind, statement.system, statement.subjects.get("checklist", ""), of


def matter_of(statement: Statement) -> Sha256:
    """Digest of what a review or a sign-off decides: of two on one matter, the later one holds."""
    return digest(list(_matter(statement)))


def _in_force(item: Outcome, last: Outcome | None, enrolment: Enrolment | None) -> Outcome:
    """A statement that was true once and is put back in place of a later one is no proof of what holds now."""
    if not item.proven or item.statement is None:
        return item
    newest = last is None or last is item
    if newest and (enrolment is None or _last_told(item, item.statement, enrolment)):
        return item
    return replace(item, replaced=True, detail=f"{item.detail}; a later decision replaced it")


def _last_told(item: Outcome, said: Statement, enrolment: Enrolment) -> bool:
    """Whether the log heard of no later statement on the matter; what it has not heard of, it cannot say."""
    if item.sha256 not in enrolment.statements:
        return True
    match said.kind:
        case Kind.SIGN_OFF:
            of = (said.subjects.get("answers", ""), str(said.decided.get("role")))
            return enrolment.signed.get(of, item.sha256) == item.sha256
        case Kind.REVIEW:
            return enrolment.reviewed.get(matter_of(said), item.sha256) == item.sha256
        case _:
            return True


def check_statement(data: bytes, people: People, *, enrolment: Enrolment | None = None) -> Outcome:
    """Check one statement; see ``check_statements``."""
    try:
        envelope = open_envelope(data)
    except ValueError as error:
        return Outcome(standing=Standing.FALSE, detail=f"this is no signed statement: {error}")

    def outcome(standing: Standing, detail: str, key: Key | None = None) -> Outcome:
        named = f"{key.entry.kind.replace('_', ' ')} {key.fingerprint[:16]}" if key else ""
        return Outcome(
            standing=standing,
            detail=detail,
            statement=envelope.statement,
            sha256=sha256(envelope.payload),
            key=named,
        )

    statement = envelope.statement
    if statement.person not in people.by_id:
        return outcome(Standing.UNPROVEN, f"nobody is known by the id {statement.person}")
    key = next(
        (key for key in people.keys(statement.person) if key.fingerprint == envelope.keyid), None
    )
    if key is None:
        return outcome(
            Standing.UNPROVEN, "it is signed with a key that people.yaml does not give this person"
        )
    fault = _signature_fault(envelope, key)
    if fault:
        return outcome(Standing.FALSE, fault, key)
    if not key.counts_at(statement.at):
        return outcome(Standing.FALSE, "the key did not count at that time", key)
    fault = _order_fault(statement, key, sha256(envelope.payload), enrolment)
    if fault:
        return outcome(Standing.FALSE, fault, key)
    if enrolment is None:
        return outcome(
            Standing.PROVEN,
            f"signed with {_name(key)}; the order of enrolment was not checked",
            key,
        )
    return outcome(Standing.PROVEN, f"signed with {_name(key)}, enrolled before", key)


def _name(key: Key) -> str:
    return f"{key.entry.kind.replace('_', ' ')} {key.fingerprint[:16]}…"


def _signature_fault(envelope: Envelope, key: Key) -> str:
    if key.entry.passkey is not None:
        return passkey_fault(envelope, key)
    if envelope.webauthn is not None:
        return "an assertion of a passkey under a key that is none"
    message = pre_authentication_encoding(PAYLOAD_TYPE, envelope.payload)
    return (
        ""
        if verifies(key.spki, envelope.signature, message)
        else "the signature does not fit the statement"
    )


def _order_fault(statement: Statement, key: Key, own: str, enrolment: Enrolment | None) -> str:
    """Whether the log enrolled the key before the statement, and did not withdraw it before it was given."""
    if enrolment is None:
        return ""
    bound = binding(statement.person, key.fingerprint)
    enrolled = enrolment.enrolled.get(bound)
    if enrolled is None:
        return "the log never enrolled this key for this person"
    given = enrolment.statements.get(own)
    seen = statement.log
    if seen is not None and seen.origin == enrolment.origin and seen.size <= enrolment.size:
        if seen.root != enrolment.root_at(seen.size):
            return "the log that the signer saw is not this log"
        if enrolled >= seen.size:
            return "the log enrolled the key only after the statement"
    elif given is None:
        return "neither the statement nor the log says that it came after the key's enrolment"
    if given is not None and given < enrolled:
        return "the log enrolled the key only after the statement"
    if own in enrolment.heard and _is_ahead(statement.at, enrolment.heard[own]):
        return "it is dated later than the log heard of it"
    gone = enrolment.withdrawn.get(bound)
    if gone is not None and (given is None or gone < given):
        return "the key was withdrawn before the log learnt of the statement"
    return ""


def _is_ahead(at: datetime, heard: str) -> bool:
    """Whether the time that it gives had not come when the log heard of it: till then it would be the last word."""
    return at > datetime.fromisoformat(heard) + CLOCKS_DIFFER


def matching(outcomes: Iterable[Outcome], kind: Kind, **decided: object) -> tuple[Outcome, ...]:
    """Statements of a kind that decided exactly this, proven ones first."""
    found = [
        item
        for item in outcomes
        if item.statement is not None
        and item.statement.kind is kind
        and all(item.statement.decided.get(name) == value for name, value in decided.items())
    ]
    return tuple(sorted(found, key=lambda item: not item.proven))
