"""What changed between two states of answers, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from raudit.checklists.answers import Answer, Answers, AnswersFile
from raudit.checklists.assess import answer_text
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.signoff import answer_digests


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that differs."""

    question: str
    """Id of the question, or a part of the file such as ``subject``."""
    what: str
    """``answer``, ``reason``, ``author``, ``owner``, ``due``, ``evidence``, ``review``, ``asked`` or the part's key."""
    before: str
    after: str


def differences(checklist: Checklist, before: Answers, after: Answers) -> tuple[Change, ...]:
    """Compare two answers files of one checklist.

    Times at which answers were written are left out: writing the same answer again changes nothing.

    Returns
    -------
    tuple of Change
        In the order of the questions, then parts of the file, then sign-offs.
    """
    found = []
    for name in checklist.questions:
        one, two = _parts(checklist, before, name), _parts(checklist, after, name)
        found += [
            Change(question=name, what=what, before=one.get(what, ""), after=two.get(what, ""))
            for what in dict.fromkeys([*one, *two])
            if one.get(what, "") != two.get(what, "")
        ]
    return (*found, *_file_changes(before, after))


def since_signed(answers: Answers) -> dict[str, tuple[str, ...]]:
    """Questions that changed since each sign-off, by role; a sign-off that covers the answers as they are has none."""
    now = answer_digests(answers)
    return {
        signoff.role: tuple(
            name
            for name in sorted({*now, *signoff.covered})
            if str(now.get(name)) != str(signoff.covered.get(name))
        )
        for signoff in answers.file.signoffs
    }


def _parts(checklist: Checklist, answers: Answers, name: str) -> dict[str, str]:
    answer = answers.file.answers.get(name)
    if answer is None:
        aside = answers.file.set_aside.get(name)
        return {} if aside is None else {"asked": f"set aside ({aside.cause})"}
    question = checklist.questions[name]
    value = answers.values.get(name)
    text = {
        "answered": answer_text(question, value),
        "unknown": "unknown",
        "not_applicable": "does not apply",
    }
    said = text[answer.state]
    if question.columns and isinstance(value, tuple):
        said = " | ".join("; ".join(f"{key}: {cell}" for key, cell in row.items()) for row in value)
    return {"answer": said, **dict(_further(answer))}


def _further(answer: Answer) -> Iterator[tuple[str, str]]:
    yield "reason", answer.why
    yield "author", answer.by
    yield "owner", answer.owner
    yield "due", answer.due.isoformat() if answer.due else ""
    yield "evidence", "; ".join(link.path or link.observed for link in answer.evidence)
    note = f": {answer.review.note}" if answer.review.note else ""
    yield "review", f"{answer.review.state.replace('_', ' ')}{note}"


def _conditions(file: AnswersFile) -> dict[str, str]:
    """Conditions of approvals in words, by role and number."""
    found = {}
    for signoff in file.signoffs:
        for number, condition in enumerate(signoff.conditions, 1):
            due = condition.due.isoformat() if condition.due else "no day"
            met = f"; met, says {condition.met.by}" if condition.met else ""
            found[f"{signoff.role} {number}"] = (
                f"{condition.what} ({condition.owner or 'no owner'}, {due}{met})"
            )
    return found


def _file_changes(before: Answers, after: Answers) -> Iterator[Change]:
    one, two = before.file, after.file
    for part in ("checklist", "subject"):
        old, new = (
            getattr(one, part).model_dump(mode="json"),
            getattr(two, part).model_dump(mode="json"),
        )
        for key in old:
            if old[key] != new[key]:
                yield Change(
                    question=part, what=key, before=str(old[key] or ""), after=str(new[key] or "")
                )
    if one.review_by != two.review_by:
        days = [str(day or "") for day in (one.review_by, two.review_by)]
        yield Change(question="review_by", what="day", before=days[0], after=days[1])
    old_signed = {(s.role, s.by, s.decision, str(s.covers_sha256)) for s in one.signoffs}
    new_signed = {(s.role, s.by, s.decision, str(s.covers_sha256)) for s in two.signoffs}
    for name in dict.fromkeys([*(old_ := _conditions(one)), *(new_ := _conditions(two))]):
        if old_.get(name) != new_.get(name):
            yield Change(
                question="conditions",
                what=name,
                before=old_.get(name, ""),
                after=new_.get(name, ""),
            )
    for role, by, decision, _digest in sorted(old_signed - new_signed):
        yield Change(question="signoffs", what=role, before=f"{decision} by {by}", after="")
    for role, by, decision, _digest in sorted(new_signed - old_signed):
        yield Change(question="signoffs", what=role, before="", after=f"{decision} by {by}")
