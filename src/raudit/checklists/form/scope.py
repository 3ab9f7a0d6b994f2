"""Where an expression finds answers, points, outcomes and facts.

In *now* an open question is missing. In *possible* it stands for everything it could still be answered with, which
gives the best and the worst case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from raudit.checklists.form import lattice
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.lattice import ANY, INFINITY, MAYBE, MISSING, OneOf, Truth, Value
from raudit.checklists.form.schema import Kind, Question

NOT_APPLICABLE = "not_applicable"


@dataclass(slots=True, kw_only=True)
class AnswerScope:
    """Names and functions of expressions over one set of answers."""

    checklist: Checklist
    values: Mapping[str, Any]
    not_applicable: frozenset[str]
    unknown: frozenset[str]
    facts: Mapping[str, Any]
    possible: bool
    visible: dict[str, bool | Truth] = field(default_factory=dict)
    """Whether each question is shown: True, False or maybe."""
    computed: dict[str, Value] = field(default_factory=dict)
    """Pools, values and the level, as they become known."""
    outcomes: dict[str, bool | Truth] = field(default_factory=dict)

    def evaluate(self, text: str) -> Value:
        """Evaluate one of the checklist's expressions."""
        return self.checklist.expressions[text].evaluate(self)

    def name(self, dotted: str) -> Value:
        """A pool's part, a computed value or the level."""
        return self.computed.get(dotted, MISSING)

    def call(self, function: str, args: tuple[str, ...]) -> Value:
        """Apply a function of the expression language."""
        return _FUNCTIONS[function](self, *args)

    def is_open(self, name: str) -> bool:
        """Whether a question could still be answered."""
        return (
            self.possible
            and self.visible.get(name, True) is not False
            and not self.has_answer(name)
        )

    def has_answer(self, name: str) -> bool:
        """Whether a question is shown and answered."""
        return self.visible.get(name, True) is True and (
            name in self.values or name in self.not_applicable
        )

    def points_of(self, name: str) -> Value:
        """Points of a question's answer; hidden questions have none."""
        question = self.checklist.questions[name]
        if self.visible.get(name, True) is False:
            return Decimal(0)
        if self.has_answer(name):
            return _points(question, self.values.get(name))
        if not self.possible:
            return Decimal(0)
        return lattice.number(*point_range(question))


def point_range(question: Question) -> tuple[Decimal, Decimal]:
    """Fewest and most points an answer can have; none, where the question does not apply, is always among them."""
    points = [option.points for option in question.options if option.id != question.none_option]
    alone = [option.points for option in question.options if option.id == question.none_option]
    if question.type is Kind.MULTI and points:
        fewest = sum((p for p in points if p < 0), Decimal(0)) or min(points)
        most = sum((p for p in points if p > 0), Decimal(0)) or max(points)
        points = [fewest, most]
    return min([*points, *alone, Decimal(0)]), max([*points, *alone, Decimal(0)])


def _points(question: Question, value: object) -> Decimal:
    chosen = value if isinstance(value, tuple) else (value,)
    return sum((option.points for option in question.options if option.id in chosen), Decimal(0))


def _ans(scope: AnswerScope, name: str) -> Value:
    question = scope.checklist.questions[name]
    if scope.has_answer(name):
        if name in scope.not_applicable:
            return NOT_APPLICABLE
        value = scope.values[name]
        return Decimal(len(value)) if question.type is Kind.ROWS else value
    if not scope.is_open(name):
        return MISSING
    match question.type:
        case Kind.CHOICE:
            return OneOf(frozenset({*(option.id for option in question.options), NOT_APPLICABLE}))
        case Kind.YES_NO:
            return OneOf(frozenset({"yes", "no", NOT_APPLICABLE}))
        case Kind.NUMBER:
            return lattice.Range(-INFINITY, INFINITY)
        case _:
            return ANY


def _has(scope: AnswerScope, name: str, *options: str) -> Value:
    if not scope.has_answer(name):
        return MAYBE if scope.is_open(name) else MISSING
    value = scope.values.get(name, ())
    chosen = value if isinstance(value, tuple) else (value,)
    return any(option in chosen for option in options)


def _count(scope: AnswerScope, name: str) -> Value:
    question = scope.checklist.questions[name]
    if scope.has_answer(name):
        value = scope.values.get(name, ())
        return (
            Decimal(len([item for item in value if item != question.none_option]))
            if isinstance(value, tuple)
            else Decimal(1)
        )
    if scope.is_open(name):
        return lattice.Range(Decimal(0), Decimal(len(question.options) or 1))
    return MISSING


def _answered(scope: AnswerScope, name: str) -> Value:
    return MAYBE if scope.is_open(name) else scope.has_answer(name)


def _unknown(scope: AnswerScope, name: str) -> Value:
    return name in scope.unknown


def _rows(scope: AnswerScope, name: str) -> Value:
    if scope.has_answer(name):
        return Decimal(len(scope.values.get(name, ())))
    return lattice.Range(Decimal(0), INFINITY) if scope.is_open(name) else MISSING


def _any_row(scope: AnswerScope, name: str, column: str, *options: str) -> Value:
    if scope.has_answer(name):
        return any(row.get(column) in options for row in scope.values.get(name, ()))
    return MAYBE if scope.is_open(name) else MISSING


def _worst(scope: AnswerScope, name: str, table: str) -> Value:
    """The worst level of any row by a table, as the level's place in its order, counted from 0."""
    rules = scope.checklist.file.tables[table]
    if not scope.has_answer(name):
        top = Decimal(len(rules.order) - 1)
        return lattice.Range(Decimal(-1), top) if scope.is_open(name) else MISSING
    levels = [row_level(scope.checklist, table, row) for row in scope.values.get(name, ())]
    if not levels:
        return Decimal(-1)
    if None in levels:
        return MISSING
    return Decimal(max(rules.order.index(level) for level in levels if level is not None))


def _days(scope: AnswerScope, first: str, second: str) -> Value:
    """Days from one date to another; negative if the second is earlier."""
    if scope.has_answer(first) and scope.has_answer(second):
        days = [scope.values.get(name) for name in (first, second)]
        if None in days:  # one of them is not applicable
            return MISSING
        start, end = (date.fromisoformat(str(day)) for day in days)
        return Decimal((end - start).days)
    open_ends = [scope.is_open(name) or scope.has_answer(name) for name in (first, second)]
    return lattice.Range(-INFINITY, INFINITY) if all(open_ends) and scope.possible else MISSING


def row_level(checklist: Checklist, table: str, row: Mapping[str, str]) -> str | None:
    """Level of a row by a table; None if a cell is missing."""
    rules = checklist.file.tables[table]
    first, second = row.get(rules.row), row.get(rules.col)
    if first not in rules.rows or second not in rules.cols:
        return None
    return rules.cells[rules.rows.index(first)][rules.cols.index(second)]


def _fact(scope: AnswerScope, name: str) -> Value:
    return fact_value(scope.facts[name]) if name in scope.facts else MISSING


def fact_value(value: object) -> Value:
    """A measured fact as a value of the expression language."""
    match value:
        case bool() | str():
            return value
        case int() | float():
            return Decimal(str(value))
        case list() | tuple():
            return tuple(fact_value(item) for item in value)
        case Mapping():
            return tuple(str(key) for key in value)
        case _:
            return MISSING


def _label(scope: AnswerScope, name: str) -> Value:
    found = _ans(scope, name)
    texts = {option.id: option.text for option in scope.checklist.questions[name].options}
    return texts.get(found, found) if isinstance(found, str) else found


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "ans": _ans,
    "has": _has,
    "count": _count,
    "answered": _answered,
    "unknown": _unknown,
    "points": lambda scope, name: scope.points_of(name),
    "rows": _rows,
    "any_row": _any_row,
    "worst": _worst,
    "days": _days,
    "outcome": lambda scope, name: scope.outcomes.get(name, MISSING),
    "fact": _fact,
    "measured": lambda scope, name: name in scope.facts,
    "label": _label,
}
