"""Fill in a checklist from plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from raudit.checklists import Answers, Assessment, Checklist, assess
from raudit.checklists.answers import Answer, AnswersFile, EvidenceLink, Pin, typed_value
from raudit.checklists.form.load import shipped

TODAY = date(2026, 11, 21)
SHOWN = (EvidenceLink(kind="document", path="minutes.pdf"),)


def filled(checklist: Checklist, values: Mapping[str, Any], *, evidence: bool = True) -> Answers:
    """Answers with these values; ``("not_applicable", WHY)`` and ``("unknown", WHO)`` stand for the states."""
    entries: dict[str, Answer] = {}
    typed: dict[str, Any] = {}
    links = SHOWN if evidence else ()
    for name, value in values.items():
        match value:
            case ("not_applicable", why):
                entries[name] = Answer(state="not_applicable", why=why, by="pm@example.org")
            case ("unknown", owner):
                entries[name] = Answer(state="unknown", owner=owner, by="pm@example.org")
            case _:
                entries[name] = Answer(value=value, by="pm@example.org", evidence=links)
                typed[name] = typed_value(checklist.questions[name], value, where=name)
    pin = Pin(id=checklist.id, version=checklist.file.version, sha256=checklist.sha256)
    return Answers(
        AnswersFile(schema="raudit.answers/1", checklist=pin, answers=entries), typed, None
    )


@pytest.fixture
def judged() -> Callable[..., Assessment]:
    """Assess a shipped checklist filled with plain values."""

    def run(
        name: str,
        values: Mapping[str, Any],
        *,
        facts: Mapping[str, Any] | None = None,
        evidence: bool = True,
    ) -> Any:
        checklist = shipped(name)
        return assess(
            checklist, filled(checklist, values, evidence=evidence), facts=facts, today=TODAY
        )

    return run


@pytest.fixture(scope="session")
def fill() -> Callable[..., Answers]:
    """Build answers from plain values; see ``filled``."""
    return filled
