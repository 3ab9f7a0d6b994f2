"""Read a checklist, compile its expressions, and refuse one that refers to what it does not have."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from raudit.canonical import Sha256, digest
from raudit.checklists.form.expressions import BY_QUESTION, Expression, compile_expression
from raudit.checklists.form.schema import ChecklistFile, Kind, Question, Section
from raudit.checklists.prints.priority import with_priority
from raudit.doors import Door, clash, folders
from raudit.errors import ChecklistError
from raudit.facts import is_known, known_facts
from raudit.resources import resource_dir
from raudit.validate import validate
from raudit.yamltext import YamlText, nearest, parse_yaml, read_yaml

IN_SENTENCE = re.compile(r"\{fact:([a-z0-9_.]+)\}")
"""A fact in a sentence, replaced by what was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """A checklist that has been checked."""

    file: ChecklistFile
    sha256: Sha256
    """Digest of its meaning: the canonical JSON of the file, whatever its layout."""
    questions: Mapping[str, Question]
    """By id, in order."""
    section_of: Mapping[str, Section]
    """Section of each question."""
    expressions: Mapping[str, Expression]
    """Every expression by its text."""

    @property
    def id(self) -> str:
        """Id of the checklist."""
        return self.file.id

    def level_title(self, level: str) -> str:
        """How a level is called for people; empty for no level."""
        bands = self.file.scoring.level.bands if self.file.scoring.level else ()
        return next(
            (band.title for band in bands if band.id == level and band.title), in_words(level)
        )

    def outcome_title(self, outcome: str) -> str:
        """How an outcome is called for people."""
        return self.file.scoring.titles.get(outcome) or in_words(outcome)

    def pool_of(self, question: Question) -> str:
        """The pool a question's points go to, or nothing."""
        return question.pool or self.section_of[question.id].pool


def shipped_checklists() -> tuple[str, ...]:
    """Ids of the checklists that come with raudit or with an installed package."""
    return tuple(sorted(_known()))


def checklist_path(name: str) -> Path | None:
    """Find the file of a checklist that comes with raudit or with an installed package; None if none does."""
    return _known().get(name)


def _known() -> dict[str, Path]:
    known = {path.stem: path for path in resource_dir("checklists").glob("*.yaml")}
    for extension, folder in folders(Door.CHECKLISTS):
        for path in sorted(folder.glob("*.yaml")):
            if path.stem in known:
                raise clash(Door.CHECKLISTS, replace(extension, name=path.stem), "another folder")
            known[path.stem] = path
    return known


def in_words(name: str) -> str:
    """An id in words.

    Examples
    --------
    >>> in_words("not_started")
    'Not started'
    """
    return name.replace("_", " ")[:1].upper() + name.replace("_", " ")[1:]


def load_checklist(path: Path) -> Checklist:
    """Read a checklist file.

    Raises
    ------
    ChecklistError
        With file, line, key and what to do.
    """
    return _checked(read_yaml(path, error=ChecklistError))


def parse_checklist(text: str, *, source: str = "checklist.yaml") -> Checklist:
    """Read the text of a checklist."""
    return _checked(parse_yaml(text, source=source, error=ChecklistError))


def _checked(yaml: YamlText) -> Checklist:
    if not isinstance(yaml.value, dict):
        raise ChecklistError(
            "the checklist is not a mapping",
            reference="checklist-not-a-mapping",
            where=yaml.where(()),
            expected="keys such as schema, id and sections",
            hint="see docs/reference/checklists.md",
        )
    file = validate(ChecklistFile, yaml, error=ChecklistError)
    questions: dict[str, Question] = {}
    section_of: dict[str, Section] = {}
    for s, section in enumerate(file.sections):
        for q, question in enumerate(section.questions):
            at: tuple[str | int, ...] = ("sections", s, "questions", q)
            _check_question(question, yaml, at)
            if question.id in questions:
                raise _fault(
                    "two questions have one id", "question-doubled", yaml, (*at, "id"), question.id
                )
            listed = question.id in file.register_from and question.type is Kind.ROWS
            questions[question.id] = with_priority(question) if listed else question
            section_of[question.id] = section
    _check_tables(file, yaml)
    found = {
        text: compile_expression(text, where=yaml.where(at)) for text, at in _expressions(file)
    }
    checklist = Checklist(
        file=file,
        sha256=digest(file.model_dump(mode="json", by_alias=True, exclude_defaults=True)),
        questions=questions,
        section_of=section_of,
        expressions=found,
    )
    for text, at in _expressions(file):
        _check_references(checklist, found[text], yaml, at)
    for name, at in _facts(checklist):
        if not is_known(name):
            raise _unknown_fact(name, yaml, at)
    _check_order(checklist, yaml)
    _check_level(checklist, yaml)
    return checklist


def _check_order(checklist: Checklist, yaml: YamlText) -> None:
    """Whether a question is shown may only depend on earlier ones: that is how a person goes through them."""
    seen: set[str] = set()
    for s, section in enumerate(checklist.file.sections):
        conditions: list[tuple[str, tuple[str | int, ...]]] = [
            (section.show_if, ("sections", s, "show_if"))
        ]
        for q, question in enumerate(section.questions):
            conditions.append((question.show_if, ("sections", s, "questions", q, "show_if")))
            for text, at in conditions:
                for function, words in checklist.expressions[text].calls() if text else ():
                    if function in BY_QUESTION and words and words[0] not in seen:
                        raise _fault(
                            "a condition looks ahead", "condition-ahead", yaml, at, words[0]
                        )
            conditions = []
            seen.add(question.id)


def _check_level(checklist: Checklist, yaml: YamlText) -> None:
    level, scoring = checklist.file.scoring.level, checklist.file.scoring
    if level is None:
        return
    known = {
        *scoring.values,
        *(f"{pool}.{part}" for pool in scoring.pools for part in ("score", "max")),
    }
    if level.of not in known:
        raise _fault(
            "the level is of no value", "no-value", yaml, ("scoring", "level", "of"), level.of
        )
    if [band.id for band in level.bands if not band.upto] != [level.bands[-1].id]:
        raise _fault(
            "the last band, and only it, has no limit",
            "bands",
            yaml,
            ("scoring", "level", "bands"),
            level.of,
        )


def _expressions(file: ChecklistFile) -> Iterator[tuple[str, tuple[str | int, ...]]]:
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


def _facts(checklist: Checklist) -> Iterator[tuple[str, tuple[str | int, ...]]]:
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
        for function, words in checklist.expressions[text].calls():
            if function == "fact" and words:
                yield words[0], place


def _unknown_fact(name: str, yaml: YamlText, at: tuple[str | int, ...]) -> ChecklistError:
    return ChecklistError(
        "no stage gives this fact",
        reference="no-fact",
        where=yaml.where(at),
        got=name,
        hint=nearest(name, [fact.name for fact in known_facts()])
        or "docs/reference/facts.md lists all",
    )


def _check_question(question: Question, yaml: YamlText, at: tuple[str | int, ...]) -> None:
    ids = [option.id for option in question.options]
    if question.type in {Kind.CHOICE, Kind.MULTI} and len(ids) < 2:
        raise _fault("a choice needs two options", "options-missing", yaml, at, question.id)
    if len(set(ids)) < len(ids):
        raise _fault("two options have one id", "option-doubled", yaml, at, question.id)
    if question.type not in {Kind.CHOICE, Kind.MULTI} and ids:
        raise _fault(
            f"a {question.type} question has no options", "options-misplaced", yaml, at, question.id
        )
    if question.none_option and (
        question.type is not Kind.MULTI or question.none_option not in ids
    ):
        raise _fault(
            "none_option must be an option of a multi",
            "none-option",
            yaml,
            (*at, "none_option"),
            question.id,
        )
    if (question.type is Kind.ROWS) != bool(question.columns):
        raise _fault("columns belong to questions of type rows", "columns", yaml, at, question.id)


def _check_tables(file: ChecklistFile, yaml: YamlText) -> None:
    for name, table in file.tables.items():
        shape = [len(row) for row in table.cells]
        if len(shape) != len(table.rows) or set(shape) != {len(table.cols)}:
            raise _fault(
                "the cells do not fit rows and cols",
                "table-shape",
                yaml,
                ("tables", name, "cells"),
                name,
            )
        unknown = {cell for row in table.cells for cell in row} - set(table.order)
        if unknown:
            raise _fault(
                f"'{min(unknown)}' is not in order",
                "table-order",
                yaml,
                ("tables", name, "order"),
                name,
            )
    for name, value in file.scoring.values.items():
        if value.table and value.table not in file.tables:
            raise _fault(
                "there is no such table", "no-table", yaml, ("scoring", "values", name), value.table
            )


def _check_references(
    checklist: Checklist, expression: Expression, yaml: YamlText, at: tuple[str | int, ...]
) -> None:
    file = checklist.file
    for function, words in expression.calls():
        if function in BY_QUESTION and words and words[0] not in checklist.questions:
            raise _fault(f"'{function}' names no question", "no-question", yaml, at, words[0])
        if function == "days":
            for word in words:
                if (
                    word not in checklist.questions
                    or checklist.questions[word].type is not Kind.DATE
                ):
                    raise _fault("'days' needs two questions for a date", "no-date", yaml, at, word)
        if function == "has":
            options = {option.id for option in checklist.questions[words[0]].options}
            for word in words[1:]:
                if word not in options:
                    raise _fault(
                        f"'{word}' is no option of {words[0]}", "no-option", yaml, at, word
                    )
        if function == "outcome" and words[0] not in {rule.outcome for rule in file.scoring.rules}:
            raise _fault("there is no such outcome", "no-outcome", yaml, at, words[0])
        if function == "worst" and words[1] not in file.tables:
            raise _fault("there is no such table", "no-table", yaml, at, words[1])
    for question, word in expression.compared_words():
        asked = checklist.questions[question]
        if asked.options and word not in {option.id for option in asked.options}:
            raise _fault(f"'{word}' is no option of {question}", "no-option", yaml, at, word)
    known = {*file.scoring.values, "level"}
    known |= {f"{pool}.{part}" for pool in file.scoring.pools for part in ("score", "max")}
    for name in expression.names():
        if name not in known:
            raise _fault(f"there is no value '{name}'", "no-value", yaml, at, name)


def _fault(
    message: str, reference: str, yaml: YamlText, at: tuple[str | int, ...], got: str
) -> ChecklistError:
    return ChecklistError(
        message,
        reference=reference,
        where=yaml.where(at),
        got=got,
        hint="see docs/reference/checklists.md",
    )


@functools.cache
def shipped(name: str) -> Checklist:
    """A shipped checklist by its id."""
    path = checklist_path(name)
    if path is None:
        raise ChecklistError(f"there is no checklist '{name}'", reference="no-checklist")
    return load_checklist(path)


def json_schema() -> dict[str, Any]:
    """JSON Schema of checklist files, for editors."""
    return ChecklistFile.model_json_schema(by_alias=True)
