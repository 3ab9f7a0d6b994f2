"""What a checklist file may say (``raudit.checklist/1``)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from raudit.validate import Strict

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*$", max_length=100)]
"""Ids are what answers and expressions refer to; they are never reused for another meaning."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class Kind(StrEnum):
    """What an answer to a question is."""

    CHOICE = "choice"
    """One option."""
    MULTI = "multi"
    """Any number of options, or the none option alone."""
    YES_NO = "yes_no"
    """``yes`` or ``no``."""
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    """A day, ISO 8601."""
    PERSON = "person"
    """Who: a name or an address."""
    ROWS = "rows"
    """A list of rows with the same columns, such as risks with their measures."""


class Option(Strict):
    """An option of a choice."""

    id: Id
    text: Text
    points: Decimal = Decimal(0)
    """What it adds to the pool of its question."""
    help: str = ""
    needs_evidence: bool = False
    """Whether it claims something that has to be shown; without a link in ``evidence`` the answer stays open."""


class RowColumn(Strict):
    """A column of a list of rows."""

    id: Id
    text: Text
    type: Literal["text", "choice", "person", "date", "number"] = "text"
    options: tuple[Option, ...] = ()
    required: bool = True


class Contradiction(Strict):
    """When what was measured says otherwise."""

    when: Text
    """An expression over ``ans`` and ``fact``."""
    because: Text
    """The sentence to print; ``{fact:NAME}`` is replaced by what was measured."""


class EvidenceRule(Strict):
    """How an answer meets what the stages measured."""

    fact: str = ""
    """The fact that bears on the question, to show beside it."""
    suggest: tuple[Contradiction, ...] = ()
    """Answers to suggest: ``when`` holds, ``because`` is the answer."""
    contradicted_if: tuple[Contradiction, ...] = ()


class Question(Strict):
    """A question."""

    id: Id
    type: Kind
    text: Text
    why: Text
    """Why we ask."""
    help: Text
    """How to answer it."""
    required: bool = True
    show_if: str = ""
    options: tuple[Option, ...] = ()
    none_option: str = ""
    """The option of a multi that excludes all others and is not counted."""
    pool: str = ""
    """The pool its points go to; by default its section's."""
    columns: tuple[RowColumn, ...] = ()
    unit: str = ""
    maps_to: tuple[str, ...] = ()
    """Requirements it bears on, such as ``gdpr:35.7.b``."""
    evidence: EvidenceRule = EvidenceRule()


class Section(Strict):
    """A section of questions."""

    id: Id
    title: Text
    intro: str = ""
    show_if: str = ""
    pool: str = ""
    questions: tuple[Question, ...]


class RiskTable(Strict):
    """A table that turns two ordinal answers into a level; ordinals are never multiplied."""

    row: Id
    """Column of a list of rows, or name, whose values are the table's rows."""
    col: Id
    rows: tuple[Id, ...]
    cols: tuple[Id, ...]
    cells: tuple[tuple[Id, ...], ...]
    order: tuple[Id, ...]
    """The levels, least first."""


class Pool(Strict):
    """A sum of points."""

    max: Literal["declared", "visible"] = "declared"
    """Whether hidden questions count into the maximum."""


class Computed(Strict):
    """A named value: an expression, or a table applied to two answers."""

    expr: str = ""
    table: str = ""
    keys: tuple[str, ...] = ()
    title: str = ""
    """How a number of points is called for people; it is printed with the points of the pools."""


class Band(Strict):
    """A band of a level."""

    id: str = Field(min_length=1)
    title: str = ""
    """How it is called for people; by default the id in words."""
    upto: str = ""
    """An expression; empty for the last band."""
    because: str = ""


class Level(Strict):
    """The level of an assessment."""

    of: str = Field(min_length=1)
    bands: tuple[Band, ...]


class OutcomeRule(Strict):
    """An outcome and the sentence that says why."""

    when: Text
    outcome: Id
    because: Text


class Scoring(Strict):
    """How answers become a level and outcomes."""

    pools: dict[Id, Pool] = {}
    values: dict[Id, Computed] = {}
    level: Level | None = None
    rules: tuple[OutcomeRule, ...] = ()
    titles: dict[Id, Text] = {}
    """How outcomes are called for people; by default the id in words."""


class Blocker(Strict):
    """What must not be."""

    when: Text
    because: Text


class SignOffRule(Strict):
    """A role whose sign-off is needed."""

    role: Id
    required_if: str = ""
    not_author: bool = True


class Review(Strict):
    """How long an assessment holds."""

    valid_for: str = Field(default="P12M", pattern=r"^P\d{1,3}[MD]$")
    """An ISO 8601 period of months or days."""
    invalidate_on: tuple[Literal["model_sha256", "data_sha256", "checklist_major"], ...] = ()


class Source(Strict):
    """Where the questions come from."""

    basis: tuple[Text, ...]
    """Laws, standards or instruments, each with its date or version."""
    wording: Literal["own"] = "own"
    note: str = ""


class Migration(Strict):
    """How answers to an older version are carried over."""

    from_version: str = Field(alias="from", pattern=r"^\d+(\.\d+){0,2}$")
    rename: dict[Id, Id] = {}
    drop: tuple[Id, ...] = ()
    reask: tuple[Id, ...] = ()
    options: dict[Id, dict[Id, Id | tuple[Id, ...]]] = {}
    """What options are called now, by question (under its new id), or by question and column of a list of rows.

    An option that became several is a list. Such a split, and several options that became one, are never carried over:
    the question is asked anew, since the old answer does not say which of the new ones is meant, or counts differently.
    """


class ChecklistFile(Strict):
    """The whole of a checklist."""

    schema_version: Literal["raudit.checklist/1"] = Field(alias="schema")
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    title: Text
    about: Text
    source: Source
    review: Review = Review()
    signoff: tuple[SignOffRule, ...] = ()
    tables: dict[Id, RiskTable] = {}
    register_from: tuple[Id, ...] = ()
    """Questions of type ``rows`` whose rows are risks."""
    sections: tuple[Section, ...]
    scoring: Scoring = Scoring()
    block_if: tuple[Blocker, ...] = ()
    migrations: tuple[Migration, ...] = ()
