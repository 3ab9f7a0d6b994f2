"""An answer in words: values, rows, and sentences with facts filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raudit.checklists.form.faults import IN_SENTENCE
from raudit.checklists.form.schema import Kind, Question
from raudit.checklists.sources import listed
from raudit.checklists.spoken import place_of, template_of
from raudit.findings import written
from raudit.sentences import joined, say, term


def answer_text(question: Question, value: Any) -> str:
    """An answer in words."""
    texts = {option.id: term(option.text) for option in question.options}
    if question.type is Kind.YES_NO:
        texts = {"yes": term("yes"), "no": term("no")}
    match value:
        case None:
            return say("no answer")
        case tuple() if question.type is Kind.ROWS:
            return joined(" | ", (row_text(question, row) for row in value)) or say("none")
        case tuple():
            return joined("; ", (texts.get(item, str(item)) for item in value))
        case _:
            return texts.get(value, str(value))


def row_text(question: Question, row: Mapping[str, str]) -> str:
    """One row of a list in words, in the order of its columns."""
    texts = {
        (column.id, option.id): term(option.text)
        for column in question.columns
        for option in column.options
    }
    return joined("; ", (texts.get((key, cell), cell) for key, cell in row.items() if cell))


def fill_in(sentence: str, facts: Mapping[str, Any]) -> str:
    """Replace ``{fact:NAME}`` by what was measured, in words."""

    def words(value: object) -> str:
        if isinstance(value, Mapping):
            return ", ".join(f"{key} ({words(item)})" for key, item in value.items())
        return written(value) if isinstance(value, float) else listed(value)

    named = {place_of(name): words(facts.get(name)) for name in IN_SENTENCE.findall(sentence)}
    return say(template_of(sentence), **named)
