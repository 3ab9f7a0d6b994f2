"""Tell the log of waivers: granted, revoked, and found in the file without either."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from raudit.checklists.history import OUTSIDE
from raudit.emit.answers import statement_digests, tell
from raudit.emit.books import Books
from raudit.emit.enrolment import log_state
from raudit.emit.people import people_changed
from raudit.log import Event, EventType, Log
from raudit.policy.waivers import Waiver, load_waivers, waiver_sha256
from raudit.statements import Kind, Statement


def granted(books: Books, path: Path, waiver: Waiver) -> None:
    """Tell the log that a waiver was granted."""
    tell(books, [_granted(path, waiver, books.actor)])


def approved(books: Books, waiver: Waiver, *, by: str, statement: str | None) -> None:
    """Tell the log that someone agreed to a waiver."""
    body = {
        "waiver": waiver.id[:200],
        "digest": str(waiver_sha256(waiver)),
        "by": by,
        "statement": statement,
    }
    tell(books, [Event(type=EventType.WAIVER_APPROVED, actor=books.actor, body=body)])


def revoked(books: Books, waiver: str, *, by: str, statement: str | None = None) -> None:
    """Tell the log that a waiver was taken back."""
    tell(books, [_revoked(waiver, by, books.actor, statement)])


def settle_waivers(path: Path, books: Books) -> int:
    """Tell the log what the file says and the log does not know: edits made by hand; returns how many events."""
    log = books.log
    if log is None or not path.exists():
        return 0
    here = {w.id: w for w in load_waivers(path).entries}
    standing = standing_in(log)
    events = [
        _granted(path, waiver, OUTSIDE)
        for name, waiver in here.items()
        if standing.get(name) != str(waiver_sha256(waiver))
    ]
    events += [_revoked(name, OUTSIDE, OUTSIDE, None) for name in standing if name not in here]
    tell(books, events)
    return len(events)


def standing_in(log: Log) -> Mapping[str, str]:
    """Digest of each waiver that the log says was granted and not taken back, by id."""
    found: dict[str, str] = {}
    for entry in log.entries():
        if entry.type == EventType.WAIVER_GRANTED:
            found[str(entry.body["waiver"])] = str(entry.body["digest"])
        elif entry.type == EventType.WAIVER_REVOKED:
            found.pop(str(entry.body["waiver"]), None)
    return found


def _granted(path: Path, waiver: Waiver, actor: str) -> Event:
    own = waiver_sha256(waiver)
    given = statement_digests(path).get(("waiver", waiver.id, str(own)))
    scope = ", ".join(f"{key}={value}" for key, value in waiver.scope)[:200] or "everything"
    body = {
        "waiver": waiver.id[:200],
        "rule": waiver.rule[:200],
        "scope": scope,
        "expires": waiver.expires.isoformat(),
        "approver": waiver.approver,
        "digest": str(own),
        "statement": given,
    }
    return Event(type=EventType.WAIVER_GRANTED, actor=actor, body=body)


def _revoked(waiver: str, by: str, actor: str, statement: str | None) -> Event:
    body = {"waiver": waiver[:200], "by": by, "statement": statement}
    return Event(type=EventType.WAIVER_REVOKED, actor=actor, body=body)


def waiver_statement(books: Books, waiver: Waiver, *, kind: Kind, by: str, nonce: str) -> Statement:
    """That someone asks for, agrees to or takes back exactly this waiver."""
    if books.log is not None:
        people_changed(books.log, books.people, actor=books.actor, clock=books.clock)
    return Statement(
        kind=kind,
        person=by,
        subjects={"waiver": str(waiver_sha256(waiver))},
        decided={"waiver": waiver.id, "rule": waiver.rule, "expires": waiver.expires.isoformat()},
        system=books.system,
        at=books.clock.replace(microsecond=0),
        nonce=nonce,
        log=log_state(books.log) if books.log is not None and books.log.size else None,
    )
