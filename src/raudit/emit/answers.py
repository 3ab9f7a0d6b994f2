"""Change answers and tell the log, so that the two never disagree silently.

The order is what makes it so, and the code is tagged with it:

1. Take the lock of the answers file.
2. Tell the log what it missed: changes that were made when a writer was killed, when there was no log,
   or by hand.
3. Write the change into the history, with what was and what will be (write ahead).
4. Replace the answers file in one step.
5. Append the events, under ids that follow from the history's line.
6. Note in the history that the log has them.

Killed after 3, the next writer finds that the change never came true and says so. Killed after 4 or 5, it
appends what is missing; the ids tell what the log has already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from raudit.canonical import digest
from raudit.checklists import assess, load_answers
from raudit.checklists.answers import parse_answers
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.history import (
    OUTSIDE,
    add_line,
    catch_up,
    keep_replacement,
    read_lines,
)
from raudit.checklists.signoff import answers_sha256
from raudit.checklists.states import submit as mark_submitted
from raudit.checklists.writing import save_locked
from raudit.emit.books import Books
from raudit.emit.known import known_of
from raudit.errors import AnswerConflict, AnswersError
from raudit.files import locked, write_whole
from raudit.log import Event, EventType, Log
from raudit.statements import add_statement, read_statements
from raudit.statements.enrolment import matter_of
from raudit.statements.envelope import open_envelope
from raudit.yamltext import read_yaml


def keep(
    path: Path,
    change: Callable[[str], str],
    checklist: Checklist,
    books: Books,
    *,
    statement: bytes | None = None,
) -> str:
    """Change an answers file and tell the log.

    Parameters
    ----------
    change
        Takes the file's text and gives the new one.
    statement
        The signed statement of the same decision, to be kept beside the answers before they change.

    Returns
    -------
    str
        The text that is on disk.
    """
    path = path.resolve()
    with locked(path):  # (1)
        _settle(path, checklist, books)  # (2)
        before = read_yaml(path, error=AnswersError).text
        text = change(before)
        parse_answers(text, checklist)
        if statement is not None:
            add_statement(path, statement)
        save_locked(path, lambda _before: text, checklist=checklist)  # (3) (4)
        _settle(path, checklist, books)  # (5) (6)
        return text


def write_new(path: Path, text: str, checklist: Checklist, books: Books) -> None:
    """Write an answers file where there is none, with its history, and tell the log.

    Raises
    ------
    AnswersError
        If there are answers by now, or the text is none.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        if path.exists():
            raise AnswersError(
                "there are answers already",
                reference="answers-exist",
                where=str(path),
                hint="name another file with -o",
            )
        _replace(path, "", text, checklist, books)


def migrate_answers(
    path: Path, change: Callable[[str], str], checklist: Checklist, books: Books
) -> None:
    """Replace answers by the same ones for another version of their checklist, and tell the log."""
    path = path.resolve()
    with locked(path):
        before = read_yaml(path, error=AnswersError).text
        # Edits by hand are told first, if the present checklist can read the file that they are in.
        with suppress(AnswersError):
            _settle(path, checklist, books)
        _replace(path, before, change(before), checklist, books)


def _replace(path: Path, before: str, after: str, checklist: Checklist, books: Books) -> None:
    if after == before:
        return
    keep_replacement(path, before, after, checklist)  # (3)
    write_whole(path, after.encode())  # (4)
    _settle(path, checklist, books)  # (5) (6)


def settle(path: Path, checklist: Checklist, books: Books) -> int:
    """Tell the log what it missed of an answers file; returns how many events that were."""
    path = path.resolve()
    with locked(path):
        return _settle(path, checklist, books)


def submit(
    path: Path,
    checklist: Checklist,
    books: Books,
    *,
    by: str,
    made_from: str = "",
    facts: Mapping[str, Any] | None = None,
) -> str:
    """Say that the answers as they are are ready to be reviewed, and tell the log.

    Parameters
    ----------
    made_from
        Digest of the answers that were looked at; empty for whatever stands there.
    facts
        What the last run measured, on which it may depend what is asked.

    Returns
    -------
    str
        Digest of what was submitted.

    Raises
    ------
    AnswersError
        If questions are open, or nobody is named.
    AnswerConflict
        If the answers changed since they were looked at.
    """
    path = path.resolve()
    with locked(path):
        _settle(path, checklist, books)
        answers = load_answers(path, checklist)
        sha256 = str(answers_sha256(answers))
        if made_from and made_from != sha256:
            raise AnswerConflict(
                "the answers changed since you looked",
                reference="answers-changed",
                hint="look at them again, then submit them",
                theirs={},
                mine={},
            )
        result = assess(checklist, answers, facts=facts or {}, today=books.clock.date())
        at = books.clock.strftime("%Y-%m-%dT%H:%M:%SZ")
        mark_submitted(path, result, by=books.people.known(by).id if books.people else by, at=at)
        _settle(path, checklist, books)
    return sha256


def pending(path: Path, log_origin: str = "") -> int:
    """How many changes of an answers file no log was told of."""
    lines = read_lines(path)
    return len(_unlogged(lines, log_origin))


def _settle(path: Path, checklist: Checklist, books: Books) -> int:
    catch_up(path, read_yaml(path, error=AnswersError).text, checklist)
    log = books.log
    if log is None:
        return 0
    left = _unlogged(read_lines(path), log.origin)
    if not left:
        return 0
    given = statement_digests(path)
    known = known_of(log).ids
    told = 0
    for line in left:
        if line["kind"] == "submitted":
            told += _told(log, [_submitted(line, checklist)], known, books)
        else:
            told += _told(log, _events(line, given, books.actor), known, books)
            told += _told(log, _voided(line, known, books.actor), known, books)
        add_line(path, {"kind": "logged", "of": line["id"], "log": log.origin})
    return told


def _unlogged(lines: Sequence[Mapping[str, Any]], origin: str) -> list[Mapping[str, Any]]:
    passed = {line["of"] for line in lines if line["kind"] == "dropped"}
    passed |= {
        line["of"] for line in lines if line["kind"] == "logged" and origin in ("", line["log"])
    }
    told = ("change", "submitted")
    return [line for line in lines if line["kind"] in told and line["id"] not in passed]


def _told(log: Log, events: Sequence[Event], known: dict[str, int], books: Books) -> int:
    """Append the events that the log does not have."""
    new = [event for event in events if event.id not in known]
    if new:
        receipt = log.append(new, clock=books.clock)
        for index, event in zip(receipt.indices, new, strict=False):
            known[event.id] = index
    return len(new)


def tell(books: Books, events: Sequence[Event]) -> None:
    """Append events to the log, if there is one."""
    if books.log is not None and events:
        books.log.append(list(events), clock=books.clock)


def event_id(**what: Any) -> str:
    """Id of an event that follows from what it is about, so that the log has it once whoever tells it."""
    return str(digest(what))[:32]


def signoff_id(checklist: str, item: Mapping[str, str]) -> str:
    """Id of the event of a sign-off: two of one role in one second are two if anything in them differs."""
    what = {key: item[key] for key in ("role", "by", "at", "decision", "answers")}
    return event_id(checklist=checklist, type="signoff.given", **what)


def _index_of(checklist: str, item: Mapping[str, str], known: Mapping[str, int]) -> int | None:
    """Entry of a sign-off; earlier versions named it by its role and time alone."""
    by_time = event_id(checklist=checklist, role=item["role"], at=item["at"], type="signoff.given")
    whole = signoff_id(checklist, item) if "answers" in item else by_time
    return known.get(whole, known.get(by_time))


def _events(
    line: Mapping[str, Any], given: Mapping[tuple[Any, ...], str], actor: str
) -> list[Event]:
    checklist, after = line["checklist"], line["answers_after"]
    who = OUTSIDE if line["outside"] else actor
    found: list[Event] = []

    def add(kind: EventType, name: str, by: str, **body: Any) -> None:
        event = event_id(line=line["id"], type=str(kind), name=name)
        whole = {"checklist": checklist, **body, "by": by or who}
        found.append(Event(type=kind, actor=who, body=whole, id=event))

    answers = [item for item in line["changes"] if item["what"] != "review"]
    if answers or line["answers_before"] != after:
        one: Mapping[str, Any] = answers[0] if len(answers) == 1 else {"question": None, "by": ""}
        by = str(OUTSIDE if line["outside"] else one["by"])
        old = line["answers_before"] or None
        add(EventType.ANSWERS_CHANGED, "", by, question=one["question"], old=old, new=after)
    for item in line["changes"]:
        review = (item["entry"].get("answers") or {}).get("review") or {}
        if item["what"] == "review" and review.get("state") in ("accepted", "to_correct"):
            state, name = review["state"].replace("_", "-"), item["question"]
            stated = given.get(("review", name, item["sha256"], item["at"]))
            add(
                EventType.REVIEW_GIVEN,
                name,
                item["by"],
                question=name,
                answers=after,
                state=state,
                statement=stated,
                matter=given.get(("matter", stated)),
            )
    for item in line["met"]:
        name, at = f"{item['role']} {item['condition']}", item["at"]
        stated = given.get(("met", item["role"], item["condition"], at))
        place = {"role": item["role"], "condition": item["condition"]}
        add(EventType.CONDITION_MET, name, item["by"], **place, statement=stated)
    for item in line["signoffs"]:
        stated = given.get(
            ("sign-off", item["role"], item["answers"], item["decision"], item["at"])
        )
        body = {
            "checklist": checklist,
            "answers": item["answers"],
            "role": item["role"],
            "by": item["by"],
            "statement": stated,
            "matter": given.get(("matter", stated)),
        }
        name, kind = signoff_id(checklist, item), EventType.SIGNOFF_GIVEN
        found.append(Event(type=kind, actor=who, body=body, id=name))
    return found


def _submitted(line: Mapping[str, Any], checklist: Checklist) -> Event:
    body = {"checklist": checklist.id, "answers": line["answers"], "by": line["by"]}
    name = event_id(line=line["id"], type=str(EventType.ANSWERS_SUBMITTED))
    return Event(type=EventType.ANSWERS_SUBMITTED, actor=line["by"], body=body, id=name)


def _voided(line: Mapping[str, Any], known: Mapping[str, int], actor: str) -> list[Event]:
    found = []
    for item in line["voided"]:
        index = _index_of(line["checklist"], item, known)
        if index is not None:
            body = {"checklist": line["checklist"], "signoff": index, "reason": item["reason"]}
            name = event_id(signoff=index, at=item["at"], type="signoff.voided", line=line["id"])
            who = OUTSIDE if line["outside"] else actor
            found.append(Event(type=EventType.SIGNOFF_VOIDED, actor=who, body=body, id=name))
    return found


def statement_digests(path: Path) -> dict[tuple[Any, ...], str]:
    """Digest of each statement beside a file, by what it is about, and of what a review or sign-off decides."""
    found: dict[tuple[Any, ...], str] = {}
    for data in read_statements(path):
        try:
            envelope = open_envelope(data)
        except ValueError:
            continue  # named by whoever checks statements
        said, decided = envelope.statement, envelope.statement.decided
        at, name = said.at.isoformat(), str(digest_of(envelope.payload))
        match said.kind:
            case "review":
                key: tuple[Any, ...] = (
                    "review",
                    decided.get("question"),
                    said.subjects.get("answer"),
                    _z(at),
                )
                found["matter", name] = str(matter_of(said))
            case "sign-off":
                role, decision = decided.get("role"), decided.get("decision")
                key = ("sign-off", role, said.subjects.get("answers"), decision, at)
                found["matter", name] = str(matter_of(said))
            case "met":
                key = ("met", decided.get("role"), decided.get("condition"), at)
            case _:
                key = (str(said.kind), decided.get("waiver"), said.subjects.get("waiver"))
        found[key] = name
    return found


def _z(at: str) -> str:
    return at.replace("+00:00", "Z")


def digest_of(payload: bytes) -> str:
    """SHA-256 of a statement's bytes."""
    from raudit.canonical import sha256

    return sha256(payload)
