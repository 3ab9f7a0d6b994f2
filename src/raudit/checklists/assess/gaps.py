"""What is still open in answers, and what a reviewer accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from raudit.checklists.answers import Answer, Answers, EvidenceLink
from raudit.checklists.assess.result import Open
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.schema import Kind, Question
from raudit.checklists.form.scope import AnswerScope
from raudit.people import NOBODY, People
from raudit.sentences import say


def accepted(answers: Answers, name: str, people: People = NOBODY) -> bool:
    """Whether someone other than its author, who may review, accepted an answer."""
    answer = answers.file.answers.get(name)
    if answer is None or answer.review.state != "accepted":
        return False
    author, reviewer = answer.by.strip(), answer.review.by.strip()
    if not (author and reviewer) or people.id_of(author) == people.id_of(reviewer):
        return False
    return people.may_review(reviewer, answers.file.subject.project)


def find_open(
    checklist: Checklist, answers: Answers, scope: AnswerScope, visible: Sequence[str], today: date
) -> tuple[Open, ...]:
    """Shown questions that still need something, each with what."""
    found = []
    for name in visible:
        question = checklist.questions[name]
        answer = answers.file.answers.get(name)
        reason = ""
        if answer is not None and answer.state == "unknown":
            reason = _unknown(answer, today)
        elif question.required and not scope.has_answer(name):
            reason = say("not answered")
        elif answer is not None and answer.review.state == "to_correct":
            note = answer.review.note
            reason = say("to be corrected: {note}", note=note) if note else say("to be corrected")
        elif answer is not None and _unshown(question, answers.values.get(name), answer.evidence):
            reason = say("this answer needs evidence; link under 'evidence' what shows it")
        else:
            reason = _row_gap(question, answers.values.get(name))
        if reason:
            found.append(Open(question=name, reason=reason, line=answers.line(name)))
    return tuple(found)


def _unshown(question: Question, value: object, evidence: Sequence[EvidenceLink]) -> bool:
    """Whether an answer claims what has to be shown, and links nothing."""
    chosen = value if isinstance(value, tuple) else (value,)
    claimed = any(option.needs_evidence for option in question.options if option.id in chosen)
    return claimed and not any(link.path.strip() for link in evidence)


def _unknown(answer: Answer, today: date) -> str:
    if not answer.owner:
        return say("unknown, and nobody is to find out")
    if answer.due is None:
        return say("unknown; {owner} finds out, and no day is set", owner=answer.owner)
    day = answer.due.isoformat()
    if answer.due < today:
        return say(
            "unknown; {owner} was to find out by {day}, which has passed",
            owner=answer.owner,
            day=day,
        )
    return say("unknown; {owner} finds out by {day}", owner=answer.owner, day=day)


def _row_gap(question: Question, value: Any) -> str:
    if question.type is not Kind.ROWS or value is None:
        return ""
    for number, row in enumerate(value, 1):
        lacking = [
            column.id for column in question.columns if column.required and not row.get(column.id)
        ]
        if lacking:
            return say("row {number} lacks {columns}", number=number, columns=", ".join(lacking))
    return ""
