"""What someone states, as an in-toto statement in canonical JSON: the bytes that are signed, never rebuilt.

Reference: in-toto Attestation Framework, Statement v1; RFC 8785.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NoReturn

from raudit.canonical import Json, canonical_bytes
from raudit.dsse import STATEMENT_TYPE
from raudit.errors import StatementError
from raudit.sentences import say, term

PREDICATE_TYPE = "https://raudit.dev/statement/v1"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_NONCE = re.compile(r"[0-9a-f]{32}\Z")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class Kind(StrEnum):
    """What a statement is."""

    REVIEW = "review"
    """Of one answer: accepted, or sent back."""
    SIGN_OFF = "sign-off"
    MET = "met"
    """A condition of an approval is met."""
    WAIVER = "waiver"
    """The owner of a finding asks to let it stand."""
    APPROVAL = "approval"
    """Someone else agrees to a waiver."""
    REVOCATION = "revocation"
    """A waiver is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """The log as the signer saw it."""

    origin: str
    size: int
    root: str
    """Root hash, 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A decision over digests of exactly what was decided."""

    kind: Kind
    person: str
    """Id of the person in people.yaml."""
    subjects: Mapping[str, str]
    """SHA-256 by what it is of: ``answers``, ``checklist``, ``record``, ``report``, ``open-findings``, ``waiver`` …"""
    decided: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    """The decision: ``role``, ``decision``, ``conditions``, ``question``, ``state`` …, by kind."""
    system: str = ""
    """Name of the system it is about."""
    at: datetime
    """When, as the signer says; aware."""
    nonce: str
    """Fresh 128 random bits in hexadecimal: keeps the challenge of a passkey unpredictable (WebAuthn, 13.4.3)."""
    log: LogState | None = None
    """None if no log was kept."""

    def payload(self) -> bytes:
        """The canonical bytes that are signed; a passkey's challenge is their SHA-256.

        Raises
        ------
        StatementError
            If the nonce, a digest or the time is not what it must be.
        """
        if not _NONCE.match(self.nonce):
            _refuse("the random value is not 128 bits", "statement-nonce", self.nonce[:40])
        bad = [name for name, value in self.subjects.items() if not _SHA256.match(value)]
        if bad or not self.subjects:
            _refuse(
                "a statement names what it is about by SHA-256",
                "statement-subject",
                ", ".join(bad) or "nothing",
            )
        if self.at.tzinfo is None:
            _refuse("the time has no time zone", "statement-time", self.at.isoformat())
        predicate: dict[str, Json] = {
            "version": 1,
            "kind": str(self.kind),
            "person": self.person,
            "system": self.system,
            "decided": dict(self.decided),
            "at": self.at.astimezone(UTC).strftime(_TIME),
            "nonce": self.nonce,
            "log": None
            if self.log is None
            else {"origin": self.log.origin, "size": self.log.size, "root": self.log.root},
        }
        return canonical_bytes(
            {
                "_type": STATEMENT_TYPE,
                "subject": [
                    {"name": name, "digest": {"sha256": value}}
                    for name, value in sorted(self.subjects.items())
                ],
                "predicateType": PREDICATE_TYPE,
                "predicate": predicate,
            }
        )


def parse_statement(payload: bytes) -> Statement:
    """Read a statement's bytes.

    Raises
    ------
    ValueError
        If they are no statement of ours in canonical form; nothing else, whatever the bytes.
    """
    try:
        value = json.loads(payload)
        predicate = value["predicate"]
        subjects = {item["name"]: item["digest"]["sha256"] for item in value["subject"]}
        log = predicate["log"]
        statement = Statement(
            kind=Kind(predicate["kind"]),
            person=str(predicate["person"]),
            subjects=MappingProxyType(subjects),
            decided=MappingProxyType(dict(predicate["decided"])),
            system=str(predicate["system"]),
            at=datetime.strptime(predicate["at"], _TIME).replace(tzinfo=UTC),
            nonce=str(predicate["nonce"]),
            log=log
            if log is None
            else LogState(origin=str(log["origin"]), size=int(log["size"]), root=str(log["root"])),
        )
        # One meaning, one text: what was rebuilt from the meaning must be the bytes that were signed.
        same = statement.payload() == payload
    except Exception as error:
        raise ValueError(f"no statement ({type(error).__name__})") from error
    if not same:
        raise ValueError("not in canonical form, or with more in it than a statement has")
    return statement


def in_words(statement: Statement) -> str:
    """What is stated, in one line."""
    said: Mapping[str, Any] = statement.decided
    match statement.kind:
        case Kind.REVIEW:
            state = term(str(said.get("state")).replace("_", " "))
            return say("review of {question}: {state}", question=said.get("question"), state=state)
        case Kind.SIGN_OFF:
            decision = term(str(said.get("decision")).replace("_", " "))
            return say("sign-off as {role}: {decision}", role=said.get("role"), decision=decision)
        case Kind.MET:
            number, role = said.get("condition"), said.get("role")
            return say("condition {number} of {role} is met", number=number, role=role)
        case _:
            kind = term(str(statement.kind))
            return say("{kind} of {waiver}", kind=kind, waiver=said.get("waiver"))


def _refuse(message: str, reference: str, got: str) -> NoReturn:
    raise StatementError(
        message, reference=reference, got=got, hint="see docs/reference/statements.md"
    )
