"""What answers come to, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from raudit.checklists.answers import Answers
from raudit.checklists.assess.result import Contradicted, Figure, Open, Reached
from raudit.checklists.conditions import ConditionState
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.signoff import SignOffState
from raudit.sentences import role_words, say, term


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What answers come to."""

    checklist: Checklist
    answers: Answers
    visible: tuple[str, ...]
    """Ids of the questions that are shown, in order."""
    answered: int
    accepted: int
    """Answers that a reviewer accepted and the evidence does not contradict."""
    open: tuple[Open, ...]
    figures: Mapping[str, Figure]
    """Pools and values by name."""
    level: str
    """The level of what is answered; empty if there is none or it cannot be told."""
    level_best: str
    level_worst: str
    outcomes: tuple[Reached, ...]
    blockers: tuple[str, ...]
    """What must not be and is, one sentence each."""
    turned_down: tuple[str, ...]
    """Who rejected it or referred it to someone else, one sentence each."""
    contradictions: tuple[Contradicted, ...]
    facts_used: tuple[str, ...]
    """Facts that were measured and that the answer to some shown question is held against."""
    hidden: tuple[str, ...]
    """Questions that are answered and not shown any more; they are set aside when the file is next written."""
    signoffs: tuple[SignOffState, ...]
    conditions: tuple[ConditionState, ...]
    """Conditions of the approvals that hold."""
    missing_roles: tuple[str, ...]
    """Roles whose sign-off is needed and does not hold."""
    expired: str
    """Why the answers do not hold any more, or nothing."""

    suggestions: Mapping[str, tuple[str, ...]]
    """Answers that what was measured suggests, by question; option ids for questions with options."""

    @property
    def standing(self) -> str:
        """Level so far and where it can still end, in words; empty if the checklist has no level."""
        if self.checklist.file.scoring.level is None:
            return ""
        names = (self.level, self.level_best, self.level_worst)
        here, best, worst = (term(self.checklist.level_title(name)) for name in names)
        if here and self.complete and self.contradictions:
            refuted = len({item.question for item in self.contradictions})
            return say(
                "{here} on answers of which the evidence contradicts {refuted}",
                here=here,
                refuted=refuted,
            )
        if here and self.complete:
            return here
        if here and best == worst == here:
            return say("{here} so far, with {count} open", here=here, count=len(self.open))
        ends = (
            say("could still end from “{best}” to “{worst}”", best=best, worst=worst)
            if best and worst
            else say("nothing is settled")
        )
        if not self.answered:  # a level of nothing would look like low risk
            return say("nothing is answered yet; {ends}", ends=ends)
        if here:
            return say("{here} so far; {ends}", here=here, ends=ends)
        return say("not settled yet; {ends}", ends=ends)

    @property
    def points(self) -> tuple[str, ...]:
        """Points of each pool and value that has a title, of how many, and where they can still end, one line each."""
        scoring, found = self.checklist.file.scoring, []
        named = [(pool.replace("_", " "), f"{pool}.score", f"{pool}.max") for pool in scoring.pools]
        named += [(value.title, name, "") for name, value in scoring.values.items() if value.title]
        for title, name, limit in named:
            score, most = self.figures.get(name), self.figures.get(limit)
            if score is None or score.now is None:
                continue
            of = (
                f" of {most.now.normalize():f}" if most is not None and most.now is not None else ""
            )
            ends = (
                f"; could still end from {score.best:f} to {score.worst:f}"
                if score.best != score.worst
                else ""
            )
            found.append(f"{title}: {score.now:f}{of} points{ends}")
        return tuple(found)

    @property
    def overdue(self) -> tuple[str, ...]:
        """Conditions of an approval that should have been met by now, one sentence each."""
        return tuple(
            say(
                "A condition of the {role} is overdue: {what} ({owner}, {due}).",
                role=role_words(c.role),
                what=c.condition.what,
                owner=c.condition.owner,
                due=c.condition.due,
            )
            for c in self.conditions
            if c.state == "overdue"
        )

    @property
    def unowned(self) -> tuple[ConditionState, ...]:
        """Conditions of an approval that nobody answers for, or by no day."""
        return tuple(c for c in self.conditions if c.state == "unowned")

    @property
    def against(self) -> tuple[str, ...]:
        """All that stands against it apart from contradictions: blockers, refusals, conditions that are overdue."""
        return (*self.blockers, *self.turned_down, *self.overdue)

    @property
    def complete(self) -> bool:
        """Whether every shown question that must be answered is."""
        return not self.open
