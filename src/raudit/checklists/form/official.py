"""Answers given in Canada's official form, carried into the shipped checklist ``ca-aia``.

The official option ids end in their points (``item3-4``); ours are the same without them. The form keeps two copies of
every safeguard, one for each phase; only the copy of the chosen phase is carried over, as the form's "Complete" does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from raudit.checklists.answers import Answer, Answers, AnswersFile, Pin, typed_value
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.schema import Question

_PHASES = {"item1": "Design", "item2": "Implementation"}


def answers_from_official(checklist: Checklist, official: Mapping[str, Any]) -> Answers:
    """Carry official answers over; what the checklist does not ask, such as the names of people, is left out.

    Parameters
    ----------
    checklist
        The checklist ``ca-aia``.
    official
        The official form's saved data: official question id to option id, or to a list of them.

    Raises
    ------
    AnswersError
        If an answer is not one of the official options.
    """
    phase = _PHASES.get(str(official.get("projectDetailsPhase", "")), "")
    values: dict[str, Any] = {}
    written: dict[str, Answer] = {}
    for name, question in checklist.questions.items():
        given = official.get(_official_id(question, phase))
        if given in (None, "", []):
            continue
        plain = [_option(item) for item in given] if isinstance(given, list) else _option(given)
        values[name] = typed_value(question, plain, where=f"official answers ({name})")
        written[name] = Answer(value=plain)
    pin = Pin(id=checklist.id, version=checklist.file.version, sha256=checklist.sha256)
    return Answers(
        AnswersFile(schema="raudit.answers/1", checklist=pin, answers=written), values, None
    )


def _official_id(question: Question, phase: str) -> str:
    """Find the official id of a question; of a safeguard, the one of the chosen phase."""
    ids = [name.removeprefix("ca-aia:") for name in question.maps_to if name.startswith("ca-aia:")]
    if len(ids) > 1:
        ids = [name for name in ids if phase and phase in name]
    return ids[0] if ids else ""


def _option(value: object) -> str:
    return re.sub(r"-\d+$", "", str(value))
