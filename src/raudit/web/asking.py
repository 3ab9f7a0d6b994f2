"""A question as a form asks it, and what was typed as an answer takes it. No rule of a checklist is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict

from raudit.checklists import Checklist
from raudit.checklists.form.schema import Kind, Question
from raudit.checklists.writing import entry_digest, record_answer, withdraw_answer
from raudit.errors import AnswerConflict, AnswersError
from raudit.web.reading import AssessmentFiles
from raudit.web.words import value_said

NOTHING = "{}"
"""Text of an answers file that is not there yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedAnswer:
    """What stands in a question's fields."""

    value: Any = None
    """Text, list of option ids, or list of rows."""
    state: str = "answered"
    why: str = ""
    owner: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionForm:
    """A question, what stands in its fields, and what is to be said about it."""

    question: Question
    typed: TypedAnswer
    digest: str
    """Of the entry that the form was made from."""
    by: str = ""
    at: str = ""
    review: Mapping[str, str] = field(default_factory=dict)
    contradictions: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    gap: str = ""
    error: str = ""
    expected: str = ""
    theirs: Mapping[str, Any] | None = None
    evidence: tuple[Any, ...] = ()
    notes: int = 0
    assigned: str = ""

    @property
    def chosen(self) -> list[str]:
        """Chosen options."""
        value = self.typed.value
        return value if isinstance(value, list) else [value] if value else []

    @property
    def options(self) -> list[tuple[str, str, str]]:
        """Id, text and help of each option."""
        given = [(option.id, option.text, option.help) for option in self.question.options]
        if self.question.type is Kind.YES_NO and not given:
            return [("yes", "Yes", ""), ("no", "No", "")]
        return given

    @property
    def rows(self) -> list[dict[str, str]]:
        """Rows that are filled, and one empty one."""
        value = self.typed.value
        return [*(value if isinstance(value, list) else []), {}]

    @property
    def answered(self) -> bool:
        """Whether the file has an answer."""
        return bool(self.by or self.at)


def question_form(
    held: AssessmentFiles,
    name: str,
    text: str,
    *,
    notes: Mapping[str, int] | None = None,
    assigned: str = "",
) -> QuestionForm:
    """A question with what the file says."""
    question, answer = held.checklist.questions[name], held.answers.file.answers.get(name)
    result = held.result
    review = answer.review if answer else None
    return QuestionForm(
        question=question,
        typed=_typed(answer) if answer else TypedAnswer(),
        digest=entry_digest(text or NOTHING, name),
        by=answer.by if answer else "",
        at=answer.at.strftime("%Y-%m-%dT%H:%M:%SZ") if answer and answer.at else "",
        review={"state": review.state, "by": review.by, "note": review.note}
        if review and review.by
        else {},
        contradictions=tuple(
            item.because for item in result.contradictions if item.question == name
        ),
        suggestions=tuple(
            value_said(question, suggestion) or suggestion
            for suggestion in result.suggestions.get(name, ())
        ),
        gap=next((gap.reason for gap in result.open if gap.question == name), ""),
        evidence=answer.evidence if answer else (),
        notes=(notes or {}).get(name, 0),
        assigned=assigned,
    )


def _typed(answer: Any) -> TypedAnswer:
    return TypedAnswer(
        value=answer.value,
        state=answer.state,
        why=answer.why,
        owner=answer.owner,
        due=answer.due.isoformat() if answer.due else "",
    )


def named_in(post: QueryDict) -> list[str]:
    """Questions that a form holds: those whose digest it carries; the one that was left, where only that is saved."""
    only = post.get("only")
    return [key[2:] for key in post if key.startswith("d:") and only in (None, key[2:])]


def typed_in(post: QueryDict, question: Question) -> TypedAnswer:
    """What was typed for a question."""
    name = question.id
    return TypedAnswer(
        value=_value(post, question),
        state=post.get(f"state:{name}") or "answered",
        why=_lines(post.get(f"why:{name}", "")),
        owner=post.get(f"owner:{name}", "").strip(),
        due=post.get(f"due:{name}", "").strip(),
    )


def _value(post: QueryDict, question: Question) -> Any:
    name = question.id
    match question.type:
        case Kind.MULTI:
            return [item for item in post.getlist(f"v:{name}") if item]
        case Kind.ROWS:
            return _rows(post, question)
        case Kind.NUMBER:
            return post.get(f"v:{name}", "").strip().replace(",", ".")
        case Kind.TEXT:
            return _lines(post.get(f"v:{name}", "")).strip()
        case _:
            return post.get(f"v:{name}", "").strip()


def _rows(post: QueryDict, question: Question) -> list[dict[str, str]]:
    found = []
    for number in range(200):
        prefix = f"r:{question.id}:{number}:"
        if not any(f"{prefix}{column.id}" in post for column in question.columns):
            break
        row = {
            column.id: _lines(post.get(f"{prefix}{column.id}", "")).strip()
            for column in question.columns
        }
        if any(row.values()) and not post.get(f"{prefix}gone"):
            found.append({key: cell for key, cell in row.items() if cell})
    return found


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(slots=True)
class FormOutcome:
    """What became of a form."""

    saved: list[str] = field(default_factory=list)
    errors: dict[str, AnswersError] = field(default_factory=dict)
    conflicts: dict[str, AnswerConflict] = field(default_factory=dict)


def take(
    text: str, checklist: Checklist, post: QueryDict, taken: FormOutcome, *, by: str, at: object
) -> str:
    """Put every changed answer of a form into the text of an answers file; what is refused stays out and is named."""
    for name in named_in(post):
        question = checklist.questions.get(name)
        if question is None:
            continue
        try:
            after = _put(
                text,
                checklist,
                question,
                typed_in(post, question),
                str(post[f"d:{name}"]),
                by=by,
                at=at,
            )
        except AnswerConflict as conflict:
            taken.conflicts[name] = conflict
            continue
        except AnswersError as error:
            taken.errors[name] = error
            continue
        if after != text:
            taken.saved.append(name)
        text = after
    return text


def _put(
    text: str,
    checklist: Checklist,
    question: Question,
    typed: TypedAnswer,
    digest: str,
    *,
    by: str,
    at: Any,
) -> str:
    # An empty field in a form that was made from nothing says nothing.
    if typed.state == "answered" and typed.value in ("", [], None):
        return withdraw_answer(
            text, checklist, question.id, at=at, reason="emptied in a form", made_from=digest
        )
    due = None
    if typed.state == "unknown" and typed.due:
        try:
            due = date.fromisoformat(typed.due)
        except ValueError as error:
            raise AnswersError(
                "this is no day",
                reference="answer-due",
                got=typed.due,
                expected="a day such as 2026-12-31",
            ) from error
    unknown = typed.state == "unknown"
    return record_answer(
        text,
        checklist,
        question.id,
        typed.value if typed.state == "answered" else None,
        at=at,
        state=typed.state,  # type: ignore[arg-type]
        why=typed.why.strip(),
        by=by,
        owner=typed.owner if unknown else "",
        due=due,
        made_from=digest,
    )
