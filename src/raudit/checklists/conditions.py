"""Conditions of an approval: who answers for each, by when, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from raudit.checklists.answers import Condition
from raudit.checklists.signoff import SignOffState
from raudit.sentences import joined, say

State = Literal["met", "open", "overdue", "unowned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionState:
    """A condition as it stands today."""

    role: str
    """Who set it."""
    number: int
    """From 1, within the sign-off."""
    condition: Condition
    state: State
    """``unowned``: nobody answers for it, or no day is set, so nobody can say whether it is late."""

    @property
    def said(self) -> str:
        """In one line."""
        if not self.condition.what:
            return self.standing
        return say("{what} ({standing})", what=self.condition.what, standing=self.standing)

    @property
    def standing(self) -> str:
        """Who, by when, and whether it is met."""
        c = self.condition
        if c.met is not None:
            said = say("met on {day}, says {by}", day=c.met.at.date().isoformat(), by=c.met.by)
            return say("{said}: {how}", said=said, how=c.met.how) if c.met.how else said
        if not c.what:
            return say("no condition is named")
        if self.state == "unowned":
            lacking = [
                said
                for said, given in ((say("no owner"), c.owner), (say("no day"), c.due))
                if not given
            ]
            return joined(" and ", lacking)
        due = c.due.isoformat() if c.due else ""
        if self.state == "overdue":
            return say("{owner}, was due on {due}, not met", owner=c.owner, due=due)
        return say("{owner}, by {due}", owner=c.owner, due=due)


def condition_states(signoffs: Iterable[SignOffState], today: date) -> tuple[ConditionState, ...]:
    """Conditions of the approvals that hold.

    An approval with conditions that names none has one unowned condition without words, since nobody can meet it.
    """
    last = {state.signoff.role: state.signoff for state in signoffs if state.holds}
    found = []
    for role, signoff in last.items():
        given = signoff.conditions
        if signoff.decision == "approve_with_conditions" and not given:
            given = (Condition(what=""),)
        found += [
            ConditionState(
                role=role, number=number, condition=condition, state=_state(condition, today)
            )
            for number, condition in enumerate(given, 1)
        ]
    return tuple(found)


def _state(condition: Condition, today: date) -> State:
    if condition.met is not None:
        return "met"
    if not condition.owner.strip() or condition.due is None:
        return "unowned"
    return "overdue" if condition.due < today else "open"
