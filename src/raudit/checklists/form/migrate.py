"""Carry answers over to a newer version of their checklist; what does not fit is set aside, and nothing is rescaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from raudit.checklists.answers import typed_value
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.schema import Migration
from raudit.checklists.splice import dump, in_lines, text_yaml
from raudit.checklists.writing import tidy
from raudit.errors import AnswersError
from raudit.yamltext import parse_yaml

DROPPED = ("dropped", "the question is not asked any more")
ASKED_ANEW = ("asked_anew", "the question means something else now")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a migration did to one answer."""

    question: str
    did: str
    """``renamed``, ``set aside`` or ``kept``."""
    because: str


def migrate(text: str, checklist: Checklist, *, at: datetime) -> tuple[str, tuple[Moved, ...]]:
    """Rewrite an answers file for this version of the checklist.

    Parameters
    ----------
    text
        Answers to an older version.
    checklist
        The version to carry them to, with its ``migrations``.
    at
        When; written beside what is set aside.

    Returns
    -------
    str, tuple of Moved
        The new text and what happened to which answer. Sign-offs stay in the file and no longer hold, since the
        digest they cover names the old version.

    Raises
    ------
    AnswersError
        If the answers belong to another checklist or to a newer version of it.
    """
    pinned = _pin(text)
    if pinned["id"] != checklist.id:
        raise AnswersError(
            "the answers belong to another checklist",
            reference="answers-checklist",
            got=pinned["id"],
            expected=checklist.id,
            hint="name the checklist they were written for",
        )
    if _version(pinned["version"]) > _version(checklist.file.version):
        raise AnswersError(
            "the answers are for a newer version of the checklist",
            reference="answers-version",
            got=pinned["version"],
            expected=f"at most {checklist.file.version}",
            hint="use the newer checklist",
        )
    yaml = text_yaml()
    document = yaml.load(in_lines(text))
    moved: list[Moved] = []
    for step in _steps(checklist, pinned["version"]):
        moved += _apply(document, step, at)
    moved += _unfit(document, checklist, at)
    document["checklist"]["version"] = checklist.file.version
    document["checklist"]["sha256"] = str(checklist.sha256)
    return tidy(dump(document, yaml), checklist, at=at), tuple(moved)


def _pin(text: str) -> Mapping[str, str]:
    tree = parse_yaml(text, source="answers", error=AnswersError).value
    pin = tree.get("checklist") if isinstance(tree, dict) else None
    if not isinstance(pin, dict) or not {"id", "version"} <= set(pin):
        raise AnswersError(
            "the file does not say which checklist it answers",
            reference="answers-no-checklist",
            expected="checklist: with id, version and sha256",
            hint="start with: raudit assess start CHECKLIST",
        )
    return {key: str(value) for key, value in pin.items()}


def _version(text: str) -> tuple[int, ...]:
    parts = [int(part) if part.isdigit() else 0 for part in text.split(".")]
    return tuple([*parts, 0, 0, 0][:3])


def _steps(checklist: Checklist, since: str) -> list[Migration]:
    """Migrations from the pinned version on, oldest first."""
    found = [m for m in checklist.file.migrations if _reaches(m.from_version, since)]
    return sorted(found, key=lambda m: _version(m.from_version))


def _reaches(start: str, since: str) -> bool:
    """Whether a step for answers of version ``start`` (possibly only a major one) is still ahead of them."""
    parts = start.split(".")
    return _version(start) >= _version(".".join(since.split(".")[: len(parts)]))


def _apply(document: Any, step: Migration, at: datetime) -> list[Moved]:
    answers: Any = document.get("answers") or {}
    moved = []
    for old, new in step.rename.items():
        if old in answers and new not in answers:
            place = list(answers).index(old)
            answers.insert(place, new, answers.pop(old))
            moved.append(Moved(question=new, did="renamed", because=f"it was called {old}"))
    moved += _rename_options(document, step, at)
    why = {**dict.fromkeys(step.drop, DROPPED), **dict.fromkeys(step.reask, ASKED_ANEW)}
    return moved + [_set_aside(document, name, *why[name], at) for name in why if name in answers]


def _rename_options(document: Any, step: Migration, at: datetime) -> list[Moved]:
    """Give chosen options their new ids; an answer that a split or a merge touches is asked anew."""
    answers: Any = document.get("answers") or {}
    moved = []
    for place, names in step.options.items():
        question, column = (
            (place, "")
            if place in answers
            else (place.rpartition(".")[0], place.rpartition(".")[2])
        )
        if question not in answers or not isinstance(answers[question], Mapping):
            continue
        chosen = _chosen(answers[question].get("value"), column)
        touched = sorted(chosen & set(names))
        if not touched:
            continue
        split = [old for old in touched if not isinstance(names[old], str)]
        into = [new for new in names.values() if isinstance(new, str)]
        merged = [
            old
            for old in touched
            if isinstance(names[old], str) and into.count(str(names[old])) > 1
        ]
        clash = [old for old in touched if names[old] in chosen - set(names)]
        if split or merged or clash:
            what = f"'{(split or merged or clash)[0]}' was {'split' if split else 'merged with another option'}"
            moved.append(_set_aside(document, question, "asked_anew", what, at))
            continue
        answers[question]["value"] = _with_options(answers[question]["value"], column, names)
        because = ", ".join(f"{old} is called {names[old]} now" for old in touched)
        moved.append(Moved(question=question, did="kept", because=because))
    return moved


def _chosen(value: object, column: str) -> set[str]:
    """Options that an answer holds, or a column of its rows."""
    if column:
        rows = value if isinstance(value, list) else []
        return {str(row[column]) for row in rows if isinstance(row, Mapping) and row.get(column)}
    return {str(item) for item in value} if isinstance(value, list) else {str(value)}


def _with_options(value: Any, column: str, names: Mapping[str, Any]) -> Any:
    if column:
        for row in value:
            if isinstance(row, Mapping) and str(row.get(column)) in names:
                row[column] = names[str(row[column])]  # type: ignore[index]
        return value
    if isinstance(value, list):
        for number, item in enumerate(value):
            value[number] = names.get(str(item), item)
        return value
    return names[str(value)]


def _unfit(document: Any, checklist: Checklist, at: datetime) -> list[Moved]:
    """Answers that no migration names and that do not fit are set aside too."""
    moved = []
    for name in list(document.get("answers") or {}):
        entry = document["answers"][name]
        question = checklist.questions.get(name)
        if question is None:
            moved.append(
                _set_aside(document, name, "dropped", "there is no such question any more", at)
            )
            continue
        value = entry.get("value") if isinstance(entry, Mapping) else None
        if value in (None, "", []):
            continue
        try:
            typed_value(question, _plain(value), where=name)
        except AnswersError:
            moved.append(
                _set_aside(
                    document, name, "asked_anew", "the answer is none of those asked for now", at
                )
            )
    return moved


def _plain(value: object) -> Any:
    match value:
        case Mapping():
            return {str(key): None if item is None else str(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return str(value)


def _set_aside(document: Any, name: str, cause: str, reason: str, at: datetime) -> Moved:
    entry = document["answers"].pop(name)
    if document.get("set_aside") is None:
        document["set_aside"] = {}
    moved_at = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    document["set_aside"][name] = {
        **(entry or {}),
        "cause": cause,
        "reason": reason,
        "moved_at": moved_at,
    }
    return Moved(question=name, did="set aside", because=reason)
