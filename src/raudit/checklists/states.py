"""Where an assessment stands, from draft to review due, and who may do what there: one table for code, docs and tests.

The state follows from the files alone, so that the command line and the browser never disagree about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from raudit.checklists.assess import Assessment
from raudit.checklists.history import add_line
from raudit.checklists.signoff import answers_sha256
from raudit.errors import AnswersError


class State(StrEnum):
    """Where an assessment stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in review"
    RETURNED = "returned"
    REVIEWED = "reviewed"
    AWAITING_SIGN_OFF = "awaiting sign-off"
    APPROVED = "approved"
    APPROVED_WITH_CONDITIONS = "approved with conditions"
    REJECTED = "rejected"
    REFERRED = "referred"
    VOID = "void"
    REVIEW_DUE = "review due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a state means, and what may be done in it."""

    means: str
    may: Mapping[str, str]
    """Role by action: ``answer``, ``submit``, ``review``, ``sign``, ``meet`` a condition."""


_ANSWER = {"answer": "author"}
_SUBMIT = {**_ANSWER, "submit": "author"}
_SIGN = {**_ANSWER, "sign": "signer"}

STATES: Mapping[State, Standing] = {
    State.DRAFT: Standing(means="answers are being written", may=_SUBMIT),
    State.SUBMITTED: Standing(
        means="its authors say that it is ready to be read", may={**_ANSWER, "review": "reviewer"}
    ),
    State.IN_REVIEW: Standing(
        means="a reviewer has read some answers", may={**_ANSWER, "review": "reviewer"}
    ),
    State.RETURNED: Standing(
        means="answers were sent back, or changed since it was submitted",
        may={**_SUBMIT, "review": "reviewer"},
    ),
    State.REVIEWED: Standing(
        means="every answer was accepted, and no role has to sign", may=_ANSWER
    ),
    State.AWAITING_SIGN_OFF: Standing(
        means="every answer was accepted, and roles have still to sign", may=_SIGN
    ),
    State.APPROVED: Standing(means="every role that has to sign approved it", may=_SIGN),
    State.APPROVED_WITH_CONDITIONS: Standing(
        means="every role approved it, some with conditions", may={**_SIGN, "meet": "reviewer"}
    ),
    State.REJECTED: Standing(means="someone who may sign rejected it", may=_SIGN),
    State.REFERRED: Standing(means="someone who may sign referred it to someone else", may=_SIGN),
    State.VOID: Standing(means="it was signed, and something changed since", may=_SUBMIT),
    State.REVIEW_DUE: Standing(means="what was signed does not hold any longer", may=_SUBMIT),
}
"""Who may do what, by state. An edit is always allowed and never silent: it voids what was signed over it."""


def may(state: State, action: str) -> bool:
    """Whether an action is open to anyone in a state."""
    return action in STATES[state].may


def state_of(result: Assessment, lines: tuple[Mapping[str, Any], ...] = ()) -> State:
    """The state of an assessment.

    Parameters
    ----------
    result
        What the answers come to.
    lines
        The history beside the answers; see ``history.read_lines``.
    """
    submitted = [str(line["answers"]) for line in lines if line["kind"] == "submitted"]
    current = bool(submitted) and submitted[-1] == answers_sha256(result.answers)
    holding = [state.signoff for state in result.signoffs if state.holds]
    decisions = {signoff.role: signoff.decision for signoff in holding}
    if result.signoffs and not holding and not current:
        return State.VOID
    if result.expired and holding:
        return State.REVIEW_DUE
    for decision, state in (("reject", State.REJECTED), ("refer", State.REFERRED)):
        if decision in decisions.values():
            return state
    if holding and not result.missing_roles:
        conditional = "approve_with_conditions" in decisions.values()
        return State.APPROVED_WITH_CONDITIONS if conditional else State.APPROVED
    return _before_signing(result, current=current, ever=bool(submitted))


def _before_signing(result: Assessment, *, current: bool, ever: bool) -> State:
    reviews = [answer.review.state for answer in result.answers.file.answers.values()]
    if "to_correct" in reviews:
        return State.RETURNED
    if result.complete and result.answered and result.accepted == result.answered:
        return State.AWAITING_SIGN_OFF if result.missing_roles else State.REVIEWED
    if not current:
        return State.RETURNED if ever else State.DRAFT
    return State.IN_REVIEW if "accepted" in reviews else State.SUBMITTED


def submit(answers: Path, result: Assessment, *, by: str, at: str) -> None:
    """Write down that the answers as they are are ready to be read; call it under ``files.locked``.

    Raises
    ------
    AnswersError
        If questions are open, or nobody is named.
    """
    if result.open:
        raise AnswersError(
            "questions are still open",
            reference="submit-open",
            got=str(len(result.open)),
            expected="an answer to each, or who finds out and by when",
            hint="raudit assess status ANSWERS lists them",
        )
    if not by.strip():
        raise AnswersError(
            "nobody is named", reference="submit-nobody", hint="say who submits with --by"
        )
    sha256 = str(answers_sha256(result.answers))
    add_line(answers, {"kind": "submitted", "answers": sha256, "by": by, "at": at})
