"""Filters of the templates."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.utils.translation import get_language, gettext, gettext_noop

from raudit.checklists import Checklist
from raudit.checklists.form.schema import Question
from raudit.checklists.spoken import template_of
from raudit.report.language import ENGLISH, Language, load_language
from raudit.resources import resource_dir
from raudit.sentences import ROLES, Sentence, role_words

register = template.Library()


@register.filter
def dom(text: str) -> str:
    """An id of ours as an id of the page: question ids hold dots."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", str(text))


@register.filter
def short(digest: str) -> str:
    """The first digits of a digest."""
    return str(digest)[:12]


@register.filter
def item(mapping: object, key: object) -> Any:
    """An entry of a mapping; nothing if there is none."""
    return mapping.get(key, "") if hasattr(mapping, "get") else ""


@register.filter
def asked(text: object) -> str:
    """A text of a checklist, or a sentence made of one, in the person's language; in English where there is none."""
    said = reader_language()
    if isinstance(text, Sentence):
        return said.sentence(text)
    return said.term(template_of(str(text))).replace("{{", "{").replace("}}", "}")


@register.filter
def wording(question: str, checklist: Checklist) -> str:
    """What a question asks, in the person's language; its id where this version of the checklist has it no more."""
    known = checklist.questions.get(question)
    return question if known is None else asked(known.text)


def reader_language() -> Language:
    """The catalogue of the person's language; English where there is none."""
    return _catalogue(get_language() or ENGLISH)


@functools.cache
def _catalogue(code: str) -> Language:
    folder = resource_dir("report_templates") / "_shared" / "languages"
    return load_language(code if (folder / f"{code}.po").is_file() else ENGLISH, [folder])


@register.filter
def spoken(text: object) -> str:
    """A word of ours in the person's language, underscores as spaces."""
    return gettext(str(text).replace("_", " "))


@register.filter
def stage_said(name: str) -> str:
    """A stage's name in the person's language."""
    said, key = reader_language(), f"title-{name}"
    return said(key) if said.has(key) else spoken(name)


@register.filter
def role_said(name: str) -> str:
    """A role in the person's language, as people say it."""
    return asked(role_words(name)) if name in ROLES else spoken(name)


@register.filter
def roles_said(names: Any) -> str:
    """Roles in the person's language, in one line."""
    return ", ".join(role_said(name) for name in sorted(names))


TODO = {
    "assigned": "Answer",
    "returned": "Mend what was sent back",
    "review": "Review answers",
    "sign": "Sign",
    "find-out": "Find out",
    "condition": "Meet a condition",
    "finding": "Mend",
}
"""What to do about a line of the home page, as a button would say it."""


@register.filter
def todo(kind: str) -> str:
    """What waits, as something to do."""
    return gettext(TODO[kind])


@register.filter
def named(person: str, people: Any) -> str:
    """A person's name."""
    from raudit.web.access import name_of

    return name_of(people, str(person))


@register.filter
def moment(value: object) -> str:
    """A time in words, in UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return value.isoformat() if isinstance(value, date) else str(value or "")


@register.filter
def words(text: str) -> list[str]:
    """Words of a template's own list."""
    return text.split()


@register.filter
def unlocalized(value: object) -> str:
    """A number for a picture, with a point in every language."""
    return str(value)


@register.filter
def tail(path: str) -> str:
    """A stored file's own name: what follows its digest."""
    name = str(path).rsplit("/", 1)[-1]
    return name.partition("-")[2] or name


@register.filter
def digest(answers: Any) -> str:
    """SHA-256 of answers, as a signature covers it."""
    from raudit.checklists.signoff import answers_sha256

    return str(answers_sha256(answers))


@register.filter
def answer_words(item: Any) -> str:
    """An answer in words."""
    if item.typed.state != "answered":
        return spoken(item.typed.state)
    return value_said(item.question, item.typed.value)


def value_said(question: Question, value: Any) -> str:
    """A value as the question's options and columns call it, in the person's language."""
    from raudit.checklists.assess import answer_text

    if isinstance(value, list) and value and isinstance(value[0], dict):
        return " | ".join(row_said(row, question) for row in value)
    text = answer_text(question, tuple(value) if isinstance(value, list) else value)
    return asked(text) if isinstance(text, Sentence) else text  # what people wrote stays


@register.filter
def row_said(row: Mapping[str, str], question: Question) -> str:
    """A row of a list with what its columns are called, in the person's language."""
    columns = {column.id: column for column in question.columns}
    cells = []
    for key, cell in row.items():
        column = columns.get(key)
        options = {option.id: option.text for option in column.options} if column else {}
        said = asked(options[cell]) if cell in options else cell
        cells.append(f"{asked(column.text) if column else key}: {said}")
    return "; ".join(cells)


TOLD = {
    "value": gettext_noop("Answer"),
    "state": gettext_noop("State"),
    "why": gettext_noop("Why"),
    "owner": gettext_noop("Owner"),
    "due": gettext_noop("Due"),
}
"""Fields of an answer as people call them."""


@register.filter
def saying(item: Any, question: Question) -> str:
    """What an entry of the history said of a question."""
    found = []
    for key in ("answers", "set_aside"):
        entry = item.entry.get(key) or {}
        for name, label in TOLD.items():
            if told := entry.get(name):
                said = value_said(question, told) if name == "value" else told
                found.append(f"{gettext(label)}: {spoken(said) if name == 'state' else said}")
        review = entry.get("review") or {}
        if review:
            words = f"{spoken(str(review.get('state') or ''))} {review.get('note') or ''}".strip()
            found.append(f"{gettext('Review')}: {words}")
    return "; ".join(found)
