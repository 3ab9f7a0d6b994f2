"""Decisions about answers: make the statement, have it signed or not, then write it down and tell the log.

A key in a file and a passkey in a browser take the same way: ``*_statement`` gives what is to be signed,
``decide`` takes it with or without the envelope, and writes nothing unless it still fits the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from raudit.canonical import Json, digest
from raudit.checklists.answers import Answers, parse_answers, with_line_feeds
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.signoff import answer_digests, answers_sha256, conditions_of
from raudit.checklists.writing import (
    check_signer,
    met_condition,
    review_answer,
    signed_condition,
    signed_off,
)
from raudit.emit.answers import keep
from raudit.emit.books import Books
from raudit.emit.enrolment import enrolment_of, log_state
from raudit.emit.people import people_changed
from raudit.errors import StatementError
from raudit.people import People
from raudit.statements import (
    Kind,
    Outcome,
    PersonKey,
    Statement,
    check_statement,
    sign_statement,
)
from raudit.statements.envelope import open_envelope


def person_of(books: Books, by: str) -> str:
    """A person's id; without people.yaml the name as given."""
    return books.people.known(by).id if books.people else by


def sign_off_statement(
    answers: Answers,
    checklist: Checklist,
    books: Books,
    *,
    role: str,
    decision: str,
    by: str,
    nonce: str,
    conditions: Sequence[Mapping[str, str]] = (),
    record: Mapping[str, str] | None = None,
) -> Statement:
    """A sign-off of exactly what the answers say now.

    Parameters
    ----------
    nonce
        32 fresh random hexadecimal digits.
    record
        Further digests that the decision rests on, such as ``record`` and ``open-findings``.

    Raises
    ------
    AnswersError, PeopleError
        If this person may not sign.
    """
    if not answers.file.subject.project.strip():
        raise StatementError(
            "the answers do not say which system they are about",
            reference="signoff-no-system",
            hint="name it in the file under subject, as project: NAME",
        )
    by = check_signer(answers, checklist, role, by, books.people)
    given: list[Json] = [dict(signed_condition(item)) for item in conditions]
    subjects = {
        "answers": str(answers_sha256(answers)),
        "checklist": str(checklist.sha256),
        **(record or {}),
    }
    decided: dict[str, Json] = {"role": role, "decision": decision, "conditions": given}
    return _statement(
        Kind.SIGN_OFF, answers, books, by=by, subjects=subjects, decided=decided, nonce=nonce
    )


def review_statement(
    answers: Answers,
    checklist: Checklist,
    books: Books,
    *,
    question: str,
    state: str,
    by: str,
    nonce: str,
    note: str = "",
) -> Statement:
    """A review of an answer as it stands now."""
    found = answer_digests(answers).get(question)
    if found is None:
        raise StatementError(
            f"'{question}' is not answered", reference="review-no-answer", hint="answer it first"
        )
    decided: dict[str, Json] = {"question": question, "state": state, "note": with_line_feeds(note)}
    subjects = {"answer": str(found), "checklist": str(checklist.sha256)}
    who = person_of(books, by)
    return _statement(
        Kind.REVIEW, answers, books, by=who, subjects=subjects, decided=decided, nonce=nonce
    )


def met_statement(
    answers: Answers,
    checklist: Checklist,
    books: Books,
    *,
    role: str,
    number: int,
    how: str,
    by: str,
    nonce: str,
) -> Statement:
    """That a condition of an approval is met."""
    signed = [item for item in answers.file.signoffs if item.role == role]
    conditions = conditions_of(signed[-1]) if signed else []
    if not 1 <= number <= len(conditions):
        expected = (
            f"1 to {len(conditions)}" if conditions else f"a role that set conditions, not {role}"
        )
        raise StatementError(
            "there is no such condition",
            reference="no-condition",
            got=str(number),
            expected=expected,
            hint="raudit assess status ANSWERS lists them",
        )
    decided: dict[str, Json] = {"role": role, "condition": number, "how": with_line_feeds(how)}
    condition: Any = conditions[number - 1]
    subjects = {"condition": str(digest(condition)), "checklist": str(checklist.sha256)}
    who = person_of(books, by)
    return _statement(
        Kind.MET, answers, books, by=who, subjects=subjects, decided=decided, nonce=nonce
    )


def _statement(
    kind: Kind,
    answers: Answers,
    books: Books,
    *,
    by: str,
    subjects: Mapping[str, str],
    decided: Mapping[str, Json],
    nonce: str,
) -> Statement:
    if books.log is not None:
        # First the log learns of the keys, so that what it says comes before the statement.
        people_changed(books.log, books.people, actor=books.actor, clock=books.clock)
    return Statement(
        kind=kind,
        person=by,
        subjects=subjects,
        decided=decided,
        system=answers.file.subject.project,
        at=books.clock.replace(microsecond=0),
        nonce=nonce,
        log=log_state(books.log) if books.log is not None and books.log.size else None,
    )


def signed(statement: Statement, key: PersonKey, people: People) -> bytes:
    """Sign a statement with a key that people.yaml gives its person.

    Raises
    ------
    StatementError
        If the key is not theirs: the statement would prove nothing.
    """
    if key.fingerprint not in {known.fingerprint for known in people.keys(statement.person)}:
        raise StatementError(
            f"people.yaml does not give {statement.person} this key",
            reference="key-not-enrolled",
            where=people.source,
            got=key.fingerprint[:16],
            hint="enrol it first: raudit people enrol PERSON --ssh FILE",
        )
    return sign_statement(statement, key)


def decide(
    path: Path,
    checklist: Checklist,
    books: Books,
    statement: Statement,
    *,
    envelope: bytes | None = None,
) -> Outcome | None:
    """Write a decision down, with its envelope beside the answers, and tell the log.

    Parameters
    ----------
    statement
        What was decided; it must still fit the answers.
    envelope
        The same, signed; None states it without proof.

    Returns
    -------
    Outcome or None
        What checking the envelope came to; None without one.

    Raises
    ------
    StatementError
        If the envelope holds another statement, or does not prove it.
    AnswerConflict
        If the answers changed since the statement was made.
    """
    outcome = _proven(statement, envelope, books) if envelope is not None else None
    keep(
        path,
        lambda text: _applied(text, checklist, statement, books.people),
        checklist,
        books,
        statement=envelope,
    )
    return outcome


def _proven(statement: Statement, envelope: bytes, books: Books) -> Outcome:
    try:
        held = open_envelope(envelope).payload
    except ValueError as error:
        raise StatementError(
            "this is no signed statement", reference="statement-unreadable"
        ) from error
    if held != statement.payload():
        raise StatementError("the envelope holds another statement", reference="statement-other")
    known = enrolment_of(books.log) if books.log is not None else None
    outcome = check_statement(envelope, books.people, enrolment=known)
    if not outcome.proven:
        raise StatementError(
            f"the statement is not proven: {outcome.detail}",
            reference="statement-unproven",
            hint="nothing was written; sign it with a key that people.yaml gives this person",
        )
    return outcome


def _applied(text: str, checklist: Checklist, statement: Statement, people: People) -> str:
    """The answers file with the decision in it; refused if it is about something else than what stands there."""
    said: Mapping[str, Any] = statement.decided
    answers = parse_answers(text, checklist)
    if statement.kind is Kind.SIGN_OFF:
        return signed_off(
            text,
            checklist,
            role=said["role"],
            decision=said["decision"],
            by=statement.person,
            at=statement.at,
            conditions=said["conditions"],
            people=people,
            made_from=statement.subjects["answers"],
        )
    if statement.kind is Kind.REVIEW:
        if answer_digests(answers).get(said["question"]) != statement.subjects["answer"]:
            raise StatementError(
                f"the answer to {said['question']} changed since it was read",
                reference="answer-changed",
                hint="read it again, and review it again",
            )
        return review_answer(
            text,
            checklist,
            said["question"],
            state=said["state"],
            by=statement.person,
            at=statement.at,
            note=said["note"],
            people=people,
        )
    return met_condition(
        text,
        role=said["role"],
        number=said["condition"],
        by=statement.person,
        at=statement.at,
        how=said["how"],
        people=people,
    )
