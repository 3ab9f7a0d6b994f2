"""Who signed, which roles are missing, and until when answers hold."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from raudit.checklists.answers import Answers
from raudit.checklists.form import lattice
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.scope import AnswerScope
from raudit.checklists.signoff import SignOffState, signoff_state
from raudit.people import People
from raudit.sentences import role_words, say, term
from raudit.statements import Outcome

CLOCKS_APART = timedelta(days=1)
"""How far a signer's clock or calendar may be ahead of this one."""


def signoff_states(
    checklist: Checklist,
    answers: Answers,
    people: People,
    statements: Sequence[Outcome],
    today: date,
) -> tuple[SignOffState, ...]:
    """Sign-offs with whether they hold on a day, and how they are proven."""
    strict = {rule.role: rule.not_author for rule in checklist.file.signoff}
    states = (
        signoff_state(
            answers,
            signoff,
            not_author=strict.get(signoff.role, True),
            people=people,
            statements=statements,
        )
        for signoff in answers.file.signoffs
    )
    return tuple(_of_today(state, today) for state in states)


def _of_today(state: SignOffState, today: date) -> SignOffState:
    """A sign-off from a day to come holds for nothing: its period would never end."""
    day = state.signoff.at.date()
    if not state.holds or day - today <= CLOCKS_APART:
        return state
    because = say("it is dated {day}, which is after today ({today})", day=day, today=today)
    return replace(state, holds=False, because=because)


def turned_down(states: Sequence[SignOffState]) -> tuple[str, ...]:
    """Whoever rejects or refers stands against approval, also in a role that need not sign."""
    last = {state.signoff.role: state.signoff for state in states if state.holds}
    words = {
        "reject": "{by} ({role}) rejected this on {day}.",
        "refer": "{by} ({role}) referred this to someone else on {day}.",
    }
    return tuple(
        say(
            words[signoff.decision],
            by=signoff.by,
            role=role_words(role),
            day=signoff.at.date().isoformat(),
        )
        for role, signoff in last.items()
        if signoff.decision in words
    )


def find_missing_roles(
    checklist: Checklist, scope: AnswerScope, states: Sequence[SignOffState]
) -> tuple[str, ...]:
    """Roles that have to sign off and have not."""
    decided = {
        s.signoff.role: s.signoff.decision for s in states if s.holds
    }  # a role's last word counts
    approved = {role for role, decision in decided.items() if decision.startswith("approve")}
    return tuple(
        rule.role
        for rule in checklist.file.signoff
        if rule.role not in approved
        and (not rule.required_if or lattice.truth(scope.evaluate(rule.required_if)) is not False)
    )


def expiry(
    checklist: Checklist,
    answers: Answers,
    states: Sequence[SignOffState],
    facts: Mapping[str, Any],
    today: date,
) -> str:
    """Why the answers do not hold any more; empty while they do."""
    file = answers.file
    if file.review_by is not None and today > file.review_by:
        return say("the review was due on {day}", day=file.review_by.isoformat())
    period = checklist.file.review.valid_for
    # Neither a later signature of somebody else nor a day of review that is far off makes one valid for longer.
    last = {state.signoff.role: state.signoff.at.date() for state in states if state.holds}
    first = min(last.values(), default=None)
    if first is not None and today > _after(first, period):
        return say("signed on {day}, and valid for {period}", day=first.isoformat(), period=period)
    subject = {"model_sha256": "model.sha256", "data_sha256": "data.sha256"}
    for key, fact in subject.items():
        declared = getattr(file.subject, key)
        measured = facts.get(fact)
        if (
            key in checklist.file.review.invalidate_on
            and declared
            and measured
            and declared != measured
        ):
            return say(
                "written for another {thing} ({declared}…), this one is {measured}…",
                thing=term(key.split("_")[0]),
                declared=declared[:12],
                measured=str(measured)[:12],
            )
    return ""


def turning_days(checklist: Checklist, answers: Answers) -> tuple[date, ...]:
    """Days after which an assessment of the same answers may come to something else: what is due, and what expires."""
    file = answers.file
    found = {answer.due for answer in file.answers.values() if answer.state == "unknown"}
    found |= {condition.due for signoff in file.signoffs for condition in signoff.conditions}
    found.add(file.review_by)
    for signoff in file.signoffs:
        day = signoff.at.date()
        found |= {day, _after(day, checklist.file.review.valid_for)}
    return tuple(sorted(day for day in found if day is not None))


def _after(day: date, period: str) -> date:
    """The day a period after another; the last of all days, where the calendar ends before."""
    count = int(period[1:-1])
    try:
        if period.endswith("D"):
            return day + timedelta(days=count)
        month = day.month - 1 + count
        year, month = day.year + month // 12, month % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1]))
    except (ValueError, OverflowError):
        return date.max
