"""Score answers: what is shown, and all that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from raudit.checklists.answers import Answers
from raudit.checklists.assess.assessment import Assessment
from raudit.checklists.assess.facts import find_contradictions, find_suggestions
from raudit.checklists.assess.gaps import accepted, find_open
from raudit.checklists.assess.result import Reached
from raudit.checklists.assess.scoring import (
    compute_values,
    decide_shown,
    level_at,
    level_ends,
    levelled_value,
    levels_around,
    make_figures,
    make_scope,
)
from raudit.checklists.assess.signed import expiry, find_missing_roles, signoff_states, turned_down
from raudit.checklists.conditions import condition_states
from raudit.checklists.form import lattice
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.sources import Sources
from raudit.people import NOBODY, People
from raudit.sentences import term
from raudit.statements import Outcome


def assess(
    checklist: Checklist,
    answers: Answers,
    *,
    facts: Mapping[str, Any] | None = None,
    sources: Sources | None = None,
    today: date,
    people: People = NOBODY,
    statements: Sequence[Outcome] = (),
) -> Assessment:
    """Score answers and hold them against facts.

    Parameters
    ----------
    checklist, answers
        The checklist and answers that fit it.
    facts
        What was measured, by dotted name; a fact that is not there was not measured and contradicts nothing.
    sources
        Where in the record each fact stands; a contradiction points there.
    today
        Day against which review dates are held.
    people
        Who people are.
    statements
        The signed statements beside the answers, checked; see ``statements.check_statements``.
    """
    facts = facts or {}
    now = make_scope(checklist, answers, facts, possible=False)
    later = make_scope(checklist, answers, facts, possible=True)
    for scope in (now, later):
        decide_shown(scope)
        compute_values(scope)
    visible = tuple(name for name in checklist.questions if now.visible[name] is True)
    states = signoff_states(checklist, answers, people, statements, today)
    contradictions = find_contradictions(checklist, answers, now, visible, sources or Sources())
    refuted = {item.question for item in contradictions}
    level = level_at(now, now.name(levelled_value(checklist)))
    best, worst = levels_around(checklist, level, *level_ends(later, levelled_value(checklist)))
    return Assessment(
        checklist=checklist,
        answers=answers,
        visible=visible,
        answered=sum(1 for name in visible if now.has_answer(name)),
        accepted=sum(
            1 for name in visible if name not in refuted and accepted(answers, name, people)
        ),
        open=find_open(checklist, answers, now, visible, today),
        figures=make_figures(now, later),
        level=level,
        level_best=best,
        level_worst=worst,
        outcomes=tuple(
            Reached(
                id=rule.outcome,
                title=term(checklist.outcome_title(rule.outcome)),
                because=term(rule.because),
            )
            for rule in checklist.file.scoring.rules
            if lattice.is_true(now.evaluate(rule.when))
        ),
        blockers=tuple(
            term(b.because)
            for b in checklist.file.block_if
            if lattice.is_true(now.evaluate(b.when))
        ),
        turned_down=turned_down(states),
        contradictions=contradictions,
        facts_used=tuple(
            sorted(
                {
                    q.evidence.fact
                    for n, q in checklist.questions.items()
                    if n in visible and now.has_answer(n) and q.evidence.fact in facts
                }
            )
        ),
        hidden=tuple(name for name in answers.file.answers if now.visible.get(name) is not True),
        signoffs=states,
        conditions=condition_states(states, today),
        missing_roles=find_missing_roles(checklist, now, states),
        expired=expiry(checklist, answers, states, facts, today),
        suggestions=find_suggestions(checklist, now, visible),
    )
