"""Write an answer, its evidence, or take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from raudit.canonical import Sha256, digest
from raudit.checklists.answers import parse_answers, typed_value, with_line_feeds
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.writing.entries import (
    fault_of,
    plain_value,
    put_changes,
    question_called,
    same_value,
    set_aside,
    tidy,
    time_text,
    tree_of,
    written_entry,
)
from raudit.errors import AnswerConflict

State = Literal["answered", "unknown", "not_applicable"]


def record_answer(
    text: str,
    checklist: Checklist,
    question: str,
    value: object = None,
    *,
    at: datetime,
    state: State = "answered",
    why: str | None = None,
    by: str = "",
    owner: str = "",
    due: date | None = None,
    evidence: Sequence[Mapping[str, str]] | None = None,
    made_from: str | None = None,
) -> str:
    """Put one answer into the text of an answers file.

    Parameters
    ----------
    text
        The file as it stands.
    checklist
        The checklist it answers.
    question
        Id of the question.
    value
        Text, a list of option ids, or a list of rows (column to text), by the question's type; None if the state
        says why there is none.
    at
        When; written in UTC, in whole seconds.
    state
        ``unknown`` takes ``owner`` and ``due``, ``not_applicable`` takes ``why``.
    why
        The reason. None leaves the one that is there.
    by
        Who answers.
    evidence
        What it rests on: mappings with ``kind``, ``path``, ``sha256``, ``observed``. None leaves what is there.
    made_from
        ``entry_digest`` of the entry that this answer was made from; None writes over whatever is there.

    Returns
    -------
    str
        The new text; the same text if nothing changes. A review of the answer goes back to ``pending``, with its note.

    Raises
    ------
    AnswersError
        If the value is not what the question asks for, nobody is named as its author, or the file is not an answers
        file of this checklist.
    AnswerConflict
        If the entry changed since it was read, to something else than this; it holds both versions.
    """
    asked = question_called(checklist, question)
    if not by.strip():
        raise fault_of("an answer has an author", "answer-no-author", "say who answers with --by")
    parse_answers(text, checklist)
    plain = plain_value(value)
    if state == "answered":
        if plain in (None, "", []):
            raise fault_of(
                f"'{question}' has no value", "answer-empty", "give a value, or say state unknown"
            )
        typed_value(asked, plain, where=question)
    elif state == "not_applicable" and not (why or "").strip():
        raise fault_of(
            f"'{question}' is not applicable, but not why",
            "answer-no-reason",
            "give one sentence as why",
        )
    changes: dict[str, Any] = {
        "value": plain if state == "answered" else None,
        "state": None if state == "answered" else state,
        "owner": with_line_feeds(owner) or None,
        "due": due.isoformat() if due else None,
    }
    if why is not None:
        changes["why"] = with_line_feeds(why) or None
    if evidence is not None:
        changes["evidence"] = with_line_feeds([dict(link) for link in evidence]) or None
    written = written_entry(text, question)
    if written is not None and all(
        same_value(written.get(key), new) for key, new in changes.items()
    ):
        return tidy(text, checklist, at=at)
    refuse_if_changed(text, question, made_from, mine={**changes, "by": by})
    review = dict(written.get("review") or {}) if written else {}
    changes |= {
        "by": by or None,
        "at": time_text(at),
        "review": {**review, "state": "pending"} if review else None,
    }
    text = put_changes(text, checklist, "answers", question, changes)
    return tidy(text, checklist, at=at)


def add_evidence(
    text: str,
    checklist: Checklist,
    question: str,
    link: Mapping[str, str],
    *,
    by: str,
    at: datetime,
) -> str:
    """Add one piece of evidence to an answer; who adds it is its author from then on.

    Raises
    ------
    AnswersError
        If there is no such answer.
    """
    question_called(checklist, question)
    written = written_entry(text, question)
    if written is None:
        raise fault_of(f"'{question}' is not answered", "evidence-no-answer", "answer it first")
    others = [
        dict(item) for item in written.get("evidence") or [] if item.get("path") != link["path"]
    ]
    review = dict(written.get("review") or {})
    changes = {
        "evidence": [*others, with_line_feeds(dict(link))],
        "by": by,
        "at": time_text(at),
        "review": {**review, "state": "pending"} if review else None,
    }
    return tidy(put_changes(text, checklist, "answers", question, changes), checklist, at=at)


def entry_digest(text: str, question: str) -> Sha256:
    """Digest of all that stands in a file about a question: answer, review and what was set aside.

    A form, a terminal or a program keeps it with what it shows, and gives it back as ``made_from``.
    """
    return _entry_digest(tree_of(text), question)


def _entry_digest(tree: Mapping[str, Any], question: str) -> Sha256:
    return digest({key: (tree.get(key) or {}).get(question) for key in ("answers", "set_aside")})


def refuse_if_changed(
    text: str, question: str, made_from: str | None, *, mine: Mapping[str, Any]
) -> None:
    """Refuse to write over what someone else wrote since this was read."""
    tree = tree_of(text)
    if made_from is None or made_from == _entry_digest(tree, question):
        return
    theirs = (tree.get("answers") or {}).get(question) or {}
    mine = {key: value for key, value in mine.items() if value is not None}
    raise AnswerConflict(
        f"'{question}' changed since it was read; nothing was written",
        theirs=dict(theirs),
        mine=dict(mine),
        reference="answer-changed",
        got=f"theirs: {_shown(theirs)}; mine: {_shown(mine)}",
        hint="look at both, and write again what shall stand",
    )


def _shown(entry: Mapping[str, Any]) -> str:
    """An entry in one line."""
    said = {
        key: entry[key] for key in ("value", "state", "why", "by", "at", "review") if entry.get(key)
    }
    return ", ".join(f"{key} {value!r}" for key, value in said.items()) or "no answer"


def withdraw_answer(
    text: str,
    checklist: Checklist,
    question: str,
    *,
    at: datetime,
    reason: str = "",
    made_from: str | None = None,
) -> str:
    """Take an answer back: it moves to ``set_aside`` and the question is open again."""
    question_called(checklist, question)
    if question not in parse_answers(text, checklist).file.answers:
        return text
    refuse_if_changed(text, question, made_from, mine={"state": "withdrawn"})
    return tidy(
        set_aside(text, checklist, question, "withdrawn", reason or "taken back", at),
        checklist,
        at=at,
    )
