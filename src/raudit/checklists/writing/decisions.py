"""Write what people decide: a review, a sign-off, a condition that is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from raudit.checklists.answers import Answers, Decision, parse_answers, with_line_feeds
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.signoff import (
    answer_digests,
    answers_sha256,
    authorless,
    authors_of,
    same_person,
)
from raudit.checklists.splice import (
    dump,
    text_yaml,
)
from raudit.checklists.writing.answers import refuse_if_changed
from raudit.checklists.writing.entries import (
    fault_of,
    put_changes,
    question_called,
    tidy,
    time_text,
)
from raudit.errors import AnswerConflict, AnswersError, PeopleError
from raudit.people import NOBODY, People


def review_answer(
    text: str,
    checklist: Checklist,
    question: str,
    *,
    state: Literal["pending", "accepted", "to_correct"],
    by: str,
    at: datetime,
    note: str = "",
    people: People = NOBODY,
    made_from: str | None = None,
) -> str:
    """Write down what a reviewer made of an answer.

    Raises
    ------
    AnswersError
        If there is no such answer, it names no author, or the reviewer is its author or may not review.
    AnswerConflict
        If the answer is not the one that the reviewer read.
    """
    question_called(checklist, question)
    file = parse_answers(text, checklist).file
    answer = file.answers.get(question)
    if answer is None:
        raise fault_of(f"'{question}' is not answered", "review-no-answer", "answer it first")
    if not answer.by.strip():
        raise fault_of(
            "the answer names no author",
            "review-no-author",
            "let its author write it again, with --by",
        )
    if not by.strip():
        raise fault_of(
            "a review names a reviewer", "review-no-reviewer", "say who reviews with --by"
        )
    if people:
        by = people.known(by).id
    if not people.may_review(by, file.subject.project):
        raise fault_of(
            "only those who hold the role reviewer review these answers",
            "review-role",
            "let one of them review it, or give the role in people.yaml",
            got=by,
        )
    if people.id_of(by) == people.id_of(answer.by):
        raise fault_of(
            "an author cannot review the own answer",
            "review-author",
            "let someone else review it",
            got=by,
        )
    note = with_line_feeds(note)
    refuse_if_changed(
        text, question, made_from, mine={"review": {"state": state, "by": by, "note": note}}
    )
    review = {"state": state, "by": by, "at": time_text(at), **({"note": note} if note else {})}
    return put_changes(text, checklist, "answers", question, {"review": review})


def signed_off(
    text: str,
    checklist: Checklist,
    *,
    role: str,
    decision: Decision,
    by: str,
    at: datetime,
    conditions: Sequence[Mapping[str, str]] = (),
    people: People = NOBODY,
    made_from: str | None = None,
) -> str:
    """Add a sign-off to the text of an answers file; everything else stays as it is written.

    Parameters
    ----------
    conditions
        Of an approval with conditions: each with ``what``, ``owner`` and ``due``, a day.
    people
        Who people are; the sign-off then names the signer by id.
    made_from
        ``answers_sha256`` of what the signer read; None signs whatever stands there.

    Raises
    ------
    AnswersError
        If the role is none the checklist asks for, the signer is an author of an answer, or a condition lacks someone
        to answer for it or a day.
    """
    given = [signed_condition(condition) for condition in conditions]
    if (decision == "approve_with_conditions") != bool(given):
        raise AnswersError(
            "conditions and the decision do not fit",
            reference="signoff-conditions",
            got=decision,
            expected="conditions with approve_with_conditions, and only then",
            hint=CONDITION_HINT,
        )
    text = tidy(text, checklist, at=at)
    answers = parse_answers(text, checklist)
    by = check_signer(answers, checklist, role, by, people)
    covers = answers_sha256(answers)
    if made_from is not None and made_from != covers:
        raise AnswerConflict(
            "the answers changed since they were read; nothing was signed",
            reference="answers-changed",
            theirs={"answers": str(covers)},
            mine={"answers": made_from},
            hint="read them again: raudit assess show ANSWERS",
        )
    yaml = text_yaml()
    document = yaml.load(text)
    entry: dict[str, Any] = {
        "role": role,
        "decision": decision,
        "by": by,
        "at": time_text(at),
        "covers_sha256": str(covers),
    }
    if given:
        entry["conditions"] = given
    entry["covered"] = {name: str(value) for name, value in answer_digests(answers).items()}
    kept = [item for item in document.get("signoffs") or [] if item.get("role") != role]
    document["signoffs"] = [*kept, entry]
    return dump(document, yaml)


CONDITION_HINT = 'name each: --condition "What has to be done" OWNER 2027-01-31'


def signed_condition(given: Mapping[str, str]) -> dict[str, str]:
    """A condition as it is signed: what, who answers for it, and the day; refused if one is lacking."""
    found = {key: str(given.get(key, "")).strip() for key in ("what", "owner", "due")}
    lacking = [key for key, value in found.items() if not value]
    if lacking:
        raise fault_of(
            f"a condition has no {' and no '.join(lacking)}",
            "condition-lacks",
            CONDITION_HINT,
            got=found["what"],
        )
    try:
        return {**found, "due": date.fromisoformat(found["due"]).isoformat()}
    except ValueError as error:
        raise fault_of(
            "a condition is due on a day", "condition-day", CONDITION_HINT, got=found["due"]
        ) from error


def met_condition(
    text: str, *, role: str, number: int, by: str, at: datetime, how: str, people: People = NOBODY
) -> str:
    """Write down that a condition of an approval is met; the sign-off still covers what it covered.

    Raises
    ------
    AnswersError
        If there is no such condition, it is met already, or whoever answers for it says so about their own work.
    """
    yaml = text_yaml()
    document = yaml.load(text)
    signed = [item for item in document.get("signoffs") or [] if item.get("role") == role]
    conditions = (signed[-1].get("conditions") or []) if signed else []
    if not 1 <= number <= len(conditions):
        expected = (
            f"1 to {len(conditions)}" if conditions else f"a role that set conditions, not {role}"
        )
        hint = "raudit assess status ANSWERS lists them"
        raise fault_of(
            "there is no such condition", "no-condition", hint, got=str(number), expected=expected
        )
    held = conditions[number - 1]
    entry = dict(held) if isinstance(held, Mapping) else {"what": str(held)}
    if entry.get("met"):
        raise fault_of(
            "the condition is met already",
            "condition-met",
            "raudit assess status ANSWERS says by whom",
            got=entry["what"],
        )
    if people:
        by = people.known(by).id
    if people.id_of(by) == people.id_of(str(entry.get("owner", ""))):
        raise fault_of(
            "the owner of a condition cannot say that it is met",
            "condition-owner",
            "let someone else look",
            got=by,
        )
    said = {"by": by, "at": time_text(at), **({"how": how} if how else {})}
    conditions[number - 1] = {**entry, "met": said}
    return dump(document, yaml)


def check_signer(
    answers: Answers, checklist: Checklist, role: str, by: str, people: People = NOBODY
) -> str:
    """Refuse who may not sign: in a role that is not asked for or not theirs, an author, or twice.

    Returns
    -------
    str
        The signer's id, or the name as given where there is no people.yaml.

    Raises
    ------
    AnswersError
        With the roles there are, and why not.
    PeopleError
        If nobody is known by this name, or may hold the role.
    """
    rules = {rule.role: rule for rule in checklist.file.signoff}
    if role not in rules:
        raise AnswersError(
            f"{checklist.id} asks for no sign-off by '{role}'",
            reference="signoff-role",
            expected=" or ".join(rules) or "none",
            hint="use one of these roles",
        )
    system = answers.file.subject.project
    if people:
        by = people.known(by).id
        if not people.may(by, role, system):
            raise PeopleError(
                f"{by} may not sign as {role} for {system or 'a system without a name'}",
                reference="person-role",
                where=people.source,
                hint="let someone sign who may, or have the role written down there",
            )
    nameless = authorless(answers)
    if rules[role].not_author and nameless:
        raise fault_of(
            f"{len(nameless)} answers name no author, so that nobody can say who may sign",
            "signoff-no-author",
            "let whoever answered say so under 'by'",
            got=", ".join(nameless[:3]),
        )
    if rules[role].not_author and people.id_of(by) in authors_of(answers, people):
        raise AnswersError(
            "an author cannot sign off the answers",
            reference="signoff-author",
            got=by,
            hint="let someone sign who answered none of the questions",
        )
    also = same_person(answers, role, by, people)
    if also:
        raise AnswersError(
            f"one person cannot sign as {also} and as {role}",
            reference="signoff-two-roles",
            got=by,
            hint="let someone else sign; or, if the two may be one, say so in people.yaml: one_person_may_hold",
        )
    return by
