"""Points, values and levels of answers, with the best and the worst case of what is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from raudit.checklists.answers import Answers
from raudit.checklists.assess.result import Figure
from raudit.checklists.form import lattice
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.lattice import MISSING, Range, Truth, Value
from raudit.checklists.form.schema import Question
from raudit.checklists.form.scope import AnswerScope, point_range, row_level


def make_scope(
    checklist: Checklist, answers: Answers, facts: Mapping[str, Any], *, possible: bool
) -> AnswerScope:
    """Answers as the expressions of a checklist see them; ``possible`` leaves open what is open."""
    states = {name: answer.state for name, answer in answers.file.answers.items()}
    return AnswerScope(
        checklist=checklist,
        values=answers.values,
        not_applicable=frozenset(
            name for name, state in states.items() if state == "not_applicable"
        ),
        unknown=frozenset(name for name, state in states.items() if state == "unknown"),
        facts=facts,
        possible=possible,
    )


def decide_shown(scope: AnswerScope) -> None:
    """Decide what is shown, until nothing changes: hiding an answer may hide what depended on it."""
    checklist = scope.checklist
    scope.visible = dict.fromkeys(checklist.questions, True)
    for _round in range(len(checklist.questions) + 1):
        shown: dict[str, bool | Truth] = {}
        for name, question in checklist.questions.items():
            conditions = [c for c in (checklist.section_of[name].show_if, question.show_if) if c]
            truth = lattice.both([scope.evaluate(c) for c in conditions])
            shown[name] = False if truth is MISSING else truth
        if shown == scope.visible:
            return
        scope.visible = shown


def compute_values(scope: AnswerScope) -> None:
    """Fill in pools, then values in the order of the file, then outcomes."""
    checklist, scoring = scope.checklist, scope.checklist.file.scoring
    for pool, rules in scoring.pools.items():
        members = [q for q in checklist.questions.values() if checklist.pool_of(q) == pool]
        total: Value = Decimal(0)
        for question in members:
            total = lattice.add(total, scope.points_of(question.id))
        scope.computed[f"{pool}.score"] = total
        scope.computed[f"{pool}.max"] = _most(scope, members, declared=rules.max == "declared")
    for name, value in scoring.values.items():
        scope.computed[name] = (
            scope.evaluate(value.expr) if value.expr else _looked_up(scope, value.table, value.keys)
        )
    for rule in scoring.rules:
        truth = lattice.truth(scope.evaluate(rule.when))
        scope.outcomes[rule.outcome] = lattice.either(
            [scope.outcomes.get(rule.outcome, False), truth]
        )


def _most(scope: AnswerScope, members: Sequence[Question], *, declared: bool) -> Value:
    """Most points of a pool: of all its questions, or of those that are shown, between the two where some may be."""

    def total(questions: Iterable[Question]) -> Decimal:
        return sum((point_range(question)[1] for question in questions), Decimal(0))

    if declared:
        return total(members)
    return lattice.number(
        total(q for q in members if scope.visible[q.id] is True),
        total(q for q in members if scope.visible[q.id] is not False),
    )


def _looked_up(scope: AnswerScope, table: str, keys: Sequence[str]) -> Value:
    rules = scope.checklist.file.tables[table]
    found = [scope.call("ans", (key,)) for key in keys]
    if all(isinstance(item, str) for item in found):
        level = row_level(
            scope.checklist, table, {rules.row: str(found[0]), rules.col: str(found[1])}
        )
        return Decimal(rules.order.index(level)) if level else MISSING
    return Range(Decimal(0), Decimal(len(rules.order) - 1)) if MISSING not in found else MISSING


def levelled_value(checklist: Checklist) -> str:
    """Name of the value that the level is read from; empty if there is no level."""
    level = checklist.file.scoring.level
    return level.of if level else ""


def level_at(scope: AnswerScope, value: Value) -> str:
    """The first band that a number fits into."""
    rules = scope.checklist.file.scoring.level
    if rules is None or not isinstance(value, Decimal):
        return ""
    for band in rules.bands:
        limit = scope.evaluate(band.upto) if band.upto else None
        if limit is None or (isinstance(limit, Decimal) and value <= limit):
            return band.id
    return ""


def level_ends(scope: AnswerScope, name: str) -> tuple[str, str]:
    """Lowest and highest level that the open answers still allow."""
    low, high = ends_of(scope.name(name)) if name else (None, None)
    return (
        level_at(scope, low) if low is not None else "",
        level_at(scope, high) if high is not None else "",
    )


def levels_around(checklist: Checklist, level: str, best: str, worst: str) -> tuple[str, str]:
    """Widen the levels that can still be reached so that the level so far lies between them."""
    rules = checklist.file.scoring.level
    order = [band.id for band in rules.bands] if rules else []
    if not (level and best and worst):
        return best, worst
    return min(best, level, key=order.index), max(worst, level, key=order.index)


def ends_of(value: Value) -> tuple[Decimal | None, Decimal | None]:
    """Smallest and largest number that a value may turn out to be."""
    match value:
        case bool():
            return None, None
        case Decimal():
            return value, value
        case Range(low, high):
            return low, high
        case _:
            return None, None


def make_figures(now: AnswerScope, later: AnswerScope) -> Mapping[str, Figure]:
    """Every computed value with its best and worst case."""
    found = {}
    for name, value in now.computed.items():
        best, worst = ends_of(later.computed[name])
        figure = value if isinstance(value, Decimal) and not isinstance(value, bool) else None
        if figure is not None and best is not None and worst is not None:
            # An open question has no points yet, and each of its answers may have some: the span holds both.
            best, worst = min(best, figure), max(worst, figure)
        if figure is not None or best is not None:
            found[name] = Figure(now=figure, best=best, worst=worst)
    return found
