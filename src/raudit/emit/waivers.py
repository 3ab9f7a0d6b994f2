"""Tell the log of waivers: granted, revoked, and found in the file without either."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from raudit.checklists.history import OUTSIDE
from raudit.emit.answers import statement_digests, tell
from raudit.emit.books import Books
from raudit.emit.enrolment import enrolment_of, log_state
from raudit.emit.people import people_changed
from raudit.errors import PolicyError, StatementError
from raudit.files import locked, write_whole
from raudit.log import Entry, Event, EventType, Log, ReadableLog, attest_log
from raudit.policy.proof import Revocation
from raudit.policy.waive import appended, named
from raudit.policy.waivers import Waiver, load_waivers, waiver_sha256
from raudit.spelling import spelling
from raudit.statements import Kind, Outcome, Statement, add_statement, check_statement
from raudit.statements.envelope import open_envelope


def two_people(books: Books, *, owner: str, approver: str) -> dict[str, str]:
    """Owner and approver by id.

    Raises
    ------
    PolicyError
        If they are one person; ``PeopleError`` if people.yaml does not know one of them.
    """
    people = {"owner": _id_of(books, owner), "approver": _id_of(books, approver)}
    if books.people.id_of(owner) == books.people.id_of(approver):
        raise PolicyError(
            "a waiver takes two people, and its owner is its approver",
            reference="waiver-one-person",
            where="--approver",
            got=approver,
            hint="let someone else approve it",
        )
    return people


def _id_of(books: Books, name: str) -> str:
    return books.people.known(name).id if books.people else name


def request_waiver(
    books: Books, path: Path, waiver: Waiver, envelope: bytes | None
) -> Outcome | None:
    """Add a waiver to its file, with its owner's signed statement if there is one, and tell the log."""
    path = path.resolve()
    with locked(path):
        data = appended(path, waiver)  # read anew: someone may have added one meanwhile
        outcome = _kept(books, path, envelope)
        write_whole(path, data)
        granted(books, path, waiver)
    return outcome


def approve_waiver(
    books: Books, path: Path, waiver: str, *, by: str, envelope: bytes | None
) -> Outcome | None:
    """Agree to a waiver as the approver that it names, and tell the log.

    Raises
    ------
    PolicyError
        If it names someone else, its owner agrees to it, or it changed since the statement was made.
    """
    path = path.resolve()
    with locked(path):
        held = named(path, waiver)
        who = to_approve(books, held, by)
        if envelope is not None:
            subject = open_envelope(envelope).statement.subjects.get("waiver")
            if subject != str(waiver_sha256(held)):
                raise StatementError(
                    "the waiver changed since it was read",
                    reference="waiver-changed",
                    got=waiver,
                    hint="read it again, and approve it again",
                )
        outcome = _kept(books, path, envelope)
        approved(books, held, by=who, statement=None if outcome is None else outcome.sha256)
    return outcome


def to_approve(books: Books, waiver: Waiver, by: str) -> str:
    """Id of whoever may agree to a waiver; refused for all others."""
    who = _id_of(books, by)
    if books.people.id_of(who) != books.people.id_of(waiver.approver):
        raise PolicyError(
            f"{waiver.id} names another approver",
            reference="waiver-approver",
            got=by,
            expected=waiver.approver,
            hint="let that person approve it, or ask for another waiver",
        )
    two_people(books, owner=waiver.owner, approver=waiver.approver)
    return who


def _kept(books: Books, path: Path, envelope: bytes | None) -> Outcome | None:
    """Keep a statement beside the waivers; what checking it came to. One that proves nothing is refused."""
    if envelope is None:
        return None
    known = enrolment_of(books.log) if books.log is not None else None
    outcome = check_statement(envelope, books.people, enrolment=known)
    if not outcome.proven:
        raise StatementError(
            f"the statement is not proven: {outcome.detail}",
            reference="statement-unproven",
            hint="nothing was written; sign it with a key that people.yaml gives this person",
        )
    add_statement(path, envelope)
    return outcome


def granted(books: Books, path: Path, waiver: Waiver) -> None:
    """Tell the log that a waiver was granted."""
    tell(books, [_granted(path, waiver, books.actor, books.system)])


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
    tell(books, [_revoked(waiver, by, books.actor, statement, books.system)])


def settle_waivers(path: Path, books: Books) -> int:
    """Tell the log what the file says and the log does not know: edits made by hand; returns how many events."""
    log = books.log
    if log is None or not path.exists():
        return 0
    here = {w.id: w for w in load_waivers(path).entries}
    standing = _standing_in(log, books.system)
    events = [
        _granted(path, waiver, OUTSIDE, books.system)
        for name, waiver in here.items()
        if standing.get(name) != str(waiver_sha256(waiver))
    ]
    events += [
        _revoked(name, OUTSIDE, OUTSIDE, None, books.system)
        for name in standing
        if name not in here
    ]
    tell(books, events)
    return len(events)


def _standing_in(log: Log, system: str) -> Mapping[str, str]:
    """Digest of each waiver that the log says was granted for a system and not taken back, by id."""
    found: dict[str, str] = {}
    for entry in log.entries():
        if not _is_of(entry, system):
            continue
        if entry.type == EventType.WAIVER_GRANTED:
            found[str(entry.body["waiver"])] = str(entry.body["digest"])
        elif entry.type == EventType.WAIVER_REVOKED:
            found.pop(str(entry.body["waiver"]), None)
    return found


def _is_of(entry: Entry, system: str) -> bool:
    """Whether what is told of a waiver is about a system; where no system was told, it may be about any."""
    told = str(entry.body.get("system") or "")
    return not told or not system or spelling(told) == spelling(system)


def revocations_in(log: ReadableLog, system: str) -> tuple[Revocation, ...]:
    """A system's waivers that a log says were taken back and not granted again, beyond its last checkpoint too.

    What somebody took back with a command, only a command grants again: to write it into the file anew is not enough.

    Raises
    ------
    LogIntegrityError
        If the log was edited.
    """
    types = (EventType.WAIVER_GRANTED, EventType.WAIVER_REVOKED)
    found: dict[str, Revocation] = {}
    commanded: set[str] = set()
    for entry in attest_log(log, types=types).entries:
        if entry.type not in types or not _is_of(entry, system):
            continue
        name, outside = str(entry.body["waiver"]), entry.actor == OUTSIDE
        told = str(entry.body.get("system") or "")
        if entry.type == EventType.WAIVER_REVOKED:
            statement = str(entry.body.get("statement") or "")
            found[name] = Revocation(waiver=name, statement=statement, system=told)
            commanded |= set() if outside else {name}
        elif name in found and found[name].system and not told:
            continue  # what was taken back in this system is not granted again by who knows which
        elif not outside or name not in commanded:
            found.pop(name, None)
            commanded.discard(name)
    return tuple(found.values())


def _granted(path: Path, waiver: Waiver, actor: str, system: str) -> Event:
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
        "system": _named(system),
    }
    return Event(type=EventType.WAIVER_GRANTED, actor=actor, body=body)


def _revoked(waiver: str, by: str, actor: str, statement: str | None, system: str) -> Event:
    body = {"waiver": waiver[:200], "by": by, "statement": statement, "system": _named(system)}
    return Event(type=EventType.WAIVER_REVOKED, actor=actor, body=body)


def _named(system: str) -> str | None:
    return system[:200] or None


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
