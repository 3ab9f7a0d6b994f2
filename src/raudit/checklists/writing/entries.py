"""One entry of an answers file: found, changed, set aside and brought back; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from raudit.checklists.answers import Answers, parse_answers, typed_value, with_line_feeds
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.splice import (
    changed_entry,
    entry_text,
    find_block,
    in_lines,
    put_entry,
    take_entry,
)
from raudit.errors import AnswersError
from raudit.yamltext import nearest, parse_yaml

FIELDS = ("value", "state", "why", "by", "at", "owner", "due", "evidence", "review")
"""Keys of an answer, in the order in which they are written."""


ASIDE = (*FIELDS, "cause", "reason", "moved_at")


def tidy(text: str, checklist: Checklist, *, at: datetime) -> str:
    """Move answers to hidden questions to ``set_aside``, and bring back those whose question is shown again."""
    from raudit.checklists.assess import assess

    for _round in range(len(checklist.questions) + 1):
        answers = parse_answers(text, checklist)
        result = assess(checklist, answers, today=at.date())
        shown = set(result.visible)
        for name in result.hidden:
            text = set_aside(text, checklist, name, "hidden", _because_hidden(checklist, name), at)
        back = [n for n in answers.file.set_aside if _returns(checklist, answers, n, shown)]
        for name in back:
            text = _bring_back(text, checklist, name)
        if not result.hidden and not back:
            return text
    return text


def put_changes(
    text: str, checklist: Checklist, key: str, name: str, changes: Mapping[str, Any]
) -> str:
    """Change one entry of a mapping, and make sure that nothing else changed."""
    text = in_lines(text)
    block = find_block(text, key)
    old = entry_text(text, block, name) if block and name in block.spans else ""
    order = ASIDE if key == "set_aside" else FIELDS
    new = put_entry(
        text,
        key,
        name,
        changed_entry(old, name, changes, order=order),
        order=tuple(checklist.questions),
    )
    was, now = tree_of(text), tree_of(new)
    entry = {**((was.get(key) or {}).get(name) or {}), **changes}
    was[key] = {**(was.get(key) or {}), name: {k: v for k, v in entry.items() if v is not None}}
    if was != {
        **now,
        key: {**now[key], name: {k: v for k, v in now[key][name].items() if v is not None}},
    }:
        raise fault_of(
            "the file cannot be changed without changing more",
            "answers-layout",
            "lay the answers out in lines",
            got=name,
        )
    return new


def set_aside(
    text: str, checklist: Checklist, name: str, cause: str, reason: str, at: datetime
) -> str:
    """Move an answer to ``set_aside`` with everything in it."""
    text = in_lines(text)
    block = find_block(text, "answers")
    if block is None or name not in block.spans:
        return text
    entry = entry_text(text, block, name)
    text = take_entry(text, "answers", name, leave=f"# {name}: set aside, see below")
    text = take_entry(text, "set_aside", name)
    text = put_entry(text, "set_aside", name, entry)
    return put_changes(
        text,
        checklist,
        "set_aside",
        name,
        {"cause": cause, "reason": reason, "moved_at": time_text(at)},
    )


def _bring_back(text: str, checklist: Checklist, name: str) -> str:
    """Move an answer from ``set_aside`` to where it stood."""
    text = in_lines(text)
    block = find_block(text, "set_aside")
    if block is None or name not in block.spans:
        return text
    entry = changed_entry(
        entry_text(text, block, name), name, {"cause": None, "reason": None, "moved_at": None}
    )
    return put_entry(
        take_entry(text, "set_aside", name),
        "answers",
        name,
        entry,
        order=tuple(checklist.questions),
    )


def _returns(checklist: Checklist, answers: Answers, name: str, shown: set[str]) -> bool:
    aside = answers.file.set_aside[name]
    if aside.cause != "hidden" or name not in shown or name in answers.file.answers:
        return False
    try:
        if aside.state == "answered":
            typed_value(checklist.questions[name], aside.value, where=name)
    except AnswersError:
        return False
    return True


def _because_hidden(checklist: Checklist, name: str) -> str:
    conditions = [
        c for c in (checklist.section_of[name].show_if, checklist.questions[name].show_if) if c
    ]
    return "not asked, since it is only if " + " and ".join(conditions)


def question_called(checklist: Checklist, name: str) -> Any:
    """The question of this name, or an error that names the nearest."""
    if name not in checklist.questions:
        raise fault_of(
            f"there is no question '{name}'",
            "no-question",
            nearest(name, list(checklist.questions)),
        )
    return checklist.questions[name]


def plain_value(value: object) -> Any:
    """A value as YAML holds it."""
    match value:
        case Mapping():
            return {str(key): None if item is None else str(item) for key, item in value.items()}
        case list() | tuple():
            return [plain_value(item) for item in value]
        case None:
            return None
        case _:
            return with_line_feeds(str(value))


def same_value(old: object, new: object) -> bool:
    """Whether two values say the same; nothing, an empty text and an empty list do."""
    return old == new or (old in (None, "", []) and new in (None, "", []))


def written_entry(text: str, name: str) -> dict[str, Any] | None:
    """What the file says in answer to a question; None if nothing."""
    found = (tree_of(text).get("answers") or {}).get(name)
    return dict(found) if isinstance(found, Mapping) else None


def tree_of(text: str) -> dict[str, Any]:
    """The file as a mapping."""
    return dict(parse_yaml(text, source="answers", error=AnswersError).value)


def time_text(at: datetime) -> str:
    """A moment as answers files write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fault_of(
    message: str, reference: str, hint: str, got: str = "", expected: str = ""
) -> AnswersError:
    """An error about what was to be written."""
    return AnswersError(message, reference=reference, hint=hint, got=got, expected=expected)
