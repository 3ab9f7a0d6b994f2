"""Answers held against what was measured: contradictions and suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from raudit.checklists.answers import Answers
from raudit.checklists.assess.result import Contradicted
from raudit.checklists.assess.words import answer_text, fill_in
from raudit.checklists.form import lattice
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.scope import AnswerScope
from raudit.checklists.sources import Place, Sources
from raudit.sentences import say


def find_contradictions(
    checklist: Checklist,
    answers: Answers,
    scope: AnswerScope,
    visible: Sequence[str],
    sources: Sources,
) -> tuple[Contradicted, ...]:
    """Answers that what was measured speaks against, with where in the record."""
    found = []
    for name in visible:
        question = checklist.questions[name]
        said = answers.file.answers.get(name)
        for rule in question.evidence.contradicted_if:
            if lattice.is_true(scope.evaluate(rule.when)):
                found.append(
                    Contradicted(
                        question=name,
                        answer=(
                            say("not applicable: {why}", why=said.why)
                            if said is not None and said.state == "not_applicable"
                            else answer_text(question, answers.values.get(name))
                        ),
                        because=fill_in(rule.because, scope.facts),
                        fact=question.evidence.fact,
                        line=answers.line(name),
                        by=said.by if said else "",
                        at=said.at.date().isoformat() if said and said.at else "",
                        places=_places(checklist, rule.when, scope.facts, sources),
                    )
                )
                break
    return tuple(found)


def _places(
    checklist: Checklist, when: str, facts: Mapping[str, Any], sources: Sources
) -> tuple[Place, ...]:
    """Where the facts stand that a condition looks at; one that is only asked whether it was measured comes last."""
    calls = [(name, words[0]) for name, words in checklist.expressions[when].calls() if words]
    named = [fact for name, fact in calls if name == "fact"]
    named += [
        fact for name, fact in calls if name == "measured" and (fact not in facts or not named)
    ]
    return tuple(sources.place(fact, facts) for fact in dict.fromkeys(named))


def find_suggestions(
    checklist: Checklist, scope: AnswerScope, visible: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    """Values that what was measured suggests, by question."""
    found = {
        name: tuple(
            rule.because
            for rule in checklist.questions[name].evidence.suggest
            if lattice.is_true(scope.evaluate(rule.when))
        )
        for name in visible
    }
    return {name: given for name, given in found.items() if given}
