"""Check statements offline: who said what, and is it proven.

A signature proves *this key*; people.yaml says whose it is; only the log proves that it said so before
the statement was made. Each is told apart, and what cannot be told is said to be so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from raudit.canonical import Sha256, sha256
from raudit.dsse import PAYLOAD_TYPE, pre_authentication_encoding
from raudit.people import Key, People
from raudit.sentences import say, term
from raudit.spelling import spelling
from raudit.statements.enrolment import REPLACED, Enrolment, later_word, matter, order_fault
from raudit.statements.envelope import Envelope, open_envelope, verifies
from raudit.statements.passkey import passkey_fault
from raudit.statements.statement import Kind, Statement, in_words

_OF_WAIVERS = (Kind.WAIVER, Kind.APPROVAL, Kind.REVOCATION)


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
    why: str
    """Why, as a sentence that another language can say."""
    statement: Statement | None = None
    """What is stated; None for bytes that are no statement."""
    sha256: Sha256 = field(default=Sha256(""))
    """Digest of the statement's bytes."""
    key: str = ""
    """Kind and fingerprint of the key."""
    replaced: bool = False
    """Whether it is not known to be the last word on its matter: it was said, and counts no more."""

    @property
    def proven(self) -> bool:
        """Whether it is proven who said so, and it is still the last word."""
        return self.standing is Standing.PROVEN and not self.replaced

    @property
    def detail(self) -> str:
        """Why, in English and no more than text: what a record says of a decision."""
        return str(self.why)

    @property
    def said(self) -> str:
        """One line, as a sentence: who, what, and how that is known."""
        if self.statement is None:
            return self.why
        return say(
            "{person}, {what}: {standing}, {why}",
            person=self.statement.person,
            what=in_words(self.statement),
            standing=term(str(self.standing)),
            why=self.why,
        )

    @property
    def text(self) -> str:
        """The same in English and no more than text."""
        return str(self.said)


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
        if item.proven and (about := matter(item.statement)):
            last[about] = item
    return tuple(_in_force(item, last.get(matter(item.statement)), enrolment) for item in said)


def about_system(outcomes: Iterable[Outcome], audited: str) -> tuple[Outcome, ...]:
    """What was signed of one system proves nothing of another that its answers are put beside."""
    return tuple(
        item
        if not item.proven or item.statement is None or is_about(item.statement, audited)
        else replace(
            item,
            standing=Standing.UNPROVEN,
            why=say(
                "it is about {system}, and the audit is of {audited}",
                system=item.statement.system,
                audited=audited,
            ),
        )
        for item in outcomes
    )


def is_about(statement: Statement, audited: str) -> bool:
    """Whether a statement may count in an audit of a system; one of a waiver may name none, and then counts in any."""
    anywhere = not statement.system and statement.kind in _OF_WAIVERS
    return not audited or anywhere or spelling(statement.system) == spelling(audited)


def _when(item: Outcome, told: Mapping[str, int]) -> tuple[float, float]:
    """When it was said, and, within one second, when the log heard of it."""
    if item.statement is None:
        return 0, 0
    return item.statement.at.timestamp(), told.get(item.sha256, math.inf)


def _in_force(item: Outcome, last: Outcome | None, enrolment: Enrolment | None) -> Outcome:
    """A statement that was true once and is put back in place of a later one is no proof of what holds now."""
    if not item.proven or item.statement is None:
        return item
    newest = last is None or last is item
    why = "" if newest else REPLACED
    if newest and enrolment is not None:
        why = later_word(item.statement, item.sha256, enrolment)
    return (
        replace(item, replaced=True, why=say("{first}; {then}", first=item.why, then=why))
        if why
        else item
    )


def check_statement(data: bytes, people: People, *, enrolment: Enrolment | None = None) -> Outcome:
    """Check one statement; see ``check_statements``."""
    try:
        envelope = open_envelope(data)
    except ValueError as error:
        return Outcome(
            standing=Standing.FALSE,
            why=say("this is no signed statement: {error}", error=term(str(error))),
        )

    def outcome(standing: Standing, detail: str, key: Key | None = None) -> Outcome:
        named = f"{key.entry.kind.replace('_', ' ')} {key.fingerprint[:16]}" if key else ""
        return Outcome(
            standing=standing,
            why=detail,
            statement=envelope.statement,
            sha256=sha256(envelope.payload),
            key=named,
        )

    statement = envelope.statement
    if statement.person not in people.by_id:
        return outcome(
            Standing.UNPROVEN, say("nobody is known by the id {person}", person=statement.person)
        )
    key = next(
        (key for key in people.keys(statement.person) if key.fingerprint == envelope.keyid), None
    )
    if key is None:
        return outcome(
            Standing.UNPROVEN,
            say("it is signed with a key that people.yaml does not give this person"),
        )
    fault = _signature_fault(envelope, key)
    if fault:
        return outcome(Standing.FALSE, fault, key)
    if not key.counts_at(statement.at):
        return outcome(Standing.FALSE, say("the key did not count at that time"), key)
    if enrolment is None:
        return outcome(
            Standing.PROVEN,
            say("signed with {key}; the order of enrolment was not checked", key=_name(key)),
            key,
        )
    against, fault = order_fault(statement, key.fingerprint, sha256(envelope.payload), enrolment)
    if fault:
        return outcome(Standing.FALSE if against else Standing.UNPROVEN, fault, key)
    return outcome(Standing.PROVEN, say("signed with {key}, enrolled before", key=_name(key)), key)


def _name(key: Key) -> str:
    kind = term(key.entry.kind.replace("_", " "))
    return say("{kind} {fingerprint}…", kind=kind, fingerprint=key.fingerprint[:16])


def _signature_fault(envelope: Envelope, key: Key) -> str:
    if key.entry.passkey is not None:
        return passkey_fault(envelope, key)
    if envelope.webauthn is not None:
        return say("an assertion of a passkey under a key that is none")
    message = pre_authentication_encoding(PAYLOAD_TYPE, envelope.payload)
    return (
        ""
        if verifies(key.spki, envelope.signature, message)
        else say("the signature does not fit the statement")
    )


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
