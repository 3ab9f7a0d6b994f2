"""Shared by ``raudit assess`` commands: people and log, signing, and what stands beside the answers."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._assess.prompts import safe, tell
from raudit.cli._shared.clock import now_or
from raudit.ordinary import read_file
from raudit.printable import for_terminal, pasted

if TYPE_CHECKING:
    from raudit.checklists import Answers, Assessment, Checklist
    from raudit.emit import Books
    from raudit.people import People
    from raudit.statements import Outcome, Statement

STATED = "stated, not proven; sign with --key to prove it"


@contextmanager
def opened_books(
    beside: Path, clock: datetime | None, actor: str, *, plan: Path | None, people: Path | None
) -> Iterator[Books]:
    """Open the people and the log that go with a file."""
    from raudit.cli.run import login_name
    from raudit.emit import books_of

    with books_of(
        beside, clock=now_or(clock), actor=actor or login_name(), plan=plan, people=people
    ) as books:
        yield books


def nonce() -> str:
    """128 fresh random bits."""
    return secrets.token_hex(16)


def basis_of(record: Path | None) -> dict[str, str]:
    """Digests of the record and of its open findings, that a decision rests on."""
    from raudit.canonical import digest, sha256
    from raudit.checking import read_record
    from raudit.findings import Status

    if record is None:
        return {}
    held = read_record(record)
    findings = sorted(f.fingerprint for f in held.findings if f.status is not Status.PASSED)
    return {
        "record": str(sha256(read_file(record))),
        "open-findings": str(digest(list(findings))),
    }


def write_decision(
    answers: Path, checklist: Checklist, books: Books, statement: Statement, key: Path | None
) -> str:
    """Sign a statement if there is a key, write the decision down, and say how the person is known."""
    from raudit.emit.decisions import decide, signed
    from raudit.statements import load_person_key
    from raudit.statements.private import PASSPHRASE_VARIABLE

    envelope = None
    if key is not None:
        private = load_person_key(key, passphrase=os.environ.get(PASSPHRASE_VARIABLE))
        envelope = signed(statement, private, books.people)
    outcome = decide(answers, checklist, books, statement, envelope=envelope)
    if books.log is None:
        click.echo(for_terminal(f"not recorded in a log: {books.no_log}"), err=True)
    return f"proven: {outcome.detail}" if outcome is not None else STATED


def write_review(
    answers: Path,
    checklist: Checklist,
    books: Books,
    question: str,
    *,
    state: str,
    note: str,
    by: str,
    key: Path | None,
) -> None:
    """Write one view of a reviewer down."""
    from raudit.checklists import load_answers
    from raudit.emit.decisions import review_statement

    found = load_answers(answers, checklist)
    statement = review_statement(
        found, checklist, books, question=question, state=state, note=note, by=by, nonce=nonce()
    )
    write_decision(answers, checklist, books, statement, key)


def checked_statements(answers: Path, books: Books) -> tuple[Outcome, ...]:
    """The statements beside the answers, checked."""
    from raudit.emit import enrolment_of
    from raudit.statements import check_statements, whole_statements

    known = enrolment_of(books.log) if books.log is not None else None
    return check_statements(whole_statements(answers), books.people, enrolment=known)


def open_lines(result: Assessment, path: Path) -> Iterator[str]:
    """Open questions in words, by section, and who they wait for."""
    checklist, answers = result.checklist, result.answers.file.answers
    for title, gaps in groupby(
        result.open, key=lambda gap: checklist.section_of[gap.question].title
    ):
        yield click.style(title, bold=True)
        for gap in gaps:
            answer = answers.get(gap.question)
            waits = _waits_for(answer)
            question = checklist.questions[gap.question].text
            yield f"{click.style('open', fg='yellow')}          {path.name}:{gap.line} {gap.question}: {gap.reason}"
            yield f"              {question}{f'  (waits for {safe(waits)})' if waits else ''}"


def _waits_for(answer: Any) -> str:
    if answer is None:
        return ""
    if answer.state == "unknown":
        return str(answer.owner)
    return str(answer.by) if answer.review.state == "to_correct" else ""


def tell_further(result: Assessment, path: Path, books: Books, *, today: date) -> int:
    """Say what stands beside the answers: unknown people, evidence, notes, and whether a log was told."""
    from raudit.checklists.documents import document_faults
    from raudit.checklists.history import notes

    faults = document_faults(result.answers, path.parent, today)
    for fault in faults:
        tell(f"{click.style('evidence', fg='red')}      {fault.text}")
    for name in unknown_people(result.answers, books.people):
        tell(
            f"{click.style('unknown', fg='yellow')}       nobody in people.yaml is known as {safe(name)}"
        )
    thread = notes(path)
    if thread:
        tell(
            f"{len(thread)} notes on {len({n.question for n in thread})} questions; "
            + pasted("assess", "notes", path)
        )
    tell(_recorded(path, books))
    return len(faults)


def unknown_people(answers: Answers, people: People) -> tuple[str, ...]:
    """Names in answers, reviews and sign-offs by which nobody is known."""
    if not people:
        return ()
    file = answers.file
    named = [n for a in file.answers.values() for n in (a.by, a.review.by)] + [
        s.by for s in file.signoffs
    ]
    return tuple(
        dict.fromkeys(name for name in named if name.strip() and people.find(name) is None)
    )


def _recorded(path: Path, books: Books) -> str:
    """What the log knows of the answers as they are."""
    from raudit.canonical import sha256
    from raudit.checklists.history import read_lines
    from raudit.emit.answers import pending

    if books.log is None:
        return f"Not recorded in a log: {books.no_log}."
    lines = [line for line in read_lines(path) if line["kind"] == "change"]
    now = sha256(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    if not lines or lines[-1]["after"] != now:
        return (
            f"The log {books.log.origin} was not told of these answers as they are; "
            "the next command or run tells it."
        )
    left = pending(path, books.log.origin)
    if left:
        changes = "1 change" if left == 1 else f"{left} changes"
        return f"The log {books.log.origin} was not told of {changes}; the next command or run tells it."
    return f"The log {books.log.origin} was told of every change."


def tell_since_signed(path: Path, answers: Answers, role: str, names: Sequence[str]) -> None:
    """Show the words that were signed and those that stand there now."""
    from raudit.checklists.history import words_by_digest

    words = words_by_digest(path)
    signed = next(s for s in reversed(answers.file.signoffs) if s.role == role)
    for name in names:
        was = words.get((name, str(signed.covered.get(name, ""))))
        now = answers.yaml.value.get("answers", {}).get(name) if answers.yaml else None
        tell(f"  {name}")
        known = "" if name in signed.covered else "(not answered then)"
        tell(
            f"    {click.style('-', fg='red')} {_words(was) or known or '(the words were not kept)'}"
        )
        tell(f"    {click.style('+', fg='green')} {_words(now) or '(nothing)'}")


def _words(entry: Mapping[str, Any] | None) -> str:
    keys = ("value", "state", "why", "by", "owner", "due")
    return (
        safe("; ".join(f"{key}: {entry[key]}" for key in keys if entry.get(key))) if entry else ""
    )


def link_document(
    answers: Path,
    checklist: Checklist,
    books: Books,
    question: str,
    file: Path,
    *,
    by: str,
    observed: str,
) -> dict[str, str]:
    """Keep an evidence file and link it to an answer."""
    from raudit.checklists.documents import store_document
    from raudit.checklists.writing import add_evidence
    from raudit.emit import keep
    from raudit.emit.decisions import person_of

    link = store_document(answers.resolve(), file, observed=observed)
    who, at = person_of(books, by), books.clock
    keep(
        answers,
        lambda text: add_evidence(text, checklist, question, link, by=who, at=at),
        checklist,
        books,
    )
    return link


def say_note(
    answers: Path,
    checklist: Checklist,
    question: str,
    *,
    words: str,
    by: str,
    reply_to: str,
    at: datetime,
) -> None:
    """Add a note to a question's thread."""
    from raudit.checklists.history import add_note
    from raudit.errors import AnswersError
    from raudit.files import locked
    from raudit.yamltext import nearest

    if question not in checklist.questions:
        raise AnswersError(
            f"there is no question '{question}'",
            reference="no-question",
            hint=nearest(question, list(checklist.questions)),
        )
    path = answers.resolve()
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    with locked(path):
        add_note(path, question, by=by, at=stamp, words=words, reply_to=reply_to)


def note_thread(answers: Path, question: str) -> Iterator[str]:
    """Notes as a thread, replies under what they answer."""
    from raudit.checklists.history import Note, notes

    found = notes(answers, question)

    def under(parent: str, depth: int) -> Iterator[str]:
        for note in found:
            if note.reply_to == parent:
                yield from _note_lines(note, depth)
                yield from under(note.id, depth + 1)

    def _note_lines(note: Note, depth: int) -> Iterator[str]:
        indent = "  " * depth
        yield f"{indent}{note.question}  {note.id}  {safe(note.by)}, {note.at}"
        for line in note.words.split("\n"):
            yield f"{indent}  {safe(line)}"

    yield from under("", 0)
    if not found:
        yield "no notes"


def history_lines(answers: Path, checklist: Checklist, question: str) -> Iterator[str]:
    """What each answer said, oldest first."""
    from raudit.checklists.history import sayings

    count = 0
    for item in sayings(answers, question):
        count += 1
        who = "found in the file" if item.outside else safe(item.by) or "nobody named"
        text = (
            checklist.questions[item.question].text
            if item.question in checklist.questions
            else item.question
        )
        yield f"{item.at or 'at no known time'}  {item.question}  {item.what}, {who}"
        yield f"  {text}"
        for key in ("answers", "set_aside"):
            if item.entry.get(key):
                review = item.entry[key].get("review") or {}
                note = (
                    f"; review: {review.get('state')} {safe(review.get('note') or '')}"
                    if review
                    else ""
                )
                yield f"  {_words(item.entry[key])}{note}"
    if not count:
        yield "no change was recorded"
