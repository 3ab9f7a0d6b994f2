"""Answers to a checklist: who said what, when, why, on what evidence, and what a reviewer made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.schema import Id, Kind, Question
from raudit.errors import AnswersError
from raudit.validate import Strict, validate
from raudit.yamltext import YamlText, nearest, parse_yaml, read_yaml

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Decision = Literal["approve", "approve_with_conditions", "reject", "refer"]


class ReviewState(Strict):
    """What a reviewer made of an answer."""

    state: Literal["pending", "accepted", "to_correct"] = "pending"
    by: str = ""
    at: datetime | None = None
    note: str = ""


class EvidenceLink(Strict):
    """What an answer rests on."""

    kind: Literal["audit", "document", "link", "person"] = "document"
    path: str = ""
    sha256: Digest | None = None
    observed: str = ""
    expires: date | None = None
    """Last day on which it shows anything."""


class Answer(Strict):
    """An answer."""

    value: Any = None
    """Text, a list of option ids, or a list of rows; None if the state says why there is none."""
    state: Literal["answered", "unknown", "not_applicable"] = "answered"
    why: str = ""
    by: str = ""
    at: datetime | None = None
    owner: str = ""
    """Who will find out, if unknown."""
    due: date | None = None
    evidence: tuple[EvidenceLink, ...] = ()
    review: ReviewState = ReviewState()


class Met(Strict):
    """That a condition is met, and who says so."""

    by: str = Field(min_length=1)
    at: datetime
    how: str = ""


class Condition(Strict):
    """A condition of an approval.

    Files written before conditions had owners hold plain sentences; they are read, and stand as unowned.
    """

    what: str
    owner: str = ""
    """Who answers for it."""
    due: date | None = None
    met: Met | None = None


def _spelled_out(value: object) -> Any:
    return {"what": value} if isinstance(value, str) else value


WrittenCondition = Annotated[
    Condition, BeforeValidator(_spelled_out, json_schema_input_type=Condition | str)
]


class SignOff(Strict):
    """Someone's decision, and exactly what it covers."""

    role: Id
    decision: Decision
    by: str = Field(min_length=1)
    at: datetime
    covers_sha256: Digest
    """Digest of the canonical answers that were signed; see ``signoff.answers_sha256``."""
    conditions: tuple[WrittenCondition, ...] = ()
    covered: dict[str, Digest] = {}
    """Digest of each answer at that time, so that a later change can be named."""


class Pin(Strict):
    """The checklist that was answered."""

    id: str
    version: str
    sha256: Digest


class SubjectSection(Strict):
    """What the answers are about."""

    project: str = ""
    version: str = ""
    model_sha256: Digest | None = None
    data_sha256: Digest | None = None


class SetAside(Answer):
    """An answer that is not asked for any more, with everything in it; never scored, never lost."""

    cause: Literal["hidden", "dropped", "asked_anew", "withdrawn"] = "dropped"
    """A hidden one comes back when its question is shown again."""
    reason: str = ""
    moved_at: datetime | None = None


class AnswersFile(Strict):
    """The whole of an answers file (``raudit.answers/1``)."""

    schema_version: Literal["raudit.answers/1"] = Field(alias="schema")
    checklist: Pin
    subject: SubjectSection = SubjectSection()
    review_by: date | None = None
    answers: Annotated[dict[str, Answer], BeforeValidator(lambda value: value or {})] = {}
    """By question id; a file to which nobody has added an answer yet has none."""
    set_aside: Annotated[dict[str, SetAside], BeforeValidator(lambda value: value or {})] = {}
    signoffs: tuple[SignOff, ...] = ()


class Answers:
    """Answers that fit their checklist.

    Parameters
    ----------
    file
        The validated file.
    values
        Typed values by question id: text, Decimal, tuple of option ids, or tuple of rows.
    yaml
        The parsed file, for lines; None for answers that were never in a file.
    """

    def __init__(self, file: AnswersFile, values: Mapping[str, Any], yaml: YamlText | None) -> None:
        self.file = file
        self.values = dict(values)
        self.yaml = yaml

    def line(self, question: str) -> int:
        """Line of a question's answer in the file, or where it would go."""
        return self.yaml.line(("answers", question)) if self.yaml else 1

    @property
    def source(self) -> str:
        """Name of the file."""
        return self.yaml.source if self.yaml else "answers"


def load_answers(path: Path, checklist: Checklist) -> Answers:
    """Read an answers file.

    Raises
    ------
    AnswersError
        With file, line, key and what to do.
    """
    return _fitted(read_yaml(path, error=AnswersError), checklist)


def parse_answers(text: str, checklist: Checklist, *, source: str = "answers.yaml") -> Answers:
    """Read the text of an answers file."""
    return _fitted(parse_yaml(text, source=source, error=AnswersError), checklist)


def empty_answers(checklist: Checklist) -> Answers:
    """Answers to nothing yet."""
    pin = Pin(id=checklist.id, version=checklist.file.version, sha256=checklist.sha256)
    return Answers(AnswersFile(schema="raudit.answers/1", checklist=pin), {}, None)


def _fitted(yaml: YamlText, checklist: Checklist) -> Answers:
    if not isinstance(yaml.value, dict):
        raise AnswersError(
            "the answers are not a mapping",
            reference="answers-not-a-mapping",
            where=yaml.where(()),
            hint=f"start with: raudit assess start {checklist.id}",
        )
    file = validate(AnswersFile, yaml, error=AnswersError, value=with_line_feeds(yaml.value))
    if file.checklist.id != checklist.id:
        raise AnswersError(
            "the answers belong to another checklist",
            reference="answers-checklist",
            where=yaml.where(("checklist",)),
            got=file.checklist.id,
            expected=checklist.id,
            hint="name the checklist they were written for",
        )
    if file.checklist.version.split(".")[0] != checklist.file.version.split(".")[0]:
        raise AnswersError(
            "the answers are for another version of the checklist",
            reference="answers-version",
            where=yaml.where(("checklist", "version")),
            got=file.checklist.version,
            expected=checklist.file.version,
            hint="start a new file for this version with raudit assess start CHECKLIST -o NEW-FILE, "
            "and copy what still holds",
        )
    values = {}
    for name, answer in file.answers.items():
        question = checklist.questions.get(name)
        if question is None:
            raise AnswersError(
                f"there is no question '{name}'",
                reference="no-question",
                where=yaml.where(("answers", name)),
                hint=nearest(name, list(checklist.questions)),
            )
        if answer.state == "answered" and answer.value not in (None, "", [], ()):
            values[name] = typed_value(
                question, answer.value, where=yaml.where(("answers", name, "value"))
            )
        elif answer.state == "not_applicable" and not answer.why.strip():
            raise AnswersError(
                f"'{name}' is not applicable, but not why",
                reference="answer-no-reason",
                where=yaml.where(("answers", name)),
                hint="add 'why:' with one sentence",
            )
    return Answers(file, values, yaml)


def with_line_feeds(value: object) -> Any:
    """Text with line feeds only: browsers send carriage returns too, and one text must have one digest."""
    match value:
        case str():
            return value.replace("\r\n", "\n").replace("\r", "\n")
        case dict():
            return {key: with_line_feeds(item) for key, item in value.items()}
        case list():
            return [with_line_feeds(item) for item in value]
        case _:
            return value


def typed_value(question: Question, value: object, *, where: str) -> Any:
    """Turn the text of an answer into what its question asks for.

    Raises
    ------
    AnswersError
        If it is not what the question asks for.
    """

    def fault(expected: str, got: object = value) -> AnswersError:
        return AnswersError(
            f"this does not answer '{question.id}'",
            reference="answer-type",
            where=where,
            got=repr(got)[:80],
            expected=expected,
            hint="see the question's help: raudit assess show ANSWERS",
        )

    options = [option.id for option in question.options]
    match question.type:
        case Kind.CHOICE | Kind.YES_NO:
            allowed = options or ["yes", "no"]
            if value not in allowed:
                raise fault("one of " + ", ".join(allowed))
            return value
        case Kind.MULTI:
            chosen = [value] if isinstance(value, str) else value
            if not isinstance(chosen, list) or any(item not in options for item in chosen):
                raise fault("a list of " + ", ".join(options))
            if len(set(chosen)) < len(chosen) or (
                question.none_option in chosen and len(chosen) > 1
            ):
                raise fault(f"each option once, and '{question.none_option}' alone")
            return tuple(chosen)
        case Kind.NUMBER:
            return _number(value, fault)
        case Kind.DATE:
            return _day(value, fault)
        case Kind.ROWS:
            return _rows(question, value, fault)
        case _:
            if not isinstance(value, str):
                raise fault("text")
            return value


def _number(value: Any, fault: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise fault("a number such as 12.5") from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise fault("a number below 10^15")
    return number


def _day(value: Any, fault: Any) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as error:
        raise fault("a day such as 2026-11-21") from error


def _of_kind(key: str, cell: str, kind: str, fault: Any) -> None:
    """A cell that has to be a number or a day."""

    def in_cell(expected: str, got: Any = cell) -> AnswersError:
        error: AnswersError = fault(f"{key}: {expected}", got)
        return error

    (_number if kind == "number" else _day)(cell, in_cell)


def _rows(question: Question, value: Any, fault: Any) -> tuple[Mapping[str, str], ...]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise fault("a list of rows")
    known = {column.id: column for column in question.columns}
    for row in value:
        for key, cell in row.items():
            if key not in known or not isinstance(cell, str | None):
                raise fault("columns " + ", ".join(known), key)
            allowed = [option.id for option in known[key].options]
            if allowed and cell is not None and cell not in allowed:
                raise fault(f"{key}: one of " + ", ".join(allowed), cell)
            if cell and known[key].type in ("number", "date"):
                _of_kind(key, cell, known[key].type, fault)
    return tuple({key: cell for key, cell in row.items() if cell} for row in value)
