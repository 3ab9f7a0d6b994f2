"""All that is wrong with a checklist, each with its line: what it names and does not have, and what cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.expressions import BY_QUESTION, Expression, compile_expression
from raudit.checklists.form.schema import ChecklistFile, Kind, Question
from raudit.errors import ChecklistError
from raudit.facts import is_known, known_facts
from raudit.yamltext import YamlText, nearest

IN_SENTENCE = re.compile(r"\{fact:([a-z0-9_.]+)\}")
"""A fact in a sentence, replaced by what was measured."""

Place = tuple[str | int, ...]
Faults = Iterator[ChecklistError]


def first_of(faults: Sequence[ChecklistError]) -> ChecklistError:
    """Return the first fault, and say in it how many more there are."""
    first, more = faults[0], len(faults) - 1
    if not more or " more)" in first.message:
        return first
    return ChecklistError(
        f"{first.message} (and {more} more: raudit assess lint CHECKLIST lists them)",
        reference=first.reference,
        where=first.where,
        got=first.got,
        expected=first.expected,
        hint=first.hint,
    )


def compiled(
    file: ChecklistFile, yaml: YamlText
) -> tuple[dict[str, Expression], list[ChecklistError]]:
    """Compile every expression, by its text; and list those that cannot be."""
    found: dict[str, Expression] = {}
    broken: list[ChecklistError] = []
    for text, at in _expressions(file):
        try:
            found[text] = compile_expression(text, where=yaml.where(at))
        except ChecklistError as error:
            broken.append(error)
    return found, broken


def faults_in(checklist: Checklist, yaml: YamlText) -> tuple[ChecklistError, ...]:
    """List what is wrong with a checklist of the right shape, beyond expressions that do not compile."""
    file = checklist.file
    references = (
        _check_references(checklist, checklist.expressions[text], yaml, at)
        for text, at in _expressions(file)
        if text in checklist.expressions
    )
    facts = (_unknown_fact(name, yaml, at) for name, at in _facts(checklist) if not is_known(name))
    return tuple(
        chain(
            _check_questions(file, yaml),
            _check_tables(file, yaml),
            chain.from_iterable(references),
            facts,
            _check_order(checklist, yaml),
            _check_level(checklist, yaml),
        )
    )


def _check_questions(file: ChecklistFile, yaml: YamlText) -> Faults:
    seen: set[str] = set()
    for s, section in enumerate(file.sections):
        for q, question in enumerate(section.questions):
            at: Place = ("sections", s, "questions", q)
            yield from _check_question(question, yaml, at)
            if question.id in seen:
                yield _fault(
                    "two questions have one id", "question-doubled", yaml, (*at, "id"), question.id
                )
            seen.add(question.id)


def _expressions(file: ChecklistFile) -> Iterator[tuple[str, Place]]:
    """Every expression of a checklist and where it stands."""
    for s, section in enumerate(file.sections):
        here = ("sections", s)
        if section.show_if:
            yield section.show_if, (*here, "show_if")
        for q, question in enumerate(section.questions):
            at = (*here, "questions", q)
            if question.show_if:
                yield question.show_if, (*at, "show_if")
            for key in ("suggest", "contradicted_if"):
                for c, rule in enumerate(getattr(question.evidence, key)):
                    yield rule.when, (*at, "evidence", key, c, "when")
    for name, value in file.scoring.values.items():
        if value.expr:
            yield value.expr, ("scoring", "values", name, "expr")
    if file.scoring.level:
        for b, band in enumerate(file.scoring.level.bands):
            if band.upto:
                yield band.upto, ("scoring", "level", "bands", b, "upto")
    for r, outcome in enumerate(file.scoring.rules):
        yield outcome.when, ("scoring", "rules", r, "when")
    for b, blocker in enumerate(file.block_if):
        yield blocker.when, ("block_if", b, "when")
    for s, signoff in enumerate(file.signoff):
        if signoff.required_if:
            yield signoff.required_if, ("signoff", s, "required_if")


def _facts(checklist: Checklist) -> Iterator[tuple[str, Place]]:
    """Every fact that a checklist names, and where."""
    for s, section in enumerate(checklist.file.sections):
        for q, question in enumerate(section.questions):
            at = ("sections", s, "questions", q, "evidence")
            if question.evidence.fact:
                yield question.evidence.fact, (*at, "fact")
            for key in ("suggest", "contradicted_if"):
                for c, rule in enumerate(getattr(question.evidence, key)):
                    for name in IN_SENTENCE.findall(rule.because):
                        yield name, (*at, key, c, "because")
    for text, place in _expressions(checklist.file):
        for function, words in _calls(checklist, text):
            if function == "fact" and words:
                yield words[0], place


def _calls(checklist: Checklist, text: str) -> Sequence[tuple[str, tuple[str, ...]]]:
    """Calls in an expression; none if there is no text, or it does not compile, which is told elsewhere."""
    found = checklist.expressions.get(text)
    return tuple(found.calls()) if found is not None else ()


def _unknown_fact(name: str, yaml: YamlText, at: Place) -> ChecklistError:
    return ChecklistError(
        "no stage gives this fact",
        reference="no-fact",
        where=yaml.where(at),
        got=name,
        hint=nearest(name, [fact.name for fact in known_facts()])
        or "docs/reference/facts.md lists all",
    )


def _check_question(question: Question, yaml: YamlText, at: Place) -> Faults:
    ids = [option.id for option in question.options]
    if question.type in {Kind.CHOICE, Kind.MULTI} and len(ids) < 2:
        yield _fault("a choice needs two options", "options-missing", yaml, at, question.id)
    if len(set(ids)) < len(ids):
        yield _fault("two options have one id", "option-doubled", yaml, at, question.id)
    if question.type not in {Kind.CHOICE, Kind.MULTI} and ids:
        yield _fault(
            f"a {question.type} question has no options", "options-misplaced", yaml, at, question.id
        )
    if question.none_option and (
        question.type is not Kind.MULTI or question.none_option not in ids
    ):
        yield _fault(
            "none_option must be an option of a multi",
            "none-option",
            yaml,
            (*at, "none_option"),
            question.id,
        )
    if (question.type is Kind.ROWS) != bool(question.columns):
        yield _fault("columns belong to questions of type rows", "columns", yaml, at, question.id)


def _check_tables(file: ChecklistFile, yaml: YamlText) -> Faults:
    for name, table in file.tables.items():
        shape = [len(row) for row in table.cells]
        if len(shape) != len(table.rows) or set(shape) != {len(table.cols)}:
            yield _fault(
                "the cells do not fit rows and cols",
                "table-shape",
                yaml,
                ("tables", name, "cells"),
                name,
            )
        unknown = {cell for row in table.cells for cell in row} - set(table.order)
        if unknown:
            yield _fault(
                f"'{min(unknown)}' is not in order",
                "table-order",
                yaml,
                ("tables", name, "order"),
                name,
            )
    for name, value in file.scoring.values.items():
        if value.table and value.table not in file.tables:
            yield _fault(
                "there is no such table", "no-table", yaml, ("scoring", "values", name), value.table
            )


def _check_references(
    checklist: Checklist, expression: Expression, yaml: YamlText, at: Place
) -> Faults:
    file = checklist.file
    for function, words in expression.calls():
        if function in BY_QUESTION and words and words[0] not in checklist.questions:
            yield _fault(f"'{function}' names no question", "no-question", yaml, at, words[0])
            continue
        if function == "days":
            for word in words:
                if (
                    word not in checklist.questions
                    or checklist.questions[word].type is not Kind.DATE
                ):
                    yield _fault("'days' needs two questions for a date", "no-date", yaml, at, word)
        if function == "has":
            options = {option.id for option in checklist.questions[words[0]].options}
            for word in words[1:]:
                if word not in options:
                    yield _fault(
                        f"'{word}' is no option of {words[0]}", "no-option", yaml, at, word
                    )
        if function == "outcome" and words[0] not in {rule.outcome for rule in file.scoring.rules}:
            yield _fault("there is no such outcome", "no-outcome", yaml, at, words[0])
        if function == "worst" and words[1] not in file.tables:
            yield _fault("there is no such table", "no-table", yaml, at, words[1])
    for question, word in expression.compared_words():
        asked = checklist.questions.get(question)  # one that is missing is told above
        if asked and asked.options and word not in {option.id for option in asked.options}:
            yield _fault(f"'{word}' is no option of {question}", "no-option", yaml, at, word)
    known = {*file.scoring.values, "level"}
    known |= {f"{pool}.{part}" for pool in file.scoring.pools for part in ("score", "max")}
    for name in expression.names():
        if name not in known:
            yield _fault(f"there is no value '{name}'", "no-value", yaml, at, name)


def _fault(message: str, reference: str, yaml: YamlText, at: Place, got: str) -> ChecklistError:
    return ChecklistError(
        message,
        reference=reference,
        where=yaml.where(at),
        got=got,
        hint="see docs/reference/checklists.md",
    )


def _check_order(checklist: Checklist, yaml: YamlText) -> Faults:
    """Whether a question is shown may only depend on earlier ones: that is how a person goes through them."""
    seen: set[str] = set()
    for s, section in enumerate(checklist.file.sections):
        conditions: list[tuple[str, Place]] = [(section.show_if, ("sections", s, "show_if"))]
        for q, question in enumerate(section.questions):
            conditions.append((question.show_if, ("sections", s, "questions", q, "show_if")))
            for text, at in conditions:
                for function, words in _calls(checklist, text):
                    if (
                        function in BY_QUESTION
                        and words
                        and words[0] in checklist.questions  # else it is told already
                        and words[0] not in seen
                    ):
                        yield _fault(
                            "a condition looks ahead", "condition-ahead", yaml, at, words[0]
                        )
            conditions = []
            seen.add(question.id)


def _check_level(checklist: Checklist, yaml: YamlText) -> Faults:
    level, scoring = checklist.file.scoring.level, checklist.file.scoring
    if level is None:
        return
    known = {
        *scoring.values,
        *(f"{pool}.{part}" for pool in scoring.pools for part in ("score", "max")),
    }
    if level.of not in known:
        yield _fault(
            "the level is of no value", "no-value", yaml, ("scoring", "level", "of"), level.of
        )
    if [band.id for band in level.bands if not band.upto] != [level.bands[-1].id]:
        yield _fault(
            "the last band, and only it, has no limit",
            "bands",
            yaml,
            ("scoring", "level", "bands"),
            level.of,
        )
